#include "tests/fuzz/outbox_rows.hpp"

#include <set>
#include <string>

#include <google/protobuf/stubs/logging.h>
#include <nlohmann/json.hpp>

#include "daemon/webhooks/json.hpp"
#include "daemon/webhooks/outbox.hpp"
#include "ledger/keys.hpp"
#include "tests/fuzz/parts.hpp"
#include "tests/support/map_store.hpp"

namespace settled::tests {
namespace {

using daemon::webhooks::Outbox;
namespace pb = daemon::webhooks::pb;

/// Protobuf would write a line for every text that is not UTF-8.
[[maybe_unused]] auto* const kSilent = google::protobuf::SetLogHandler(nullptr);

constexpr std::size_t kMostRows = 64;
constexpr std::size_t kPage = 3;

template <typename T>
bool named(const Result<T>& result) {
  if (!result) INVARIANT(!result.error().reason.empty() && !result.error().detail.empty());
  return result.has_value();
}

void show(const pb::Delivery& delivery, OutboxRead& read) {
  INVARIANT(!daemon::webhooks::to_json(delivery).dump().empty());
  ++read.deliveries;
}

void list(const Outbox& outbox, const EndpointId& endpoint, OutboxRead& read) {
  ledger::reports::PageRequest page;
  page.limit = kPage;
  for (std::size_t i = 0; i < kMostRows; ++i) {
    const auto found = outbox.page(endpoint, page);
    if (!named(found) || found->data.empty()) return;
    for (const pb::Delivery& delivery : found->data) {
      show(delivery, read);
      const auto again = outbox.find(endpoint, DeliveryId::from_raw(delivery.id()));
      INVARIANT(named(again) && again->has_value());
    }
    if (!found->has_more) return;
    page.starting_after = found->data.back().id();
  }
}

}  // namespace

OutboxRead decode_outbox(std::string_view bytes) {
  const std::string prefix = ledger::keys::Key(ledger::keys::Table::Operational).name("webhooks");
  OutboxRead read;
  MapStore::Rows rows;
  std::set<EndpointId> endpoints;
  while (rows.size() < kMostRows) {
    const auto key = take_part(bytes, 1);
    const auto value = take_part(bytes, 4);
    if (!key || !value) break;
    rows.insert_or_assign(prefix + std::string(*key), std::string(*value));
    if (key->size() > IdBytes::kSize) {
      endpoints.insert(EndpointId::from_raw(key->substr(1, IdBytes::kSize)));
    }
  }
  read.rows = rows.size();
  MapStore store(rows);
  Outbox outbox(store);
  ledger::pb::Head head;
  head.set_event_sequence(7);
  read.loaded = named(outbox.load([&read](const pb::Delivery& delivery) { show(delivery, read); }));
  for (const EndpointId& endpoint : endpoints) list(outbox, endpoint, read);
  for (const auto& [key, value] : rows) {
    named(daemon::webhooks::refit(key, value, head, store));
  }
  for (const EndpointId& endpoint : endpoints) named(outbox.erase(endpoint));
  return read;
}

}  // namespace settled::tests
