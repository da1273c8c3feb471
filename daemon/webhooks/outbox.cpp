#include "daemon/webhooks/outbox.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/webhooks/delivery_form.hpp"
#include "ledger/keys.hpp"
#include "ledger/record_form.hpp"

namespace settled::daemon::webhooks {
namespace {

using ledger::keys::Key;
using ledger::keys::Table;

constexpr std::size_t kIdBytes = IdBytes::kSize;

Key key_of(char kind) {
  Key key(Table::Operational);
  key.name("webhooks").bytes({&kind, 1});
  return key;
}
std::string cursor_key() {
  return key_of('c');
}
std::string lag_key(const EndpointId& endpoint) {
  return key_of('l').bytes(endpoint.raw());
}
std::string deliveries_key(const EndpointId& endpoint) {
  return key_of('d').bytes(endpoint.raw());
}
std::string delivery_key(const EndpointId& endpoint, const DeliveryId& id) {
  return key_of('d').bytes(endpoint.raw()).bytes(id.raw());
}

std::string stored_u64(std::uint64_t value) {
  return std::string(Key(Table::Operational).u64(value)).substr(1);
}

std::unexpected<Error> corrupt(const char* detail) {
  return fail(Errc::Corrupt, "corrupt_record", detail);
}

Result<std::uint64_t> read_stored_u64(std::string_view value) {
  if (value.size() != sizeof(std::uint64_t)) {
    return corrupt("a webhook cursor has a wrong size");
  }
  return ledger::keys::read_u64(value, 0);
}

/// A delivery stands under its own name, `rest`: endpoint and id.
Result<pb::Delivery> parse(std::string_view rest, std::string_view value) {
  TRY(auto delivery, ledger::parse_record<pb::Delivery>(value));
  if (rest != delivery.endpoint() + delivery.id()) {
    return corrupt("a stored delivery stands under another's name");
  }
  return delivery;
}

/// Scans a prefix, all of it or until `visit`, which may fail, is satisfied.
Status scan_all(const ledger::store::Reader& reader, const std::string& prefix,
                const std::function<Status(std::string_view rest, std::string_view value)>& visit) {
  Status status;
  TRY_OK(reader.scan(prefix, ledger::store::prefix_end(prefix),
                     [&](std::string_view key, std::string_view value) {
                       status = visit(key.substr(prefix.size()), value);
                       return status.has_value();
                     }));
  return status;
}

}  // namespace

void Outbox::Writes::put(const pb::Delivery& delivery) {
  batch_.put(
      delivery_key(EndpointId::from_raw(delivery.endpoint()), DeliveryId::from_raw(delivery.id())),
      delivery.SerializeAsString());
}

void Outbox::Writes::cursor(std::uint64_t sequence) {
  batch_.put(cursor_key(), stored_u64(sequence));
}

void Outbox::Writes::lag(const EndpointId& endpoint, std::optional<std::uint64_t> sequence) {
  if (sequence) {
    batch_.put(lag_key(endpoint), stored_u64(*sequence));
  } else {
    batch_.erase(lag_key(endpoint));
  }
}

Result<Outbox::Stored> Outbox::load(const std::function<void(const pb::Delivery&)>& pending) {
  Stored stored;
  TRY(const auto cursor, store_.get(cursor_key()));
  if (cursor) {
    TRY(stored.cursor, read_stored_u64(*cursor));
  }
  TRY_OK(scan_all(store_, key_of('l'), [&](std::string_view id, std::string_view value) -> Status {
    if (id.size() != kIdBytes) return corrupt("the key of a webhook cursor is no endpoint");
    TRY(const std::uint64_t sequence, read_stored_u64(value));
    stored.lags.emplace(EndpointId::from_raw(id), sequence);
    return {};
  }));
  TRY_OK(
      scan_all(store_, key_of('d'), [&](std::string_view rest, std::string_view value) -> Status {
        TRY(const pb::Delivery delivery, parse(rest, value));
        const auto endpoint = EndpointId::from_raw(delivery.endpoint());
        const auto id = DeliveryId::from_raw(delivery.id());
        stored.endpoints.insert(endpoint);
        stored.newest = std::max(stored.newest, id.value);
        if (delivery.state() == pb::PENDING) {
          pending(delivery);
        } else {
          ended_[endpoint].push_back(id);
        }
        return {};
      }));
  return stored;
}

void Outbox::put_ended(Writes& writes, const pb::Delivery& delivery) {
  writes.put(delivery);
  const auto endpoint = EndpointId::from_raw(delivery.endpoint());
  auto& ended = ended_[endpoint];
  ended.push_back(DeliveryId::from_raw(delivery.id()));
  while (ended.size() > kEndedKept) {
    writes.batch_.erase(delivery_key(endpoint, ended.front()));
    ended.pop_front();
  }
}

Status Outbox::erase(const EndpointId& endpoint) {
  ledger::store::Batch batch;
  const std::string prefix = deliveries_key(endpoint);
  TRY_OK(scan_all(store_, prefix, [&](std::string_view id, std::string_view) -> Status {
    batch.erase(prefix + std::string(id));
    return {};
  }));
  batch.erase(lag_key(endpoint));
  ended_.erase(endpoint);
  return store_.write(batch, ledger::store::Durability::Written);
}

Result<std::optional<pb::Delivery>> Outbox::find(const EndpointId& endpoint,
                                                 const DeliveryId& id) const {
  TRY(const auto value, store_.get(delivery_key(endpoint, id)));
  if (!value) return std::optional<pb::Delivery>{};
  TRY(auto delivery, parse(endpoint.raw() + id.raw(), *value));
  return std::optional(std::move(delivery));
}

Result<ledger::reports::Page<pb::Delivery>> Outbox::page(
    const EndpointId& endpoint, const ledger::reports::PageRequest& request) const {
  const std::string prefix = deliveries_key(endpoint);
  if (const auto& cursor = request.ending_before ? request.ending_before : request.starting_after) {
    TRY(const auto known, store_.get(prefix + *cursor));
    if (!known) {
      return fail(Errc::Invalid, "invalid_cursor", "no such delivery, or it is no longer kept",
                  request.ending_before ? "ending_before" : "starting_after");
    }
  }
  ledger::reports::Page<pb::Delivery> page;
  Status failed;
  const auto visit = [&](std::string_view key, std::string_view value) {
    if (page.data.size() == request.limit) {
      page.has_more = true;
      return false;
    }
    auto delivery = parse(key.substr(prefix.size() - kIdBytes), value);
    if (!delivery) {
      failed = std::unexpected(std::move(delivery).error());
      return false;
    }
    page.data.push_back(*std::move(delivery));
    return true;
  };
  if (request.ending_before) {
    TRY_OK(store_.scan(prefix + *request.ending_before + '\0', ledger::store::prefix_end(prefix),
                       visit));
    std::ranges::reverse(page.data);
  } else {
    const std::string end = request.starting_after ? prefix + *request.starting_after
                                                   : ledger::store::prefix_end(prefix);
    TRY_OK(store_.scan_reverse(prefix, end, visit));
  }
  TRY_OK(failed);
  return page;
}

Result<std::optional<std::string>> refit(std::string_view key, std::string_view value,
                                         const ledger::pb::Head& head,
                                         const ledger::store::Reader& books) {
  const std::string lags = key_of('l');
  const std::string deliveries = key_of('d');
  if (key == cursor_key() || key.starts_with(lags)) {
    const auto sequence = read_stored_u64(value);
    const bool named = key == cursor_key() || key.size() == lags.size() + kIdBytes;
    if (!sequence || !named) return std::nullopt;
    return stored_u64(std::min(*sequence, head.event_sequence()));
  }
  if (!key.starts_with(deliveries)) return std::string(value);
  const auto delivery = parse(key.substr(deliveries.size()), value);
  if (!delivery) return std::nullopt;
  TRY(const auto event, books.get(ledger::keys::event_id(delivery->event())));
  TRY(const auto endpoint, books.get(ledger::keys::endpoint(delivery->endpoint())));
  if (!event || !endpoint) return std::nullopt;
  return std::string(value);
}

void record_attempt(pb::Delivery& delivery, pb::Attempt attempt) {
  auto& attempts = *delivery.mutable_attempts();
  attempts.Add(std::move(attempt));
  if (attempts.size() > Outbox::kAttemptsKept) {
    attempts.DeleteSubrange(0, attempts.size() - Outbox::kAttemptsKept);
  }
}

}  // namespace settled::daemon::webhooks
