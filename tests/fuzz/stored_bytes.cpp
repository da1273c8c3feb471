#include "tests/fuzz/stored_bytes.hpp"

#include <string>
#include <vector>

#include <google/protobuf/stubs/logging.h>

#include "ledger/accounts.hpp"
#include "ledger/book.hpp"
#include "ledger/clearing.hpp"
#include "ledger/describe.hpp"
#include "ledger/keys.hpp"
#include "ledger/log.hpp"
#include "ledger/log_check.hpp"
#include "ledger/periods.hpp"
#include "ledger/record_form.hpp"
#include "ledger/reports.hpp"
#include "ledger/statement.hpp"
#include "ledger/tree.hpp"
#include "ledger/trial_balance.hpp"
#include "ledger/types/amount.hpp"
#include "ledger/verify.hpp"
#include "tests/fuzz/parts.hpp"
#include "tests/support/map_store.hpp"

namespace settled::tests {
namespace {

using namespace ledger;

/// Protobuf would write a line for every text that is not UTF-8.
[[maybe_unused]] auto* const kSilent = google::protobuf::SetLogHandler(nullptr);

constexpr std::size_t kMostParts = 64;
constexpr std::size_t kPage = 3;
constexpr Amount kOne = Amount::from_units(1'000'000'000'000'000'000U);

void named(const Error& error) {
  INVARIANT(!error.reason.empty() && !error.detail.empty());
}
template <typename T>
bool named(const Result<T>& result) {
  if (!result) named(result.error());
  return result.has_value();
}

/// What a command answers can be shown.
void check_reply(const pb::Reply& reply) {
  INVARIANT(is_whole(reply));
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
      named(reports::statement(reader, {.account = account.code(),
                                        .from = {},
                                        .until = from_ms(1'900'000'000'000),
                                        .after = {}}));
      named(reports::account_at(reader, account.code(), from_ms(1'800'000'000'000)));
      read_pages(
          [&](const auto& page) { return reports::entries(reader, account.code(), true, page); });
    }
  }
  read_pages([&](const auto& page) { return reports::entries(reader, {}, false, page); });
}

void read_periods(const store::Reader& reader) {
  read_pages([&](const auto& page) { return reports::periods(reader, page); });
  named(reports::clearing(reader, from_ms(1'800'000'000'000)));
  named(reports::trial_balance(reader, {}, from_ms(1'800'000'000'000)));
}

/// The log as it is walked at a start, and the tree over it.
void decode_tree(const store::Reader& reader) {
  const auto layout = layout_before_open(reader);
  const auto end = log_end(reader);
  if (!named(layout) || !named(end) || *end > kMostParts) return;
  named(check_log(reader, *layout, 1, *end));
  const LogTree tree(reader, *layout);
  store::Batch batch;
  named(tree.grow(*end, batch));
  named(tree.root(*end));
  if (*end > 0) named(tree.inclusion(1, *end));
  if (*end > 0) named(tree.tiled_leaf(*end));
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

std::string name_of(std::string_view key) {
  const std::string_view name = key.substr(1);
  return std::string(name.substr(0, name.find('\0')));
}

/// What can be asked about the object of a row, by whoever does it next.
std::vector<pb::Command> commands_about(std::string_view key) {
  std::vector<pb::Command> out;
  const auto add = [&out]() -> pb::Command& { return out.emplace_back(); };
  const std::string id(key.substr(1));
  switch (static_cast<keys::Table>(key.front())) {
    case keys::Table::Intent:
      add().mutable_cancel_intent()->set_id(id);
      add().mutable_request_refund()->set_intent(id);
      break;
    case keys::Table::Hold: {
      pb::PostHold& post = *add().mutable_post_hold();
      post.set_hold(id);
      post.set_reference("fuzz/post");
      pb::VoidHold& end = *add().mutable_void_hold();
      end.set_hold(id);
      end.set_reference("fuzz/void");
      break;
    }
    case keys::Table::Payout:
      add().mutable_cancel_payout()->set_id(id);
      add().mutable_fail_payout()->set_id(id);
      add().mutable_settle_payout()->set_id(id);
      break;
    case keys::Table::Account:
      add().mutable_close_account()->set_code(id);
      break;
    case keys::Table::Endpoint:
      add().mutable_rotate_endpoint_secret()->set_id(id);
      break;
    case keys::Table::Merchant: {
      pb::CreateIntent& create = *add().mutable_create_intent();
      create.set_merchant(id);
      create.set_currency("USDC");
      create.set_amount(kOne.stored());
      create.set_required(kOne.stored());
      create.add_options()->set_token_address(std::string(20, 't'));
      pb::RequestPayout& request = *add().mutable_request_payout();
      request.set_merchant(id);
      request.set_currency("USDC");
      request.set_amount(kOne.stored());
      request.set_chain("base");
      request.set_token("USDC");
      request.set_token_address(std::string(20, 't'));
      request.set_destination(std::string(20, 'd'));
      request.set_signer("hot");
      break;
    }
    case keys::Table::Transfer:
      add().mutable_assign_transfer()->set_transfer(id);
      break;
    case keys::Table::Chain: {
      pb::ObserveBlocks& observe = *add().mutable_observe_blocks();
      observe.set_chain(name_of(key));
      observe.set_confirmations(1);
      observe.set_final_number(UINT64_MAX);
      pb::RewindChain& rewind = *add().mutable_rewind_chain();
      rewind.set_chain(name_of(key));
      break;
    }
    default:
      break;
  }
  return out;
}

/// The next commands upon the rows, each applied and forgotten, as a book would that opened them.
void apply_next(const store::Reader& reader, const MapStore::Rows& rows, const pb::Head& head) {
  std::vector<pb::Command> commands(3);
  commands[0].mutable_expire_intents()->set_limit(kPage);
  commands[1].mutable_expire_holds()->set_limit(kPage);
  commands[2].mutable_close_period()->set_name("fuzz");
  commands[2].mutable_close_period()->set_until(1'800'000'000'000);
  for (const auto& [key, value] : rows) {
    for (pb::Command& each : commands_about(key)) commands.push_back(std::move(each));
    if (commands.size() > kMostParts) break;
  }
  Overlay overlay(reader);
  for (pb::Command& command : commands) {
    pb::Envelope envelope;
    envelope.set_sequence(head.sequence() + 1);
    envelope.set_time(1'900'000'000'000);
    envelope.set_entropy(std::string(10, 'e'));
    envelope.set_rules(kRules);
    *envelope.mutable_command() = std::move(command);
    pb::Head after = head;
    const Effect effect = apply_envelope(overlay, after, envelope);
    if (named(effect.reply)) check_reply(*effect.reply);
    overlay.discard();
  }
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
  read_periods(store);
  for (const auto& [key, value] : rows) {
    describe_key(key);
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
  if (!named(Book::open(store, clock, random, {}))) return;
  const auto head = read_record<pb::Head>(store, keys::head());
  if (named(head) && *head) apply_next(store, rows, **head);
  decode_tree(store);
}

}  // namespace settled::tests
