#include "ledger/awaited.hpp"

#include <catch2/catch.hpp>

#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

bool waits(BookFixture& books, std::uint64_t head, std::uint64_t final_number,
           const ConfirmationRule& rule = {kConfirmations, {}}) {
  return reports::awaits(books.store(), kChain, rule, head, final_number).value();
}

pb::RecordAttempt attempt(const std::string& payout) {
  pb::RecordAttempt command;
  command.set_payout(payout);
  command.set_tx_hash(hash_of("out"));
  command.set_raw("signed bytes");
  return command;
}

}  // namespace

TEST_CASE("books without transfers and payouts under way wait for no block") {
  BookFixture books;
  const std::string shop = books.set_up();
  books.intent(shop, "25.00");
  CHECK_FALSE(waits(books, 101, 100));
  CHECK_FALSE(waits(books, 1'000'000, 1'000'000));
}

TEST_CASE("a transfer waits for the block that confirms it, then for its own to be final") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  books.mine({paid(intent.deposit_address(), "25", "tx1")});  // block 101
  CHECK_FALSE(waits(books, 101, 100));
  CHECK(waits(books, 102, 100));  // two confirmations
  CHECK(waits(books, 101, 101));
  books.mine();
  REQUIRE(books.transfer("tx1").status() == pb::CONFIRMED);
  CHECK_FALSE(waits(books, 103, 100));
  CHECK_FALSE(waits(books, 900, 100));
  CHECK(waits(books, 900, 101));
  books.mine({}, 101);
  REQUIRE(books.transfer("tx1").status() == pb::FINALIZED);
  CHECK_FALSE(waits(books, 900, 900));
}

TEST_CASE("a tier waits for its depth once, whatever the transfer's size") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  ConfirmationRule rule{9, {}};
  pb::ConfirmationTier& tier = *rule.tiers.Add();
  tier.set_up_to(money("5"));
  tier.set_confirmations(3);
  const auto observe = [&](std::vector<pb::ObservedTransfer> transfers) {
    const std::uint64_t next = books.chain().head().number() + 1;
    pb::ObserveBlocks command;
    command.set_chain(std::string(kChain));
    command.set_confirmations(rule.confirmations);
    *command.mutable_tiers() = rule.tiers;
    *command.add_blocks() = block(next, books.now_ms(), std::move(transfers));
    books.ok(command);
  };
  observe({paid(intent.deposit_address(), "25", "tx1")});  // block 101
  CHECK_FALSE(waits(books, 102, 100, rule));
  CHECK(waits(books, 103, 100, rule));
  observe({});
  observe({});
  REQUIRE(books.transfer("tx1").status() == pb::SEEN);  // too large for the tier
  CHECK_FALSE(waits(books, 108, 100, rule));
  CHECK(waits(books, 109, 100, rule));
}

TEST_CASE("of several transfers the first that comes due is waited for") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  books.mine({paid(intent.deposit_address(), "1", "tx1")});
  books.mine();
  books.mine();
  books.mine({paid(intent.deposit_address(), "1", "tx2")});  // block 104
  CHECK_FALSE(waits(books, 104, 100));
  CHECK(waits(books, 105, 100));
  CHECK(waits(books, 104, 101));
}

TEST_CASE("what a reorganisation took back is waited for no more") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  books.mine({paid(intent.deposit_address(), "25", "tx1")});
  books.rewind(100);
  CHECK_FALSE(waits(books, 900, 900));
}

TEST_CASE("a payout waits for every block from when it is sent until it has ended") {
  BookFixture books;
  const std::string shop = books.set_up();
  books.fund(shop, "100.00");
  const pb::Payout payout = books.ok(request_payout(shop, "10.00")).payout();
  const std::uint64_t head = books.chain().head().number();
  REQUIRE(payout.status() == pb::QUEUED);
  CHECK_FALSE(waits(books, head + 1, head));
  books.ok(attempt(payout.id()));
  REQUIRE(books.payout(payout.id()).status() == pb::SUBMITTED);
  CHECK(waits(books, head + 1, head));
  // Of another chain nothing is known.
  CHECK(reports::awaits(books.store(), "polygon", {}, 1, 1).error().reason == "unknown_chain");
}
