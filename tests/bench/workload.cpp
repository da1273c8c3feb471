#include "tests/bench/workload.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "ledger/keys.hpp"
#include "ledger/types/amount.hpp"

namespace settled::bench {
namespace {

namespace pb = ledger::pb;

constexpr std::size_t kAddressesAtOnce = 4'096;
constexpr std::size_t kAccounts = 10'000;
constexpr std::int64_t kHourMs = 3'600'000;

const std::string kChain = "base";
const std::string kCurrency = "USDC";

std::string money(std::string_view text) {
  return Amount::parse(text).value().stored();
}

/// Debits on the first half of them, credits on the second.
std::string account_code(std::size_t number) {
  return (number < kAccounts / 2 ? "asset:bench:" : "liability:bench:") + std::to_string(number);
}

}  // namespace

Workload::Workload(ledger::Book& book, Kind kind, std::string xpub)
    : book_(book), kind_(kind), xpub_(std::move(xpub)) {
  const auto pool =
      ledger::read_record<pb::DepositPool>(book.reader(), ledger::keys::deposit_pool()).value();
  if (pool) derived_ = pool->added();
  pb::Command create;
  create.mutable_create_merchant()->set_name("the shop");
  merchant_ = must(create).merchant().id();
  derive(1);
  if (kind_ == Kind::Postings) fund();
  const bool journal =
      kind_ == Kind::Entries || kind_ == Kind::HotEntries || kind_ == Kind::Batches;
  if (journal) open_accounts();
}

std::string Workload::random(std::size_t bytes) {
  std::string out(bytes, '\0');
  random_.fill({reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
  return out;
}

pb::Reply Workload::must(pb::Command command) {
  auto applied = book_.apply(std::move(command));
  if (!applied) {
    std::cerr << "refused: " << applied.error().reason << '\n';
    std::_Exit(1);
  }
  return std::move(applied->reply);
}

void Workload::must_all(std::vector<pb::Command> commands) {
  auto next = commands.begin();
  drive(book_, commands.size(), 1e9, [&](const pb::Reply*) -> std::optional<Submission> {
    if (next == commands.end()) return std::nullopt;
    return with_key(std::move(*next++));
  });
}

void Workload::open_accounts() {
  std::vector<pb::Command> commands;
  for (std::size_t i = 0; i < kAccounts; ++i) {
    pb::OpenAccount& open = *commands.emplace_back().mutable_open_account();
    open.set_code(account_code(i));
    open.set_currency(kCurrency);
  }
  must_all(std::move(commands));
}

pb::PostEntry Workload::entry() {
  pb::PostEntry out;
  out.set_reference("bench-" + std::to_string(choice_()));
  out.set_kind("bench");
  const bool hot = kind_ == Kind::HotEntries;
  for (const bool credit : {false, true}) {
    const std::size_t chosen = hot ? 0 : choice_() % (kAccounts / 2);
    pb::Line& line = *out.add_lines();
    line.set_account(account_code(chosen + (credit ? kAccounts / 2 : 0)));
    line.set_credit(credit);
    line.set_amount(money("25.00"));
  }
  return out;
}

void Workload::derive(std::size_t count) {
  while (count > 0) {
    pb::Command command;
    pb::AddDepositAddresses& add = *command.mutable_add_deposit_addresses();
    add.set_xpub_id(xpub_);
    add.set_first_index(derived_);
    const std::size_t now = std::min(count, kAddressesAtOnce);
    for (std::size_t i = 0; i < now; ++i) add.add_addresses(random(20));
    must(command);
    derived_ += static_cast<std::uint32_t>(now);
    count -= now;
  }
}

pb::CreateIntent Workload::intent() const {
  pb::CreateIntent out;
  out.set_merchant(merchant_);
  out.set_currency(kCurrency);
  out.set_amount(money("25.00"));
  out.set_required(money("25.00"));
  pb::PaymentOption& option = *out.add_options();
  option.set_chain(kChain);
  option.set_chain_id(8453);
  option.set_token(kCurrency);
  option.set_token_address(std::string(20, 't'));
  option.set_decimals(6);
  out.set_reference("order-42");
  out.set_expires_in_ms(kHourMs);
  out.set_late_window_ms(kHourMs);
  return out;
}

/// One final payment that pays for every payout of the run.
void Workload::fund() {
  pb::Command open;
  open.mutable_open_chain()->set_chain(kChain);
  open.mutable_open_chain()->set_chain_id(8453);
  open.mutable_open_chain()->set_native_currency("ETH");
  open.mutable_open_chain()->mutable_start()->set_number(1);
  open.mutable_open_chain()->mutable_start()->set_hash(std::string(32, 'a'));
  must(open);
  pb::Command create;
  *create.mutable_create_intent() = intent();
  const std::string address = must(create).intent().deposit_address();

  pb::Command see;
  pb::ObserveBlocks& observe = *see.mutable_observe_blocks();
  observe.set_chain(kChain);
  observe.set_confirmations(1);
  observe.set_final_number(2);
  pb::ObservedBlock& block = *observe.add_blocks();
  block.set_number(2);
  block.set_hash(std::string(32, 'b'));
  block.set_parent(std::string(32, 'a'));
  pb::ObservedTransfer& transfer = *block.add_transfers();
  transfer.set_token(kCurrency);
  transfer.set_currency(kCurrency);
  transfer.set_token_address(std::string(20, 't'));
  transfer.set_decimals(6);
  transfer.set_tx_hash(std::string(32, 'x'));
  transfer.set_from(std::string(20, 'f'));
  transfer.set_to(address);
  transfer.set_amount(money("1000000000"));
  must(see);
}

pb::RequestPayout Workload::payout() {
  pb::RequestPayout out;
  out.set_merchant(merchant_);
  out.set_currency(kCurrency);
  out.set_amount(money("10.00"));
  out.set_chain(kChain);
  out.set_token(kCurrency);
  out.set_token_address(std::string(20, 't'));
  out.set_decimals(6);
  out.set_destination(random(20));
  out.set_signer("hot");
  out.set_created_by(std::string(16, 'k'));
  return out;
}

Submission Workload::with_key(pb::Command command) {
  Submission out{std::move(command), {}};
  out.key.set_scope(std::string(16, 'k'));
  out.key.set_key_sha256(random(32));
  out.key.set_fingerprint(random(32));
  return out;
}

void Workload::prepare(std::size_t commands) {
  ready_.clear();
  if (kind_ == Kind::Intents) derive(commands);
  for (std::size_t i = 0; i < commands; ++i) {
    pb::Command command;
    if (kind_ == Kind::Intents) {
      *command.mutable_create_intent() = intent();
    } else if (kind_ == Kind::Postings) {
      *command.mutable_request_payout() = payout();
    } else if (kind_ == Kind::Batches) {
      pb::PostEntries& batch = *command.mutable_post_entries();
      for (std::size_t each = 0; each < kEntriesInBatch; ++each) *batch.add_entries() = entry();
    } else {
      *command.mutable_post_entry() = entry();
    }
    ready_.push_back(with_key(std::move(command)));
  }
}

Next Workload::next() {
  return [this](const pb::Reply* last) -> std::optional<Submission> {
    if (ready_.empty()) return std::nullopt;
    if (last != nullptr && last->has_payout() && last->payout().status() == pb::QUEUED) {
      pb::Command cancel;
      cancel.mutable_cancel_payout()->set_id(last->payout().id());
      return with_key(std::move(cancel));
    }
    Submission out = std::move(ready_.back());
    ready_.pop_back();
    return out;
  };
}

}  // namespace settled::bench
