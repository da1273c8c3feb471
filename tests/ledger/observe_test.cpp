#include "ledger/observe.hpp"

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;
using Types = std::vector<std::string>;

namespace {

pb::ObserveBlocks observe(std::vector<pb::ObservedBlock> blocks, std::uint64_t final_number = 0) {
  pb::ObserveBlocks command;
  command.set_chain(std::string(kChain));
  command.set_confirmations(kConfirmations);
  command.set_final_number(final_number);
  for (pb::ObservedBlock& each : blocks) *command.add_blocks() = std::move(each);
  return command;
}

pb::RewindChain rewind_to(std::uint64_t number, const std::string& hash) {
  pb::RewindChain command;
  command.set_chain(std::string(kChain));
  command.set_to_number(number);
  command.set_to_hash(hash);
  return command;
}

std::vector<std::uint64_t> stored_blocks(BookFixture& books) {
  std::vector<std::uint64_t> numbers;
  const auto blocks = reports::recent_blocks(books.store(), kChain).value();
  for (const pb::Block& each : blocks) numbers.push_back(each.number());
  return numbers;
}

}  // namespace

TEST_CASE("a transfer in the head block has one confirmation") {
  const auto [confirmations, blocks_after] =
      GENERATE(std::pair{1U, 0}, std::pair{2U, 1}, std::pair{5U, 4});
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  pb::ObserveBlocks first =
      observe({block(101, books.now_ms(), {paid(intent.deposit_address(), "25", "tx1")})});
  first.set_confirmations(confirmations);
  books.ok(first);
  for (int i = 0; i < blocks_after; ++i) {
    INFO(i);
    CHECK(books.transfer("tx1").status() == pb::SEEN);
    pb::ObserveBlocks next = observe({block(102 + static_cast<std::uint64_t>(i), books.now_ms())});
    next.set_confirmations(confirmations);
    books.ok(next);
  }
  CHECK(books.transfer("tx1").status() == pb::CONFIRMED);
  CHECK(books.intent(intent.id()).status() == pb::SUCCEEDED);
}

TEST_CASE("a block is final by number, also before it is confirmed") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  const std::uint64_t before = books.last_event();
  books.mine({paid(intent.deposit_address(), "25", "tx1")}, 101);
  CHECK(books.transfer("tx1").status() == pb::FINALIZED);
  CHECK(books.balance(shop) == "25.00 0.00 0.00");
  CHECK(books.events(before) == Types{"transfer.seen", "payment_intent.processing",
                                      "transfer.confirmed", "payment_intent.succeeded",
                                      "transfer.finalized"});
  CHECK(books.chain().unfinal_transfers() == 0);
  // A smaller final number changes nothing.
  books.mine({}, 50);
  CHECK(books.chain().final_number() == 101);
}

TEST_CASE("the final number is bounded by the head") {
  BookFixture books;
  books.set_up();
  books.mine({}, 1'000'000);
  CHECK(books.chain().final_number() == 101);
}

TEST_CASE("final blocks may follow with gaps, others may not") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  const auto at = [&](std::uint64_t number) { return block(number, books.now_ms()); };
  CHECK(books.refused(observe({at(103)}, 102)).reason == "block_not_next");
  books.see({block(150, books.now_ms(), {paid(intent.deposit_address(), "25", "tx1")}), at(200)},
            200);
  CHECK(books.transfer("tx1").status() == pb::FINALIZED);
  CHECK(stored_blocks(books) == std::vector<std::uint64_t>{200});
  CHECK(books.refused(observe({at(200)}, 300)).reason == "block_not_next");
  CHECK(books.refused(observe({at(199)}, 300)).reason == "block_not_next");
  CHECK(books.refused(observe({at(202), at(201)}, 300)).reason == "block_not_next");
  books.see({at(201)}, 200);
  CHECK(books.chain().head().number() == 201);
}

TEST_CASE("a block whose parent is not the head is refused, and nothing with it is kept") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  books.mine();
  const auto before = dump(books.store());
  const auto refused = books.refused(
      observe({block(102, books.now_ms(), {paid(intent.deposit_address(), "25", "tx1")}),
               block(103, books.now_ms(), {}, "b")}));
  CHECK(refused.code == Errc::Conflict);
  CHECK(refused.reason == "parent_mismatch");
  CHECK(dump(books.store()) == before);
  pb::ObserveBlocks elsewhere = observe({});
  elsewhere.set_chain("nowhere");
  CHECK(books.refused(elsewhere).reason == "unknown_chain");
}

TEST_CASE("one log in two blocks of a chain is refused") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  const auto payment = paid(intent.deposit_address(), "25", "tx1");
  books.mine({payment});
  const auto again = books.refused(observe({block(102, books.now_ms(), {payment})}));
  CHECK(again.code == Errc::Corrupt);
  CHECK(again.reason == "transfer_seen_twice");
  CHECK(books
            .refused(observe({block(
                102, books.now_ms(),
                {paid(deposit_address(1), "1", "tx2"), paid(deposit_address(1), "1", "tx2")})}))
            .reason == "transfer_seen_twice");
  CHECK(books.chain().head().number() == 101);
}

TEST_CASE("a reorganisation takes back what was seen and what was confirmed") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  const auto first = paid(intent.deposit_address(), "10", "tx1");
  const auto second = paid(intent.deposit_address(), "15", "tx2");
  books.mine();
  books.mine({first});
  books.mine({second});
  CHECK(books.balance(shop) == "0.00 10.00 0.00");
  const std::string id = books.transfer("tx1").id();
  const std::uint64_t entries = books.book().head().entry_sequence();
  const std::uint64_t before = books.last_event();

  books.rewind(101);
  CHECK(books.transfer("tx1").status() == pb::REVERSED);
  CHECK(books.transfer("tx2").status() == pb::REVERSED);
  CHECK(books.balance(shop) == "0.00 0.00 0.00");
  CHECK(books.intent(intent.id()).status() == pb::REQUIRES_PAYMENT);
  CHECK(books.intent(intent.id()).labels() == 8);
  CHECK(text_of(books.intent(intent.id()).received()) == "0.00");
  // One contra entry: only the first was booked.
  CHECK(books.book().head().entry_sequence() == entries + 1);
  CHECK(books.events(before) == Types{"transfer.reversed", "payment_intent.reversed",
                                      "transfer.reversed", "payment_intent.reversed"});

  SECTION("the same log in another block is the same transfer") {
    books.see(
        {block(102, books.now_ms(), {}, "b", "a"), block(103, books.now_ms(), {first, second}, "b"),
         block(104, books.now_ms(), {}, "b")},
        104);
    CHECK(books.transfer("tx1").id() == id);
    CHECK(books.transfer("tx1").status() == pb::FINALIZED);
    CHECK(books.transfer("tx1").block_hash() == block_hash(103, "b"));
    CHECK(books.intent(intent.id()).transfers_size() == 2);
  }
  SECTION("another log index makes it another transfer") {
    const auto moved = paid(intent.deposit_address(), "10", "tx1/4");
    books.see({block(102, books.now_ms(), {moved, second}, "b", "a"),
               block(103, books.now_ms(), {}, "b")},
              103);
    CHECK(books.transfer("tx1/4").id() != id);
    CHECK(books.transfer("tx1").status() == pb::REVERSED);
    CHECK(books.intent(intent.id()).transfers_size() == 3);
  }
  CHECK(books.intent(intent.id()).status() == pb::SUCCEEDED);
  CHECK(books.balance(shop) == "25.00 0.00 0.00");
}

TEST_CASE("a rewind of what is final, or to a block unknown, is refused with nothing changed") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  books.mine({paid(intent.deposit_address(), "25", "tx1")});
  books.mine();
  books.mine({}, 102);
  const auto before = dump(books.store());
  CHECK(books.refused(rewind_to(101, block_hash(101))).reason == "finality_violation");
  CHECK(books.refused(rewind_to(103, block_hash(103))).reason == "block_not_next");
  CHECK(books.refused(rewind_to(102, block_hash(102, "b"))).reason == "parent_mismatch");
  CHECK(dump(books.store()) == before);
  books.rewind(102);
  CHECK(books.transfer("tx1").status() == pb::FINALIZED);
}

TEST_CASE("a confirmed transfer below the fork stays confirmed, one above starts again") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  books.mine({paid(intent.deposit_address(), "10", "tx1")});
  books.mine();
  books.mine();
  books.rewind(101);
  CHECK(books.transfer("tx1").status() == pb::CONFIRMED);
  books.see({block(102, books.now_ms(), {paid(intent.deposit_address(), "15", "tx2")}, "b", "a")});
  CHECK(books.transfer("tx2").status() == pb::SEEN);
  books.see({block(103, books.now_ms(), {}, "b")});
  CHECK(books.transfer("tx2").status() == pb::CONFIRMED);
}

TEST_CASE("the table of blocks stays small") {
  BookFixture books;
  books.set_up();
  for (std::uint64_t i = 0; i < 50; ++i) books.mine({}, 98 + i);
  CHECK(books.chain().head().number() == 150);
  CHECK(stored_blocks(books) == std::vector<std::uint64_t>{147, 148, 149, 150});
}

TEST_CASE("a thousand transfers become final in one step") {
  BookFixture books;
  books.set_up();
  std::vector<pb::ObservedTransfer> many;
  for (int i = 0; i < 1'100; ++i) {
    many.push_back(paid(deposit_address(0), "1", "many/" + std::to_string(i)));
  }
  books.mine(many);
  CHECK(books.chain().unfinal_transfers() == 1'100);
  books.mine({}, 102);
  CHECK(books.chain().unfinal_transfers() == 0);
  CHECK(books.counters("liability:suspense:no_intent:USDC") == "0.00/1100.00 0.00/0.00");
}

TEST_CASE("a chain is opened once") {
  BookFixture books;
  books.set_up();
  pb::OpenChain again;
  again.set_chain(std::string(kChain));
  again.set_chain_id(8453);
  CHECK(books.refused(again).reason == "chain_open");
}
