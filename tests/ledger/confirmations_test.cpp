#include "ledger/confirmations.hpp"

#include <array>
#include <random>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

struct Tier {
  std::string_view up_to;
  std::uint32_t confirmations;
};

pb::ObserveBlocks observe(std::vector<pb::ObservedBlock> blocks, std::uint32_t confirmations,
                          std::vector<Tier> tiers) {
  pb::ObserveBlocks command;
  command.set_chain(std::string(kChain));
  command.set_confirmations(confirmations);
  for (pb::ObservedBlock& each : blocks) *command.add_blocks() = std::move(each);
  for (const Tier& each : tiers) {
    pb::ConfirmationTier& tier = *command.add_tiers();
    tier.set_up_to(Amount::parse(each.up_to).value().stored());
    tier.set_confirmations(each.confirmations);
  }
  return command;
}

/// A chain that asks for 6 confirmations, for 3 up to 1000.00, and for 1 up to 100.00.
class TieredBook {
 public:
  std::string address(std::string_view amount) {
    return books.intent(shop, amount).deposit_address();
  }
  void mine(std::vector<pb::ObservedTransfer> transfers = {}) {
    const std::uint64_t next = books.chain().head().number() + 1;
    books.ok(observe({block(next, books.now_ms(), std::move(transfers))}, 6, tiers));
  }
  bool confirmed(std::string_view log) {
    const auto status = books.transfer(log).status();
    return status == pb::CONFIRMED || status == pb::FINALIZED;
  }

  BookFixture books;
  std::string shop = books.set_up();
  std::vector<Tier> tiers = {{"100.00", 1}, {"1000.00", 3}};
};

}  // namespace

TEST_CASE("what is small is confirmed after fewer blocks") {
  const auto [amount, blocks] = GENERATE(table<std::string, int>({
      {"0.000001", 1},
      {"100.00", 1},
      {"100.000001", 3},
      {"1000.00", 3},
      {"1000.000001", 6},
  }));
  TieredBook book;
  book.books.derive(2);
  const std::string to = book.address(amount);
  book.mine({paid(to, amount, "tx1")});
  for (int depth = 1; depth < blocks; ++depth) {
    INFO(amount << " at " << depth);
    CHECK_FALSE(book.confirmed("tx1"));
    book.mine();
  }
  CHECK(book.confirmed("tx1"));
}

TEST_CASE("a large payment in small parts waits like a large one") {
  TieredBook book;
  const std::string to = book.address("5000");
  book.mine({paid(to, "50", "tx1"), paid(to, "4950", "tx2")});
  for (int depth = 1; depth < 6; ++depth) {
    CHECK_FALSE(book.confirmed("tx1"));
    CHECK_FALSE(book.confirmed("tx2"));
    book.mine();
  }
  CHECK(book.confirmed("tx1"));
  CHECK(book.confirmed("tx2"));
}

TEST_CASE("so does what is paid beyond a small intent, as long as it waits") {
  TieredBook book;
  const std::string to = book.address("200");
  book.mine({paid(to, "90", "tx1"), paid(to, "100", "tx2"), paid(to, "900", "tx3")});
  for (int depth = 1; depth < 6; ++depth) {
    CHECK_FALSE(book.confirmed("tx1"));
    book.mine();
  }
  CHECK(book.confirmed("tx1"));
}

TEST_CASE("money that pays nothing is as large as it is") {
  TieredBook book;
  const std::string unknown = deposit_address(9);
  book.mine({paid(unknown, "100", "tx1"), paid(unknown, "101", "tx2")});
  CHECK(book.confirmed("tx1"));
  CHECK_FALSE(book.confirmed("tx2"));
}

TEST_CASE("tiers that change while transfers wait leave none behind and take none back") {
  TieredBook book;
  const std::string to = book.address("500");
  book.mine({paid(to, "500", "tx1")});
  book.mine();
  SECTION("more confirmations: it waits for them") {
    book.tiers = {{"100.00", 1}, {"1000.00", 5}};
    book.mine();
    CHECK_FALSE(book.confirmed("tx1"));
    book.mine();
    book.mine();
    CHECK(book.confirmed("tx1"));
  }
  SECTION("fewer: it is confirmed with the next block") {
    book.tiers = {{"1000.00", 2}};
    CHECK_FALSE(book.confirmed("tx1"));
    book.mine();
    CHECK(book.confirmed("tx1"));
  }
  SECTION("a tier that reaches further: by the next of the old ones at the latest") {
    book.tiers = {{"1000.00", 1}, {"2000.00", 3}};
    book.mine();
    CHECK(book.confirmed("tx1"));
  }
  SECTION("none any more: as the chain asks") {
    book.tiers = {};
    for (int depth = 3; depth < 6; ++depth) {
      book.mine();
      CHECK_FALSE(book.confirmed("tx1"));
    }
    book.mine();
    CHECK(book.confirmed("tx1"));
    CHECK(book.books.chain().confirmation_marks().empty());
  }
}

TEST_CASE("a reorganisation takes an early confirmation back, and the next block gives it again") {
  TieredBook book;
  const pb::Intent intent = book.books.intent(book.shop, "50");
  const pb::ObservedTransfer transfer = paid(intent.deposit_address(), "50", "tx1");
  book.mine();
  book.mine({transfer});
  CHECK(book.books.intent(intent.id()).status() == pb::SUCCEEDED);
  book.books.rewind(101);
  CHECK(book.books.transfer("tx1").status() == pb::REVERSED);
  CHECK(book.books.intent(intent.id()).status() != pb::SUCCEEDED);
  book.books.ok(observe({block(102, book.books.now_ms(), {transfer}, "b", "a")}, 6, book.tiers));
  CHECK(book.confirmed("tx1"));
  CHECK(book.books.intent(intent.id()).status() == pb::SUCCEEDED);
  CHECK(book.books.balance(book.shop) == "0.00 50.00 0.00");
}

TEST_CASE("tiers that do not ascend are refused, and nothing of their command is kept") {
  BookFixture books;
  books.set_up();
  const auto before = dump(books.store());
  const auto refused = [&](std::vector<Tier> tiers) {
    const auto error = books.refused(observe({block(101, books.now_ms())}, 6, std::move(tiers)));
    CHECK(error.code == Errc::Invalid);
    CHECK(dump(books.store()) == before);
    return error.reason;
  };
  CHECK(refused({{"0", 1}}) == "invalid_field");
  CHECK(refused({{"5", 0}}) == "invalid_field");
  CHECK(refused({{"5", 6}}) == "invalid_field");
  CHECK(refused({{"5", 2}, {"5", 3}}) == "invalid_field");
  CHECK(refused({{"5", 2}, {"6", 2}}) == "invalid_field");
  pb::ObserveBlocks malformed = observe({block(101, books.now_ms())}, 6, {{"5", 1}});
  malformed.mutable_tiers(0)->set_up_to("five");
  CHECK(books.refused(malformed).reason == "invalid_field");
}

TEST_CASE("whatever comes and goes, a transfer is confirmed at the depth that its size asks for") {
  std::mt19937 dice(7);
  const auto roll = [&dice](std::uint32_t sides) {
    return static_cast<std::uint32_t>(dice() % sides);
  };
  TieredBook book;
  book.books.derive(200);
  struct Known {
    std::string log;
    std::uint64_t block;
    std::uint32_t needed;
    bool deep = false;  // it once was, and a reorganisation above it takes nothing back
  };
  std::vector<Known> known;
  std::uint64_t head = 100;
  std::string fork = "a";
  std::vector<std::string> forks(101, "a");
  for (int step = 0; step < 150; ++step) {
    if (head > 104 && roll(6) == 0) {
      const std::uint64_t to = head - 1 - roll(4);
      book.books.rewind(to, forks[to]);
      std::erase_if(known, [to](const Known& each) { return each.block > to; });
      head = to;
      forks.resize(to + 1);
      fork = "fork" + std::to_string(step);
      continue;
    }
    std::vector<pb::ObservedTransfer> transfers;
    const std::uint32_t size = roll(4);
    if (size < 3) {
      constexpr std::array kAmounts = {"70", "700", "7000"};
      constexpr std::array<std::uint32_t, 3> kNeeded = {1, 3, 6};
      const std::string log = "tx" + std::to_string(step);
      transfers.push_back(paid(book.address(kAmounts.at(size)), kAmounts.at(size), log));
      known.push_back({log, head + 1, kNeeded.at(size)});
    }
    book.books.ok(
        observe({block(head + 1, book.books.now_ms(), std::move(transfers), fork, forks[head])}, 6,
                book.tiers));
    forks.push_back(fork);
    ++head;
    for (Known& each : known) {
      INFO(each.log << " in " << each.block << " of " << head);
      each.deep = each.deep || head - each.block + 1 >= each.needed;
      CHECK(book.confirmed(each.log) == each.deep);
    }
  }
  CHECK(known.size() > 30);
}
