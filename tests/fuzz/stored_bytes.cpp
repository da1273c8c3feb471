#include "tests/fuzz/stored_bytes.hpp"

#include <optional>
#include <string>

#include "ledger/accounts.hpp"
#include "ledger/book.hpp"
#include "ledger/keys.hpp"
#include "ledger/log.hpp"
#include "ledger/reports.hpp"
#include "ledger/types/amount.hpp"
#include "ledger/verify.hpp"
#include "tests/support/map_store.hpp"

namespace settled::tests {
namespace {

using namespace ledger;

constexpr std::size_t kMostParts = 64;
constexpr std::size_t kPage = 3;

void named(const Error& error) {
  INVARIANT(!error.reason.empty() && !error.detail.empty());
}
template <typename T>
bool named(const Result<T>& result) {
  if (!result) named(result.error());
  return result.has_value();
}

/// Takes a big-endian number of `width` bytes and as many bytes as it says, or what is left.
std::optional<std::string_view> take_part(std::string_view& bytes, std::size_t width) {
  if (bytes.size() < width) return std::nullopt;
  std::size_t size = 0;
  for (const char c : bytes.substr(0, width)) size = (size << 8U) | static_cast<std::uint8_t>(c);
  bytes.remove_prefix(width);
  const std::string_view part = bytes.substr(0, size);
  bytes.remove_prefix(part.size());
  return part;
}

/// Ids, where a command made objects, are ids.
void check_reply(const pb::Reply& reply) {
  if (reply.has_intent()) IntentId::from_raw(reply.intent().id());
  if (reply.has_payout()) PayoutId::from_raw(reply.payout().id());
  if (reply.has_merchant()) MerchantId::from_raw(reply.merchant().id());
}

template <typename List>
void read_pages(List list) {
  reports::PageRequest page;
  page.limit = kPage;
  for (std::size_t i = 0; i < kMostParts; ++i) {
    const auto found = list(page);
    if (!named(found) || !found->has_more || found->data.empty()) return;
    page.starting_after = found->data.back().id();
  }
}

void read_accounts(const store::Reader& reader) {
  if (const auto accounts = reports::accounts(reader, {}); named(accounts)) {
    for (const pb::Account& account : *accounts) {
      named(balance_of(account));
      named(reports::account_at(reader, account.code(), from_ms(1'800'000'000'000)));
      read_pages(
          [&](const auto& page) { return reports::entries(reader, account.code(), true, page); });
    }
  }
  read_pages([&](const auto& page) { return reports::entries(reader, {}, false, page); });
}

void read_chains(const store::Reader& reader) {
  const auto chains = reports::chains(reader);
  if (!named(chains)) return;
  for (const pb::Chain& chain : *chains) {
    named(reports::recent_blocks(reader, chain.name()));
    named(reports::open_payouts(reader, chain.name(), "hot"));
  }
}

void read_lists(const store::Reader& reader, const std::string& merchant) {
  read_pages([&](const auto& page) { return reports::intents(reader, merchant, page, {}); });
  read_pages([&](const auto& page) { return reports::transfers(reader, merchant, page, {}); });
  read_pages([&](const auto& page) { return reports::payouts(reader, merchant, page, {}); });
  read_pages([&](const auto& page) { return reports::endpoints(reader, merchant, page, {}); });
  named(reports::events(reader, merchant, 0, kPage));
}

class NoRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) byte = 7;
  }
};

}  // namespace

void decode_log(std::string_view bytes) {
  for (const bool format_1 : {false, true}) {
    const auto record = LogRecord::parse(bytes, format_1);
    if (named(record)) INVARIANT(record->stored() == bytes);
  }
  if (const auto amount = Amount::from_stored(bytes); named(amount)) {
    INVARIANT(amount->stored() == bytes);
  }
  const MapStore empty;
  Overlay overlay(empty);
  pb::Head head;
  head.set_hash(Hash256{}.raw());
  head.set_state_hash(Hash256{}.raw());
  for (std::size_t i = 0; i < kMostParts; ++i) {
    const auto part = take_part(bytes, 4);
    if (!part) return;
    pb::Envelope envelope;
    if (!envelope.ParseFromArray(part->data(), static_cast<int>(part->size()))) continue;
    const std::string before = head.SerializeAsString();
    const Effect effect = apply_envelope(overlay, head, envelope);
    if (named(effect.reply)) check_reply(*effect.reply);
    if (effect.logged) {
      seal(overlay, head, std::string(*part));
    } else {
      INVARIANT(head.SerializeAsString() == before);
      overlay.discard();
    }
  }
}

void decode_rows(std::string_view bytes) {
  MapStore::Rows rows;
  for (std::size_t i = 0; i < 16 * kMostParts; ++i) {
    const auto key = take_part(bytes, 1);
    const auto value = take_part(bytes, 4);
    if (!key || !value) break;
    if (!key->empty()) rows.insert_or_assign(std::string(*key), std::string(*value));
  }
  MapStore store(rows);
  named(read_layout(store));
  read_accounts(store);
  read_chains(store);
  read_lists(store, {});
  for (const auto& [key, value] : rows) {
    if (key.front() == static_cast<char>(keys::Table::Merchant)) read_lists(store, key.substr(1));
    if (key.front() == static_cast<char>(keys::Table::EventId)) {
      named(reports::event_by_id(store, std::string_view(key).substr(1)));
    }
  }
  named(reports::all_endpoints(store));
  named(reports::all_api_keys(store));
  named(verify(store));
  const SystemClock clock;
  NoRandom random;
  named(Book::open(store, clock, random, {}));
}

}  // namespace settled::tests
