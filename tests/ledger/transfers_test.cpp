#include "ledger/transfers.hpp"

#include <catch2/catch.hpp>

#include "ledger/reports.hpp"
#include "ledger/verify.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

constexpr auto kDeposits = "asset:deposits:base:USDC";
constexpr auto kHot = "asset:wallets:hot:base:USDC";
constexpr auto kTreasury = "equity:treasury:USDC";

pb::AssignTransfer assign(const std::string& transfer, const std::string& intent) {
  pb::AssignTransfer command;
  command.set_transfer(transfer);
  command.set_intent(intent);
  return command;
}

/// Mines the transfers, confirms them and makes them final.
void settle(BookFixture& books, std::vector<pb::ObservedTransfer> transfers) {
  books.mine(std::move(transfers));
  books.mine();
  books.mine({}, books.chain().head().number());
}

}  // namespace

TEST_CASE("two transfers in one transaction are two transfers") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent one = books.intent(shop, "25.00");
  const pb::Intent two = books.intent(shop, "30.00");
  settle(books,
         {paid(one.deposit_address(), "25", "tx/1"), paid(two.deposit_address(), "30", "tx/2")});
  CHECK(books.transfer("tx/1").id() != books.transfer("tx/2").id());
  CHECK(books.intent(one.id()).status() == pb::SUCCEEDED);
  CHECK(books.intent(two.id()).status() == pb::SUCCEEDED);
  CHECK(books.balance(shop) == "55.00 0.00 0.00");
  CHECK(books.counters(kDeposits) == "55.00/0.00 0.00/0.00");
}

TEST_CASE("transfers of nothing, to oneself and between strangers change nothing") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  const std::uint64_t before = books.last_event();
  books.mine({paid(intent.deposit_address(), "0", "zero"),
              paid(intent.deposit_address(), "5", "self", intent.deposit_address()),
              paid(address_of("stranger"), "5", "foreign")});
  CHECK(books.last_event() == before);
  CHECK(books.chain().unfinal_transfers() == 0);
  CHECK(books.chain().head().number() == 101);
  CHECK(books.intent(intent.id()).version() == 1);
}

TEST_CASE("money to or from a signer that no payout explains is the treasury's") {
  BookFixture books;
  books.set_up();
  CHECK(books.counters(kHot) == "1000.00/0.00 0.00/0.00");
  settle(books, {paid(address_of("hot"), "50", "in")});
  CHECK(books.counters(kHot) == "1050.00/0.00 0.00/0.00");
  CHECK(books.counters(kTreasury) == "0.00/50.00 0.00/0.00");
  CHECK_FALSE(books.transfer("in").outgoing());
  CHECK(books.transfer("in").reason() == "treasury");

  settle(books, {paid(address_of("bank"), "70", "out", address_of("hot"))});
  CHECK(books.counters(kHot) == "1050.00/70.00 0.00/0.00");
  CHECK(books.counters(kTreasury) == "70.00/50.00 0.00/0.00");
  CHECK(books.transfer("out").outgoing());
}

TEST_CASE("money between our own addresses is counted where it is") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent one = books.intent(shop, "25.00");
  const pb::Intent two = books.intent(shop, "25.00");
  settle(books, {paid(one.deposit_address(), "25", "pay")});

  SECTION("deposit to signer: a sweep") {
    settle(books, {paid(address_of("hot"), "25", "move", one.deposit_address())});
    CHECK(books.counters(kDeposits) == "25.00/25.00 0.00/0.00");
    CHECK(books.counters(kHot) == "1025.00/0.00 0.00/0.00");
    CHECK(books.counters(kTreasury) == "none");
    CHECK(books.balance(shop) == "25.00 0.00 0.00");
  }
  SECTION("deposit to deposit: both the intent's and out of the treasury's") {
    settle(books, {paid(two.deposit_address(), "25", "move", one.deposit_address())});
    CHECK(books.counters(kDeposits) == "50.00/25.00 0.00/0.00");
    CHECK(books.counters(kTreasury) == "25.00/0.00 0.00/0.00");
    CHECK(books.intent(two.id()).status() == pb::SUCCEEDED);
    CHECK(books.balance(shop) == "50.00 0.00 0.00");
  }
  SECTION("signer to deposit") {
    settle(books, {paid(two.deposit_address(), "25", "move", address_of("hot"))});
    CHECK(books.counters(kDeposits) == "50.00/0.00 0.00/0.00");
    CHECK(books.counters(kHot) == "1000.00/25.00 0.00/0.00");
    CHECK(books.counters(kTreasury) == "25.00/0.00 0.00/0.00");
    CHECK(books.intent(two.id()).status() == pb::SUCCEEDED);
  }
  SECTION("deposit to a stranger") {
    settle(books, {paid(address_of("thief"), "25", "move", one.deposit_address())});
    CHECK(books.counters(kDeposits) == "25.00/25.00 0.00/0.00");
    CHECK(books.counters(kTreasury) == "25.00/0.00 0.00/0.00");
    CHECK(books.transfer("move").outgoing());
    CHECK(books.balance(shop) == "25.00 0.00 0.00");
  }
  CHECK(verify(books.store()).has_value());
}

TEST_CASE("suspense money is given to an intent at each step of its life") {
  BookFixture books;
  const std::string shop = books.set_up();
  const std::string other = books.merchant("Other");
  const pb::Intent lost = books.intent(other, "5");
  pb::CancelIntent cancel;
  cancel.set_id(lost.id());
  books.ok(cancel);
  const pb::Intent intent = books.intent(shop, "25.00");
  const int blocks = GENERATE(0, 1, 2);
  books.mine({paid(lost.deposit_address(), "25", "lost")});
  if (blocks > 0) books.mine();
  if (blocks > 1) books.mine({}, 102);

  const pb::Transfer before = books.transfer("lost");
  REQUIRE(before.disposition() == pb::SUSPENSE);
  const pb::Transfer assigned = books.ok(assign(before.id(), intent.id())).transfer();
  CHECK(assigned.intent() == intent.id());
  CHECK(assigned.merchant() == shop);
  CHECK(assigned.reason().empty());
  CHECK(books.refused(assign(before.id(), intent.id())).reason == "not_assignable");
  CHECK(books.intent(intent.id()).status() == (blocks == 0 ? pb::PROCESSING : pb::SUCCEEDED));

  books.mine({}, 103);
  books.mine({}, 104);
  CHECK(books.intent(intent.id()).status() == pb::SUCCEEDED);
  CHECK(books.balance(shop) == "25.00 0.00 0.00");
  CHECK(books.counters(kDeposits) == "25.00/0.00 0.00/0.00");
  CHECK(reports::transfers(books.store(), shop, {}, {}).value().data.size() == 1);
  CHECK(reports::transfers(books.store(), other, {}, {}).value().data.empty());
  CHECK(verify(books.store()).has_value());
}

TEST_CASE("what cannot be assigned is refused") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  const pb::Intent canceled = books.intent(shop, "25.00");
  pb::CancelIntent cancel;
  cancel.set_id(canceled.id());
  books.ok(cancel);
  pb::ObservedTransfer euros = paid(intent.deposit_address(), "25", "euros");
  euros.set_currency("EURC");
  euros.set_token_address(address_of("EURC"));
  books.mine({paid(intent.deposit_address(), "5", "mine"), euros,
              paid(canceled.deposit_address(), "5", "lost")});
  const auto refused = [&](std::string_view log, const std::string& to) {
    return books.refused(assign(books.transfer(log).id(), to)).reason;
  };
  CHECK(refused("mine", intent.id()) == "not_assignable");
  CHECK(refused("euros", intent.id()) == "currency_mismatch");
  CHECK(refused("lost", canceled.id()) == "intent_canceled");
  CHECK(refused("lost", std::string(16, 'x')) == "not_found");
  books.rewind(100);
  CHECK(refused("lost", intent.id()) == "not_assignable");
}

TEST_CASE("a reversed suspense transfer leaves nothing behind") {
  BookFixture books;
  books.set_up();
  books.mine({paid(deposit_address(7), "5", "early")});
  books.mine();
  CHECK(books.counters("liability:suspense:no_intent:USDC") == "0.00/0.00 0.00/5.00");
  books.rewind(100);
  CHECK(books.counters("liability:suspense:no_intent:USDC") == "0.00/0.00 0.00/0.00");
  CHECK(books.counters(kDeposits) == "0.00/0.00 0.00/0.00");
}

namespace {

constexpr auto kLate = "liability:suspense:late:USDC";

/// Late money at the address of `lost`, the other merchant's intent, given to the shop's and taken
/// back by a reorganisation.
struct Assigned {
  BookFixture books;
  std::string shop = books.set_up();
  std::string other = books.merchant("Other");
  pb::Intent lost = books.intent(other, "25");
  pb::Intent intent;
  pb::ObservedTransfer log = paid(lost.deposit_address(), "25", "lost");

  Assigned() {
    books.clock().advance(kExpiresInMs + kLateWindowMs + 1);
    intent = books.intent(shop, "25");
    books.mine({log});
    books.ok(assign(books.transfer("lost").id(), intent.id()));
    books.rewind(100);
  }
  void comes_back() { books.see({block(101, books.now_ms(), {log}, "b", "a")}, 101); }
  std::size_t seen_by(const std::string& merchant) {
    return reports::transfers(books.store(), merchant, {}, {}).value().data.size();
  }
};

}  // namespace

TEST_CASE("money that was assigned stays assigned when a reorganisation brings it back") {
  Assigned world;
  BookFixture& books = world.books;
  CHECK(books.intent(world.intent.id()).status() == pb::REQUIRES_PAYMENT);
  world.comes_back();
  const pb::Transfer back = books.transfer("lost");
  CHECK(back.disposition() == pb::MATCHED);
  CHECK(back.intent() == world.intent.id());
  CHECK(back.merchant() == world.shop);
  CHECK_FALSE(back.late());
  CHECK(books.intent(world.intent.id()).status() == pb::SUCCEEDED);
  CHECK(books.balance(world.shop) == "25.00 0.00 0.00");
  CHECK(books.counters(kLate) == "none");
  CHECK(world.seen_by(world.shop) == 1);
  CHECK(world.seen_by(world.other) == 0);

  CHECK(verify(books.store()).has_value());
}

TEST_CASE("money that was assigned to an intent that was canceled meanwhile is in suspense again") {
  Assigned world;
  BookFixture& books = world.books;
  pb::CancelIntent cancel;
  cancel.set_id(world.intent.id());
  books.ok(cancel);
  world.comes_back();
  const pb::Transfer back = books.transfer("lost");
  CHECK(back.disposition() == pb::SUSPENSE);
  CHECK(back.reason() == "late");
  CHECK_FALSE(back.assigned());
  CHECK(books.balance(world.shop) == "0.00 0.00 0.00");
  CHECK(books.counters(kLate) == "0.00/25.00 0.00/0.00");
  CHECK(world.seen_by(world.shop) == 0);
  CHECK(world.seen_by(world.other) == 1);
  const pb::Intent second = books.intent(world.shop, "25");
  books.ok(assign(back.id(), second.id()));
  CHECK(books.balance(world.shop) == "25.00 0.00 0.00");
  CHECK(world.seen_by(world.shop) == 1);
}

TEST_CASE("where money came from is decided when it is seen, not when it is confirmed") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  books.mine({paid(intent.deposit_address(), "25", "tx", address_of("second"))});
  // The payer's address becomes a signer of ours, opened with what it has left.
  pb::OpenSigner signer;
  signer.set_chain(std::string(kChain));
  signer.set_signer("second");
  signer.set_address(address_of("second"));
  pb::OpeningBalance& balance = *signer.add_balances();
  balance.set_token("USDC");
  balance.set_currency("USDC");
  balance.set_amount(money("7"));
  books.ok(signer);
  books.mine({}, 102);
  CHECK(books.counters("asset:wallets:second:base:USDC") == "7.00/0.00 0.00/0.00");
  CHECK(books.counters(kTreasury) == "none");
  CHECK(books.balance(shop) == "25.00 0.00 0.00");
  CHECK(verify(books.store()).has_value());
}
