#include "daemon/webhooks/intake.hpp"

#include <array>
#include <optional>
#include <utility>

#include "ledger/reports.hpp"

namespace settled::daemon::webhooks {

namespace reports = ledger::reports;

Intake::Intake(const ledger::Book& book, Outbox& outbox, Schedule& schedule, const Clock& clock,
               Random& random, std::size_t max_pending)
    : book_(book),
      outbox_(outbox),
      schedule_(schedule),
      clock_(clock),
      random_(random),
      max_pending_(max_pending) {}

Status Intake::load() {
  INVARIANT(!loaded_);
  std::vector<Schedule::Item> items;
  const auto resume = [&](const pb::Delivery& delivery) {
    items.push_back({.endpoint = EndpointId::from_raw(delivery.endpoint()),
                     .id = DeliveryId::from_raw(delivery.id()),
                     .object = delivery.object(),
                     .first = delivery.attempts_made() == 0,
                     .due = from_ms(delivery.next_attempt()),
                     .event = delivery.event()});
  };
  TRY(auto stored, outbox_.load(resume));
  cursor_ = stored.cursor;
  lags_ = std::move(stored.lags);
  ids_ = IdSequence(stored.newest);
  const auto snapshot = book_.snapshot();
  TRY(const auto changes, subscribers_.refresh(*snapshot));
  for (Schedule::Item& item : items) {
    if (const auto* endpoint = subscribers_.find(item.endpoint)) item.owner = endpoint->merchant();
    schedule_.add(std::move(item));
  }
  TRY_OK(follow(changes));
  // Removed while no process ran, or before the last one saw it.
  for (const auto& [endpoint, after] : lags_) stored.endpoints.insert(endpoint);
  for (const EndpointId& endpoint : stored.endpoints) {
    if (knows(endpoint)) continue;
    schedule_.drop(endpoint);
    lags_.erase(endpoint);
    TRY_OK(outbox_.erase(endpoint));
  }
  loaded_ = true;
  return {};
}

Result<bool> Intake::take() {
  const std::uint64_t sequence = book_.head().sequence();
  if (sequence == seen_ && lags_.empty()) return false;
  const auto snapshot = book_.snapshot();
  TRY_OK(refresh(*snapshot));
  TRY(bool more, take_events(*snapshot));
  std::vector<EndpointId> lagging;
  for (const auto& [endpoint, after] : lags_) lagging.push_back(endpoint);
  for (const EndpointId& endpoint : lagging) {
    TRY(const bool lags, catch_up(*snapshot, endpoint));
    more = more || lags;
  }
  if (!more) seen_ = sequence;
  return more;
}

Status Intake::refresh(const ledger::store::Reader& snapshot) {
  TRY(const auto changes, subscribers_.refresh(snapshot));
  return follow(changes);
}

Status Intake::follow(const Subscribers::Changes& changes) {
  for (const EndpointId& endpoint : changes.removed) {
    schedule_.drop(endpoint);
    lags_.erase(endpoint);
    TRY_OK(outbox_.erase(endpoint));
  }
  for (const EndpointId& endpoint : changes.disabled) {
    const bool gone = subscribers_.find(endpoint)->disabled_reason() == "gone";
    TRY_OK(drop(endpoint, gone ? "endpoint_gone" : "endpoint_disabled"));
  }
  return {};
}

Result<bool> Intake::take_events(const ledger::store::Reader& snapshot) {
  TRY(const auto page, reports::events(snapshot, {}, cursor_, kChunk));
  if (page.data.empty()) return false;
  Additions additions;
  for (const ledger::pb::Event& event : page.data) {
    for (const EndpointId& endpoint : subscribers_.hearers(event)) {
      if (lags_.contains(endpoint)) continue;
      if (is_full(endpoint, additions)) {
        lags_[endpoint] = event.sequence() - 1;
        additions.writes.lag(endpoint, event.sequence() - 1);
      } else {
        queue(endpoint, event, additions);
      }
    }
  }
  cursor_ = page.data.back().sequence();
  additions.writes.cursor(cursor_);
  TRY_OK(commit(std::move(additions)));
  return page.has_more;
}

Result<bool> Intake::catch_up(const ledger::store::Reader& snapshot, const EndpointId& endpoint) {
  if (schedule_.pending(endpoint) > max_pending_ / 2) return false;
  const ledger::pb::Endpoint* record = subscribers_.find(endpoint);
  INVARIANT(record != nullptr);
  std::uint64_t& lag = lags_.at(endpoint);
  TRY(const auto page, reports::events(snapshot, record->merchant(), lag, kChunk));
  Additions additions;
  bool lags = page.has_more;
  for (const ledger::pb::Event& event : page.data) {
    if (event.sequence() > cursor_) {
      lags = false;
      break;
    }
    lag = event.sequence();
    if (hears(*record, event)) queue(endpoint, event, additions);
  }
  additions.writes.lag(endpoint, lags ? std::optional(lag) : std::nullopt);
  if (!lags) lags_.erase(endpoint);
  TRY_OK(commit(std::move(additions)));
  return lags;
}

Result<Redelivery> Intake::redeliver(const ledger::pb::Event& event, const std::string& merchant,
                                     const NoteRedelivery& note) {
  if (!loaded_) return fail(Errc::Unavailable, "not_ready", "webhook delivery has not started");
  const auto snapshot = book_.snapshot();
  TRY_OK(refresh(*snapshot));
  Redelivery out;
  Additions additions;
  for (const EndpointId& endpoint : subscribers_.subscribed(event)) {
    if (!merchant.empty() && subscribers_.find(endpoint)->merchant() != merchant) continue;
    if (schedule_.has_pending(endpoint, event.id())) {
      ++out.pending;
    } else if (is_full(endpoint, additions)) {
      out.skipped.push_back(endpoint);
    } else {
      queue(endpoint, event, additions);
    }
  }
  out.queued = additions.items.size();
  if (note) note(additions.writes.batch(), out);
  TRY_OK(commit(std::move(additions)));
  return out;
}

Status Intake::drop(const EndpointId& endpoint, const std::string& reason) {
  Outbox::Writes writes;
  for (const DeliveryId& id : schedule_.drop(endpoint)) {
    TRY(auto delivery, outbox_.find(endpoint, id));
    if (!delivery) return fail(Errc::Corrupt, "corrupt_record", "a pending delivery is missing");
    pb::Attempt note;
    note.set_at(to_ms(clock_.now()));
    note.set_error(reason);
    record_attempt(*delivery, std::move(note));
    delivery->set_state(pb::FAILED);
    outbox_.put_ended(writes, *delivery);
  }
  if (lags_.erase(endpoint) > 0) writes.lag(endpoint, std::nullopt);
  return outbox_.write(writes);
}

bool Intake::is_full(const EndpointId& endpoint, const Additions& additions) const {
  const auto added = additions.counts.find(endpoint);
  const std::size_t count = added == additions.counts.end() ? 0 : added->second;
  return schedule_.pending(endpoint) + count >= max_pending_;
}

void Intake::queue(const EndpointId& endpoint, const ledger::pb::Event& event,
                   Additions& additions) {
  std::array<std::uint8_t, 10> entropy{};
  random_.fill(entropy);
  const Time now = clock_.now();
  const DeliveryId id{ids_.next(now, entropy)};
  pb::Delivery delivery;
  delivery.set_id(id.raw());
  delivery.set_endpoint(endpoint.raw());
  delivery.set_event(event.id());
  delivery.set_event_type(event.type());
  delivery.set_object(std::string(object_of(event)));
  delivery.set_next_attempt(to_ms(now));
  additions.writes.put(delivery);
  additions.items.push_back({.endpoint = endpoint,
                             .id = id,
                             .object = delivery.object(),
                             .first = true,
                             .due = now,
                             .event = event.id(),
                             .owner = subscribers_.find(endpoint)->merchant()});
  ++additions.counts[endpoint];
}

Status Intake::commit(Additions additions) {
  TRY_OK(outbox_.write(additions.writes));
  for (Schedule::Item& item : additions.items) schedule_.add(std::move(item));
  return {};
}

}  // namespace settled::daemon::webhooks
