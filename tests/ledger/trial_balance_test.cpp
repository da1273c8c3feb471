#include "ledger/trial_balance.hpp"

#include <random>

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "tests/ledger/random_book.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

using Figures = std::map<std::string, std::string>;

std::string text(const CounterAmounts& at) {
  return at.debits_posted.to_string() + "/" + at.credits_posted.to_string() + " " +
         at.debits_pending.to_string() + "/" + at.credits_pending.to_string();
}

Figures figures(const reports::TrialBalance& balance) {
  Figures out;
  for (const pb::Account& account : balance.accounts) {
    out[account.code()] = text(amounts_of(account.counters()).value());
  }
  return out;
}

void move(CounterAmounts& at, const pb::Line& line, bool pending, bool add) {
  Amount& side = line.credit() ? (pending ? at.credits_pending : at.credits_posted)
                               : (pending ? at.debits_pending : at.debits_posted);
  const Amount amount = Amount::from_stored(line.amount()).value();
  side = add ? side.plus(amount).value() : side.minus(amount).value();
}

/// The counters of all accounts from nothing but the entries up to `at_ms`.
Figures recount(const store::Reader& reader, std::int64_t at_ms) {
  std::map<std::string, pb::Entry> entries;
  std::map<std::string, CounterAmounts> counters;
  const std::string prefix = keys::entry({});
  const auto visit = [&](std::string_view, std::string_view value) {
    pb::Entry entry;
    REQUIRE(entry.ParseFromArray(value.data(), static_cast<int>(value.size())));
    if (entry.created() > at_ms) return true;
    if (!entry.hold().empty()) {
      for (const pb::Line& line : entries.at(entry.hold()).lines()) {
        move(counters[line.account()], line, true, false);
      }
    }
    for (const pb::Line& line : entry.lines()) {
      CounterAmounts& at = counters[line.account()];
      if (entry.phase() != pb::VOIDED) move(at, line, entry.phase() == pb::PENDING, true);
    }
    entries[entry.id()] = entry;
    return true;
  };
  REQUIRE(reader.scan(prefix, store::prefix_end(prefix), visit).has_value());
  Figures out;
  for (const auto& [code, at] : counters) out[code] = text(at);
  return out;
}

}  // namespace

TEST_CASE("The trial balance of any moment is what the entries up to it come to") {
  std::mt19937 engine(7);
  for (int run = 0; run < 3; ++run) {
    std::vector<std::uint32_t> dice(3'000);
    for (std::uint32_t& each : dice) each = static_cast<std::uint32_t>(engine() % (1U << 30U));
    RandomBook random(std::move(dice));
    BookFixture books;
    books.set_up();
    const std::int64_t first = books.now_ms();
    while (auto next = random.next()) {
      books.clock().advance(next->advance_ms);
      random.learn(next->command, books.book().apply(next->command, next->key));
    }
    const std::int64_t last = books.book().head().time();
    REQUIRE(last > first);
    REQUIRE(books.book().head().entry_sequence() > 20);
    std::vector<std::int64_t> moments = {first - 1, first, last - 1, last};
    for (int i = 0; i < 40; ++i) {
      const auto span = static_cast<std::uint64_t>(last - first);
      moments.push_back(first + static_cast<std::int64_t>(engine() % span));
    }
    for (const std::int64_t at : moments) {
      CAPTURE(run, at);
      const auto balance = reports::trial_balance(books.store(), {}, from_ms(at));
      REQUIRE(balance.has_value());
      CHECK(to_ms(balance->at) == at);
      CHECK(figures(*balance) == recount(books.store(), at));
      for (const auto& [currency, sum] : balance->sums) {
        CHECK(sum.debits_posted == sum.credits_posted);
        CHECK(sum.debits_pending == sum.credits_pending);
      }
    }
  }
}

TEST_CASE("A trial balance that is yet to come is that of now") {
  BookFixture books;
  books.fund(books.set_up(), "25");
  const auto now = reports::trial_balance(books.store(), {}, {}).value();
  const auto later =
      reports::trial_balance(books.store(), {}, from_ms(books.now_ms() + 1'000'000)).value();
  CHECK(later.at == now.at);
  CHECK(figures(later) == figures(now));
}

TEST_CASE("A prefix's trial balance need not be balanced, the book's must be") {
  BookFixture books;
  books.fund(books.set_up(), "25");
  const auto merchants = reports::trial_balance(books.store(), "liability:merchants:", {}).value();
  CHECK(merchants.accounts.size() == 1);
  CHECK(text(merchants.sums.at("USDC")) == "0.00/25.00 0.00/0.00");

  pb::Account account = merchants.accounts.front();
  account.mutable_counters()->set_credits_posted(money("26"));
  store::Batch batch;
  batch.put(keys::account(account.code()), account.SerializeAsString());
  REQUIRE(books.store().write(batch, store::Durability::Synced).has_value());
  const auto all = reports::trial_balance(books.store(), {}, {});
  CHECK(all.error().code == Errc::Corrupt);
  CHECK(all.error().reason == "unbalanced_books");
}
