#include "daemon/webhooks/schedule.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace settled::daemon::webhooks {

void Schedule::add(Item item) {
  Endpoint& endpoint = endpoints_[item.endpoint];
  bool startable = true;
  if (item.first) {
    auto& lane = endpoint.lanes[item.object];
    startable = lane.empty();
    lane.push_back(item.id);
  }
  if (startable) endpoint.startable.emplace(item.due, item.id);
  const bool inserted =
      endpoint.entries.emplace(item.id, Entry{std::move(item.object), item.first, false, item.due})
          .second;
  INVARIANT(inserted);
  ++pending_;
  list(item.endpoint, endpoint);
}

std::optional<Schedule::Start> Schedule::next(Time now) {
  const auto due = next_due();
  if (!due || *due > now) return std::nullopt;
  const EndpointId id = agenda_.begin()->second;
  Endpoint& endpoint = endpoints_.at(id);
  const DeliveryId delivery = endpoint.startable.begin()->second;
  endpoint.startable.erase(endpoint.startable.begin());
  endpoint.entries.at(delivery).under_way = true;
  ++endpoint.in_flight;
  ++in_flight_;
  list(id, endpoint);
  return Start{id, delivery};
}

std::optional<Time> Schedule::next_due() const {
  if (in_flight_ >= max_in_flight_ || agenda_.empty()) return std::nullopt;
  return agenda_.begin()->first;
}

void Schedule::retry(const Start& start, Time due, bool answered) {
  Endpoint& endpoint = endpoints_.at(start.endpoint);
  Entry& entry = endpoint.entries.at(start.id);
  land(endpoint, start.id, entry, answered);
  entry.due = due;
  endpoint.startable.emplace(due, start.id);
  list(start.endpoint, endpoint);
}

void Schedule::end(const Start& start, bool answered) {
  Endpoint& endpoint = endpoints_.at(start.endpoint);
  land(endpoint, start.id, endpoint.entries.at(start.id), answered);
  endpoint.entries.erase(start.id);
  --pending_;
  list(start.endpoint, endpoint);
  if (endpoint.entries.empty()) endpoints_.erase(start.endpoint);
}

std::vector<DeliveryId> Schedule::drop(const EndpointId& id) {
  std::vector<DeliveryId> dropped;
  const auto found = endpoints_.find(id);
  if (found == endpoints_.end()) return dropped;
  Endpoint& endpoint = found->second;
  endpoint.startable.clear();
  endpoint.lanes.clear();
  for (auto at = endpoint.entries.begin(); at != endpoint.entries.end();) {
    const auto& [delivery, entry] = *at;
    if (entry.under_way) {
      if (entry.first) endpoint.lanes[entry.object].push_back(delivery);
      ++at;
    } else {
      dropped.push_back(delivery);
      at = endpoint.entries.erase(at);
    }
  }
  pending_ -= dropped.size();
  list(id, endpoint);
  if (endpoint.entries.empty()) endpoints_.erase(found);
  return dropped;
}

std::size_t Schedule::pending(const EndpointId& endpoint) const {
  const auto found = endpoints_.find(endpoint);
  return found == endpoints_.end() ? 0 : found->second.entries.size();
}

std::optional<Time> Schedule::oldest() const {
  std::optional<Time> oldest;
  for (const auto& [id, endpoint] : endpoints_) {
    const Time queued = endpoint.entries.begin()->first.created();
    oldest = std::min(oldest.value_or(queued), queued);
  }
  return oldest;
}

void Schedule::land(Endpoint& endpoint, const DeliveryId& id, Entry& entry, bool answered) {
  INVARIANT(entry.under_way);
  entry.under_way = false;
  --endpoint.in_flight;
  --in_flight_;
  endpoint.unanswered = !answered;
  if (!std::exchange(entry.first, false)) return;

  const auto lane = endpoint.lanes.find(entry.object);
  INVARIANT(lane != endpoint.lanes.end() && lane->second.front() == id);
  lane->second.pop_front();
  if (lane->second.empty()) {
    endpoint.lanes.erase(lane);
  } else {
    const DeliveryId& successor = lane->second.front();
    endpoint.startable.emplace(endpoint.entries.at(successor).due, successor);
  }
}

void Schedule::list(const EndpointId& id, Endpoint& endpoint) {
  const std::size_t limit = endpoint.unanswered ? kInFlightUnanswered : kInFlight;
  std::optional<Time> due;
  if (endpoint.in_flight < limit && !endpoint.startable.empty()) {
    due = endpoint.startable.begin()->first;
  }
  if (due == endpoint.listed) return;
  if (endpoint.listed) agenda_.erase({*endpoint.listed, id});
  if (due) agenda_.emplace(*due, id);
  endpoint.listed = due;
}

}  // namespace settled::daemon::webhooks
