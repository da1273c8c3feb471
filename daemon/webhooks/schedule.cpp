#include "daemon/webhooks/schedule.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace settled::daemon::webhooks {

void Schedule::add(Item item) {
  Endpoint& endpoint = endpoints_[item.endpoint];
  if (!item.owner.empty() && endpoint.owner.empty()) {
    endpoint.owner = std::move(item.owner);
    owners_[endpoint.owner].endpoints.insert(item.endpoint);
  }
  bool startable = true;
  if (item.first) {
    auto& lane = endpoint.lanes[item.object];
    startable = lane.empty();
    lane.push_back(item.id);
  }
  if (startable) endpoint.startable.emplace(item.due, item.id);
  const bool inserted = endpoint.entries
                            .emplace(item.id, Entry{std::move(item.object), item.first, false,
                                                    item.due, std::move(item.event)})
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
  count_of_owner(endpoint, true);
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
  if (endpoint.entries.empty()) forget(start.endpoint);
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
  if (endpoint.entries.empty()) forget(id);
  return dropped;
}

std::size_t Schedule::pending(const EndpointId& endpoint) const {
  const auto found = endpoints_.find(endpoint);
  return found == endpoints_.end() ? 0 : found->second.entries.size();
}

bool Schedule::has_pending(const EndpointId& endpoint, std::string_view event) const {
  const auto found = endpoints_.find(endpoint);
  return found != endpoints_.end() &&
         std::ranges::any_of(found->second.entries,
                             [&](const auto& entry) { return entry.second.event == event; });
}

bool Schedule::is_under_way(const Start& start) const {
  const auto endpoint = endpoints_.find(start.endpoint);
  if (endpoint == endpoints_.end()) return false;
  const auto entry = endpoint->second.entries.find(start.id);
  return entry != endpoint->second.entries.end() && entry->second.under_way;
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
  count_of_owner(endpoint, false);
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

bool Schedule::owner_is_full(const Endpoint& endpoint) const {
  return !endpoint.owner.empty() && owners_.at(endpoint.owner).in_flight >= kInFlightOfOwner;
}

/// An owner that comes to its limit, or below it again, changes what all its endpoints may start.
void Schedule::count_of_owner(const Endpoint& endpoint, bool starts) {
  if (endpoint.owner.empty()) return;
  Owner& owner = owners_.at(endpoint.owner);
  const bool was_full = owner.in_flight >= kInFlightOfOwner;
  if (starts) {
    ++owner.in_flight;
  } else {
    --owner.in_flight;
  }
  if (was_full == (owner.in_flight >= kInFlightOfOwner)) return;
  for (const EndpointId& id : owner.endpoints) list(id, endpoints_.at(id));
}

/// An endpoint with nothing pending, and so with nothing under way.
void Schedule::forget(const EndpointId& id) {
  const auto found = endpoints_.find(id);
  if (const auto owner = owners_.find(found->second.owner); owner != owners_.end()) {
    owner->second.endpoints.erase(id);
    if (owner->second.endpoints.empty()) owners_.erase(owner);
  }
  endpoints_.erase(found);
}

void Schedule::list(const EndpointId& id, Endpoint& endpoint) {
  const std::size_t limit = endpoint.unanswered ? kInFlightUnanswered : kInFlight;
  std::optional<Time> due;
  if (endpoint.in_flight < limit && !endpoint.startable.empty() && !owner_is_full(endpoint)) {
    due = endpoint.startable.begin()->first;
  }
  if (due == endpoint.listed) return;
  if (endpoint.listed) agenda_.erase({*endpoint.listed, id});
  if (due) agenda_.emplace(*due, id);
  endpoint.listed = due;
}

}  // namespace settled::daemon::webhooks
