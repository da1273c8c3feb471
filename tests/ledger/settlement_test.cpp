#include "ledger/settlement.hpp"

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/verify.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;
using Types = std::vector<std::string>;

namespace {

constexpr auto kHot = "asset:wallets:hot:base:USDC";
constexpr auto kGas = "asset:wallets:hot:base:ETH";

/// A merchant with 100 USDC and a payout of 60, signed as "payout" and sent.
struct Sent {
  BookFixture books;
  std::string shop;
  std::string id;

  Sent() {
    shop = books.set_up();
    books.fund(shop, "100");
    id = books.ok(request_payout(shop, "60")).payout().id();
    pb::RecordAttempt attempt;
    attempt.set_payout(id);
    attempt.set_tx_hash(hash_of("payout"));
    attempt.set_raw("signed bytes");
    books.ok(attempt);
  }

  pb::ObservedTransfer transfer(std::string_view amount = "60") const {
    return paid(address_of("payee"), amount, "payout", address_of("hot"));
  }
  pb::SettlePayout settle(std::uint64_t block, pb::Outcome outcome = pb::OUTCOME_SUCCEEDED) const {
    pb::SettlePayout command;
    command.set_id(id);
    command.set_tx_hash(hash_of("payout"));
    command.set_block_number(block);
    command.set_outcome(outcome);
    command.set_network_fee(money("0.002"));
    return command;
  }
  pb::Payout payout() { return books.payout(id); }
};

pb::ObserveNative native(std::string_view balance, std::uint64_t block) {
  pb::ObserveNative command;
  command.set_chain(std::string(kChain));
  command.set_signer("hot");
  command.set_block_number(block);
  command.set_balance(money(balance));
  return command;
}

}  // namespace

TEST_CASE("a payout is settled by its transfer and its receipt in a final block") {
  Sent sent;
  const std::uint64_t before = sent.books.last_event();
  sent.books.mine({sent.transfer()});  // block 102
  CHECK(sent.payout().status() == pb::CONFIRMING);
  CHECK(sent.payout().attempts(0).status() == pb::MINED);
  CHECK(sent.payout().attempts(0).block_number() == 102);
  CHECK(sent.books.transfer("payout").payout() == sent.id);
  CHECK(sent.books.transfer("payout").outgoing());
  CHECK(sent.books.refused(sent.settle(102)).reason == "not_final");
  sent.books.mine({}, 102);
  // Its transfer is booked by its hold and by nothing else.
  CHECK(sent.books.counters(kHot) == "1000.00/0.00 0.00/60.00");
  CHECK(sent.books.refused(sent.settle(101)).reason == "transfer_not_seen");

  const pb::Payout settled = sent.books.ok(sent.settle(102)).payout();
  CHECK(settled.status() == pb::PAYOUT_SUCCEEDED);
  CHECK(text_of(settled.network_fee()) == "0.002");
  CHECK(settled.network_fee_currency() == "ETH");
  CHECK(settled.attempts(0).status() == pb::ATTEMPT_FINAL);
  CHECK(sent.books.balance(sent.shop) == "40.00 0.00 0.00");
  CHECK(sent.books.counters(kHot) == "1000.00/60.00 0.00/0.00");
  CHECK(sent.books.counters(kGas) == "1.00/0.002 0.00/0.00");
  CHECK(sent.books.counters("expense:network_fees:ETH") == "0.002/0.00 0.00/0.00");
  CHECK(sent.books.counters("equity:treasury:USDC") == "none");
  CHECK(sent.books.refused(sent.settle(102)).code == Errc::Conflict);
  CHECK(sent.books.events(before) ==
        Types{"transfer.seen", "transfer.confirmed", "transfer.finalized", "payout.succeeded"});
  CHECK(verify(sent.books.store()).has_value());
}

TEST_CASE("two payouts of one sum to one address are told apart by their transactions") {
  BookFixture books;
  const std::string shop = books.set_up();
  books.fund(shop, "100");
  std::vector<std::string> ids;
  for (const std::string name : {"first", "second"}) {
    pb::RecordAttempt attempt;
    attempt.set_payout(books.ok(request_payout(shop, "30")).payout().id());
    attempt.set_tx_hash(hash_of(name));
    attempt.set_nonce(ids.size());
    attempt.set_raw("signed bytes of " + name);
    books.ok(attempt);
    ids.push_back(attempt.payout());
  }
  books.mine({paid(address_of("payee"), "30", "second", address_of("hot"))}, 102);
  CHECK(books.payout(ids[0]).status() == pb::SUBMITTED);
  CHECK(books.payout(ids[1]).status() == pb::CONFIRMING);
  pb::SettlePayout settle;
  settle.set_id(ids[0]);
  settle.set_tx_hash(hash_of("second"));
  settle.set_block_number(102);
  settle.set_outcome(pb::OUTCOME_SUCCEEDED);
  settle.set_network_fee(money("0.002"));
  books.refused(settle);
  settle.set_id(ids[1]);
  CHECK(books.ok(settle).payout().status() == pb::PAYOUT_SUCCEEDED);
  CHECK(books.payout(ids[0]).status() == pb::SUBMITTED);
  CHECK(books.balance(shop) == "40.00 0.00 30.00");
}

TEST_CASE("a payout that reverted costs the platform the fee and the merchant nothing") {
  Sent sent;
  sent.books.mine();
  CHECK(sent.books.refused(sent.settle(102, pb::OUTCOME_REVERTED)).reason == "not_final");
  sent.books.mine({}, 102);
  const pb::Payout failed = sent.books.ok(sent.settle(102, pb::OUTCOME_REVERTED)).payout();
  CHECK(failed.status() == pb::FAILED);
  CHECK(failed.failure_code() == "reverted");
  CHECK(text_of(failed.network_fee()) == "0.002");
  CHECK(sent.books.balance(sent.shop) == "100.00 0.00 0.00");
  CHECK(sent.books.counters(kHot) == "1000.00/0.00 0.00/0.00");
  CHECK(sent.books.counters(kGas) == "1.00/0.002 0.00/0.00");
  CHECK(sent.books.refused(sent.settle(102, pb::OUTCOME_REVERTED)).code == Errc::Conflict);
}

TEST_CASE("a receipt that contradicts the follower decides nothing") {
  Sent sent;
  sent.books.mine({}, 102);
  CHECK(sent.books.refused(sent.settle(102)).reason == "transfer_not_seen");
  pb::SettlePayout stranger = sent.settle(102);
  stranger.set_tx_hash(hash_of("another"));
  CHECK(sent.books.refused(stranger).code == Errc::NotFound);
  sent.books.mine({sent.transfer()}, 103);
  CHECK(sent.books.refused(sent.settle(103, pb::OUTCOME_REVERTED)).reason ==
        "receipt_contradicts_log");
  CHECK(sent.payout().status() == pb::CONFIRMING);
}

TEST_CASE("a transfer of a payout that was settled as reverted is the treasury's loss") {
  Sent sent;
  sent.books.mine({}, 102);
  sent.books.ok(sent.settle(102, pb::OUTCOME_REVERTED));
  sent.books.mine({sent.transfer()}, 103);
  CHECK(sent.payout().status() == pb::FAILED);
  CHECK(sent.books.counters(kHot) == "1000.00/60.00 0.00/0.00");
  CHECK(sent.books.counters("equity:treasury:USDC") == "60.00/0.00 0.00/0.00");
  CHECK(sent.books.balance(sent.shop) == "100.00 0.00 0.00");
}

TEST_CASE("a payout whose block is gone is submitted again, with the same bytes") {
  Sent sent;
  sent.books.mine({sent.transfer()});
  sent.books.rewind(101);
  CHECK(sent.payout().status() == pb::SUBMITTED);
  CHECK(sent.payout().attempts(0).status() == pb::SIGNED);
  CHECK(sent.payout().attempts(0).raw() == "signed bytes");
  CHECK(text_of(sent.payout().sent()) == "0.00");
  CHECK(sent.books.counters(kHot) == "1000.00/0.00 0.00/60.00");
  sent.books.see({block(102, sent.books.now_ms(), {}, "b", "a"),
                  block(103, sent.books.now_ms(), {sent.transfer()}, "b")},
                 103);
  CHECK(sent.books.ok(sent.settle(103)).payout().status() == pb::PAYOUT_SUCCEEDED);
  CHECK(sent.books.balance(sent.shop) == "40.00 0.00 0.00");
}

TEST_CASE("an unknown payout is ended by chain evidence alone") {
  Sent sent;
  pb::MarkPayoutUnknown unknown;
  unknown.set_id(sent.id);
  unknown.set_detail("the nonce is used up");
  CHECK(sent.books.ok(unknown).payout().status() == pb::UNKNOWN);
  CHECK(sent.books.refused(unknown).reason == "illegal_payout_state");
  pb::CancelPayout cancel;
  cancel.set_id(sent.id);
  CHECK(sent.books.refused(cancel).reason == "not_cancelable");
  CHECK(sent.books.balance(sent.shop) == "40.00 0.00 60.00");
  SECTION("it was sent") {
    sent.books.mine({sent.transfer()}, 102);
    CHECK(sent.payout().status() == pb::CONFIRMING);
    CHECK(sent.payout().failure_code().empty());
    CHECK(sent.books.ok(sent.settle(102)).payout().status() == pb::PAYOUT_SUCCEEDED);
  }
  SECTION("it reverted") {
    sent.books.mine({}, 102);
    CHECK(sent.books.ok(sent.settle(102, pb::OUTCOME_REVERTED)).payout().status() == pb::FAILED);
    CHECK(sent.books.balance(sent.shop) == "100.00 0.00 0.00");
  }
}

TEST_CASE("where the chain moved another sum, the difference is the treasury's") {
  Sent sent;
  const auto [moved, wallet, treasury] = GENERATE(table<std::string, std::string, std::string>(
      {{"59.5", "1000.50/60.00 0.00/0.00", "0.00/0.50 0.00/0.00"},
       {"61", "1000.00/61.00 0.00/0.00", "1.00/0.00 0.00/0.00"}}));
  sent.books.mine({sent.transfer(moved)}, 102);
  sent.books.ok(sent.settle(102));
  CHECK(sent.books.counters(kHot) == wallet);
  CHECK(sent.books.counters("equity:treasury:USDC") == treasury);
  CHECK(sent.books.balance(sent.shop) == "40.00 0.00 0.00");
  CHECK(verify(sent.books.store()).has_value());
}

TEST_CASE("a payout's transaction that also collects a fee is one payout of both") {
  Sent sent;
  sent.books.mine(
      {sent.transfer(), paid(address_of("collector"), "0.6", "payout/1", address_of("hot"))});
  sent.books.rewind(101);
  CHECK(sent.payout().status() == pb::SUBMITTED);
  CHECK(text_of(sent.payout().sent()) == "0.00");
  sent.books.see(
      {block(102, sent.books.now_ms(),
             {sent.transfer(), paid(address_of("collector"), "0.6", "payout/1", address_of("hot"))},
             "b", "a")},
      102);
  sent.books.ok(sent.settle(102));
  CHECK(sent.books.counters(kHot) == "1000.00/60.60 0.00/0.00");
}

TEST_CASE("another token or another sender in a payout's transaction is not the payout") {
  Sent sent;
  pb::ObservedTransfer euros = paid(address_of("payee"), "9", "payout/1", address_of("hot"));
  euros.set_token("EURC");
  euros.set_currency("EURC");
  euros.set_token_address(address_of("EURC"));
  sent.books.mine({euros, paid(address_of("payee"), "9", "payout/2", deposit_address(0))}, 102);
  CHECK(sent.payout().status() == pb::SUBMITTED);
  CHECK(sent.books.counters("equity:treasury:EURC") == "9.00/0.00 0.00/0.00");
  CHECK(sent.books.counters("equity:treasury:USDC") == "9.00/0.00 0.00/0.00");
}

TEST_CASE("opening balances are booked once for each token") {
  BookFixture books;
  books.set_up();
  CHECK(books.counters("equity:opening:USDC") == "0.00/1000.00 0.00/0.00");
  CHECK(books.counters("equity:opening:ETH") == "0.00/1.00 0.00/0.00");
  pb::OpenSigner again;
  again.set_chain(std::string(kChain));
  again.set_signer("hot");
  again.set_address(address_of("hot"));
  for (const std::string token : {"USDC", "EURC"}) {
    pb::OpeningBalance& balance = *again.add_balances();
    balance.set_token(token);
    balance.set_currency(token);
    balance.set_amount(money("77"));
  }
  books.ok(again);
  CHECK(books.counters("equity:opening:USDC") == "0.00/1000.00 0.00/0.00");
  CHECK(books.counters("asset:wallets:hot:base:EURC") == "77.00/0.00 0.00/0.00");
  again.set_address(address_of("another key"));
  CHECK(books.refused(again).reason == "signer_address_changed");
}

TEST_CASE("native money that came or left from outside is the treasury's") {
  BookFixture books;
  books.set_up();
  books.mine({}, 101);
  CHECK(books.refused(native("1", 102)).reason == "not_final");
  books.ok(native("1", 101));
  CHECK(books.counters("equity:treasury:ETH") == "none");
  books.ok(native("1.5", 101));
  CHECK(books.counters(kGas) == "1.50/0.00 0.00/0.00");
  CHECK(books.counters("equity:treasury:ETH") == "0.00/0.50 0.00/0.00");
  books.ok(native("0.25", 101));
  CHECK(books.counters(kGas) == "1.50/1.25 0.00/0.00");
  CHECK(books.counters("equity:treasury:ETH") == "1.25/0.50 0.00/0.00");
}

TEST_CASE("a wallet whose gas was overspent in the books is put right") {
  Sent sent;
  sent.books.mine({sent.transfer()}, 102);
  pb::SettlePayout settle = sent.settle(102);
  settle.set_network_fee(money("1.25"));
  sent.books.ok(settle);
  CHECK(sent.books.counters(kGas) == "1.00/1.25 0.00/0.00");
  sent.books.ok(native("0.75", 102));
  CHECK(sent.books.counters(kGas) == "2.00/1.25 0.00/0.00");
  CHECK(sent.books.counters("equity:treasury:ETH") == "0.00/1.00 0.00/0.00");
}
