#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/observe.hpp"
#include "ledger/verify.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;
using Types = std::vector<std::string>;

namespace {

pb::BookMissedPayments missed(std::uint64_t number, std::int64_t time,
                              std::vector<pb::ObservedTransfer> transfers) {
  pb::BookMissedPayments command;
  command.set_chain(std::string(kChain));
  *command.add_blocks() = block(number, time, std::move(transfers));
  return command;
}

/// Blocks 101 to 105, of which those up to 103 are final, and an intent of 25 that nothing paid.
struct Missed {
  BookFixture books;
  std::string shop = books.set_up();
  pb::Intent intent = books.intent(shop, "25");
  std::int64_t time = books.now_ms();

  Missed() {
    for (int i = 0; i < 5; ++i) books.mine({}, 103);
    REQUIRE(books.chain().final_number() == 103);
  }
  pb::ObservedTransfer payment(std::string_view log = "tx1") const {
    return paid(intent.deposit_address(), "25", log);
  }
  void changes_nothing(const pb::BookMissedPayments& command) {
    const std::uint64_t event = books.last_event();
    const auto balance = books.balance(shop);
    books.ok(command);
    CHECK(books.last_event() == event);
    CHECK(books.balance(shop) == balance);
    CHECK(books.chain().unfinal_transfers() == 0);
  }
};

}  // namespace

TEST_CASE("a payment that was missed in a final block is booked, and final at once") {
  Missed at;
  const std::uint64_t before = at.books.last_event();
  at.books.ok(missed(102, at.time, {at.payment()}));
  CHECK(at.books.events(before) == Types{"transfer.seen", "payment_intent.processing",
                                         "transfer.confirmed", "payment_intent.succeeded",
                                         "transfer.finalized"});
  CHECK(at.books.transfer("tx1").status() == pb::FINALIZED);
  CHECK(at.books.transfer("tx1").block_number() == 102);
  CHECK(at.books.intent(at.intent.id()).status() == pb::SUCCEEDED);
  CHECK(at.books.balance(at.shop) == "25.00 0.00 0.00");
  CHECK(at.books.chain().unfinal_transfers() == 0);
  CHECK(at.books.chain().head().number() == 105);
  CHECK(verify(at.books.store()).has_value());
}

TEST_CASE("what is in the books is not booked again, whoever brings it") {
  Missed at;
  at.books.ok(missed(102, at.time, {at.payment()}));
  at.changes_nothing(missed(102, at.time, {at.payment()}));
  at.changes_nothing(missed(103, at.time, {at.payment()}));
  CHECK(at.books.balance(at.shop) == "25.00 0.00 0.00");
  // Nor by the follower, which would have come upon a lie.
  pb::ObserveBlocks observe;
  observe.set_chain(std::string(kChain));
  observe.set_confirmations(1);
  *observe.add_blocks() = block(106, at.time, {at.payment()});
  CHECK(at.books.refused(observe).reason == "transfer_seen_twice");
}

TEST_CASE("of a block that holds known payments and missed ones the missed ones are booked") {
  Missed at;
  const pb::Intent other = at.books.intent(at.shop, "7");
  at.books.ok(missed(102, at.time, {at.payment()}));
  at.books.ok(missed(102, at.time, {at.payment(), paid(other.deposit_address(), "7", "tx1/1")}));
  CHECK(at.books.balance(at.shop) == "32.00 0.00 0.00");
  CHECK(at.books.intent(other.id()).status() == pb::SUCCEEDED);
}

TEST_CASE("a payment that a reorganisation took back comes again under its id") {
  Missed at;
  at.books.mine({at.payment()}, 103);  // 106
  const std::string id = at.books.transfer("tx1").id();
  at.books.rewind(105);
  at.books.mine({}, 106);
  REQUIRE(at.books.transfer("tx1").status() == pb::REVERSED);
  at.books.ok(missed(106, at.time, {at.payment()}));
  CHECK(at.books.transfer("tx1").id() == id);
  CHECK(at.books.transfer("tx1").status() == pb::FINALIZED);
  CHECK(at.books.balance(at.shop) == "25.00 0.00 0.00");
}

TEST_CASE("a missed payment is late by its block's time, and suspense where nobody waits for it") {
  Missed at;
  at.books.ok(missed(102, at.intent.expires_at() + 1, {at.payment()}));
  CHECK(at.books.transfer("tx1").late());
  at.books.ok(missed(103, at.time, {paid(deposit_address(9), "5", "tx2")}));
  CHECK(at.books.transfer("tx2").disposition() == pb::SUSPENSE);
  CHECK(at.books.transfer("tx2").status() == pb::FINALIZED);
  CHECK(at.books.counters("liability:suspense:no_intent:USDC") == "0.00/5.00 0.00/0.00");
}

TEST_CASE("what touches a signer, comes from our own addresses or is nobody's is left alone") {
  Missed at;
  const std::string ours = deposit_address(5);
  at.changes_nothing(missed(102, at.time, {paid(address_of("hot"), "25", "tx1")}));
  at.changes_nothing(
      missed(102, at.time, {paid(at.intent.deposit_address(), "25", "tx1", address_of("hot"))}));
  at.changes_nothing(missed(102, at.time, {paid(at.intent.deposit_address(), "25", "tx1", ours)}));
  at.changes_nothing(missed(102, at.time, {paid(address_of("payee"), "25", "tx1", ours)}));
  at.changes_nothing(missed(102, at.time, {paid(address_of("stranger"), "25", "tx1")}));
  at.changes_nothing(missed(102, at.time, {paid(at.intent.deposit_address(), "0", "tx1")}));
}

TEST_CASE("only blocks that are final, and not from before the chain was opened, are taken") {
  Missed at;
  const auto before = dump(at.books.store());
  for (const std::uint64_t number : {100U, 104U, 105U, 106U}) {
    INFO(number);
    const Error error = at.books.refused(missed(number, at.time, {at.payment()}));
    CHECK(error.code == Errc::Conflict);
    CHECK(error.reason == "not_final");
  }
  // All of a command or nothing.
  pb::BookMissedPayments two = missed(102, at.time, {at.payment()});
  *two.add_blocks() = block(104, at.time, {at.payment("tx2")});
  CHECK(at.books.refused(two).reason == "not_final");
  pb::BookMissedPayments elsewhere = missed(102, at.time, {at.payment()});
  elsewhere.set_chain("nowhere");
  CHECK(at.books.refused(elsewhere).reason == "unknown_chain");
  CHECK(dump(at.books.store()) == before);
}
