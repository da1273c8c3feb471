#include "daemon/webhooks/subscription.hpp"

#include <algorithm>
#include <utility>

#include "ledger/keys.hpp"
#include "ledger/record_form.hpp"

namespace settled::daemon::webhooks {

bool subscribes(const ledger::pb::Endpoint& endpoint, const ledger::pb::Event& event) {
  if (!endpoint.merchant().empty() && endpoint.merchant() != event.merchant()) return false;
  return std::ranges::any_of(endpoint.events(), [&](const std::string& type) {
    return type == "*" || type == event.type();
  });
}

bool hears(const ledger::pb::Endpoint& endpoint, const ledger::pb::Event& event) {
  return !endpoint.disabled() && event.sequence() > endpoint.after_event() &&
         subscribes(endpoint, event);
}

std::string_view object_of(const ledger::pb::Event& event) {
  switch (event.object_case()) {
    case ledger::pb::Event::kIntent:
      return event.intent().id();
    case ledger::pb::Event::kTransfer:
      return event.transfer().id();
    case ledger::pb::Event::kPayout:
      return event.payout().id();
    case ledger::pb::Event::kRefund:
      return event.refund().id();
    case ledger::pb::Event::kIncident:
      return event.incident().id();
    case ledger::pb::Event::OBJECT_NOT_SET:
      break;
  }
  return event.id();
}

Result<Subscribers::Changes> Subscribers::refresh(const ledger::store::Reader& reader) {
  Changes changes;
  Status failed;
  bool changed = false;
  auto at = endpoints_.begin();
  const auto remove_until = [&](const EndpointId* id) {
    while (at != endpoints_.end() && (id == nullptr || at->first < *id)) {
      changes.removed.push_back(at->first);
      at = endpoints_.erase(at);
      changed = true;
    }
  };
  const std::string prefix = ledger::keys::endpoint({});
  const auto visit = [&](std::string_view key, std::string_view value) {
    const auto raw_id = ledger::keys::last_id(key, prefix.size());
    if (!raw_id) {
      failed = std::unexpected(raw_id.error());
      return false;
    }
    const EndpointId id = EndpointId::from_raw(*raw_id);
    remove_until(&id);
    if (at != endpoints_.end() && at->first == id && at->second.raw == value) {
      ++at;
      return true;
    }
    auto record = ledger::parse_record<ledger::pb::Endpoint>(value);
    if (!record) {
      failed = std::unexpected(record.error());
      return false;
    }
    Known known{std::string(value), *std::move(record)};
    if (known.record.disabled()) changes.disabled.push_back(id);
    at = std::next(endpoints_.insert_or_assign(at, id, std::move(known)));
    changed = true;
    return true;
  };
  TRY_OK(reader.scan(prefix, ledger::store::prefix_end(prefix), visit));
  TRY_OK(failed);
  remove_until(nullptr);
  if (changed) index();
  return changes;
}

void Subscribers::index() {
  by_merchant_.clear();
  for (const auto& [id, known] : endpoints_) by_merchant_[known.record.merchant()].push_back(id);
}

const ledger::pb::Endpoint* Subscribers::find(const EndpointId& id) const {
  const auto found = endpoints_.find(id);
  return found == endpoints_.end() ? nullptr : &found->second.record;
}

template <typename Match>
std::vector<EndpointId> Subscribers::matching(const ledger::pb::Event& event, Match match) const {
  std::vector<EndpointId> out;
  const auto collect = [&](const std::string& merchant) {
    const auto found = by_merchant_.find(merchant);
    if (found == by_merchant_.end()) return;
    for (const EndpointId& id : found->second) {
      if (match(endpoints_.at(id).record)) out.push_back(id);
    }
  };
  collect({});
  if (!event.merchant().empty()) collect(event.merchant());
  return out;
}

std::vector<EndpointId> Subscribers::hearers(const ledger::pb::Event& event) const {
  return matching(event, [&](const auto& endpoint) { return hears(endpoint, event); });
}

std::vector<EndpointId> Subscribers::subscribed(const ledger::pb::Event& event) const {
  return matching(event, [&](const auto& endpoint) {
    return !endpoint.disabled() && subscribes(endpoint, event);
  });
}

}  // namespace settled::daemon::webhooks
