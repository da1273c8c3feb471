#include <cstdlib>
#include <future>
#include <list>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "ledger/accounts.hpp"
#include "ledger/keys.hpp"
#include "ledger/payouts.hpp"
#include "ledger/reports.hpp"
#include "ledger/store/scratch.hpp"
#include "ledger/verify.hpp"
#include "tests/ledger/random_book.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

constexpr std::size_t kNumbers = 3'000;

rc::Gen<std::vector<std::uint32_t>> numbers() {
  return rc::gen::resize(rc::kNominalSize,
                         rc::gen::container<std::vector<std::uint32_t>>(
                             kNumbers, rc::gen::inRange<std::uint32_t>(0, 1U << 30U)));
}

/// Thirty runs of a seed that is known to get everywhere, and no shrinking, unless the caller
/// asks for others: RC_PARAMS="seed=... max_success=1000".
bool holds(const std::string& sentence, auto property) {
  ::setenv("RC_PARAMS", "seed=1 max_success=30 noshrink=1", 0);
  return rc::check(sentence, property);
}

struct Sums {
  Amount debits;
  Amount credits;
  void add(bool credit, std::string_view stored) {
    Amount& side = credit ? credits : debits;
    side = side.plus(amount_of(stored).value()).value();
  }
};

/// All currencies sum to zero, posted and pending; no merchant has less than nothing available.
void check_balanced(const store::Reader& reader) {
  std::map<std::string, Sums> posted;
  std::map<std::string, Sums> pending;
  const auto accounts = reports::accounts(reader, {}).value();
  for (const pb::Account& account : accounts) {
    const pb::Counters& at = account.counters();
    posted[account.currency()].add(false, at.debits_posted());
    posted[account.currency()].add(true, at.credits_posted());
    pending[account.currency()].add(false, at.debits_pending());
    pending[account.currency()].add(true, at.credits_pending());
    if (account.debits_must_not_exceed_credits()) RC_ASSERT(balance_of(account).has_value());
  }
  for (const auto* sums : {&posted, &pending}) {
    for (const auto& [currency, sides] : *sums) RC_ASSERT(sides.debits == sides.credits);
  }
}

/// What intents say of fees and refunds is what their transfers and refunds add up to; no fee is
/// above its transfer's amount, no more is refunded than is final.
void check_money(const store::Reader& reader) {
  struct Money {
    Amount finalized;
    Amount fees;
    Amount refunds;
  };
  const auto add = [](Amount& sum, std::string_view stored) {
    sum = sum.plus(amount_of(stored).value()).value();
  };
  reports::PageRequest all;
  all.limit = 1'000'000;
  std::map<std::string, Money> intents;
  std::map<std::string, Amount> charged;
  for (const pb::Transfer& transfer : reports::transfers(reader, {}, all, {}).value().data) {
    RC_ASSERT(amount_of(transfer.fee()).value() <= amount_of(transfer.amount()).value());
    if (transfer.status() != pb::FINALIZED || transfer.intent().empty()) continue;
    add(intents[transfer.intent()].finalized, transfer.amount());
    add(intents[transfer.intent()].fees, transfer.fee());
    add(charged[transfer.currency()], transfer.fee());
  }
  for (const pb::Refund& refund : reports::refunds(reader, {}, all, {}).value().data) {
    const auto payout = read_record<pb::Payout>(reader, keys::payout(refund.payout())).value();
    RC_ASSERT(payout->refund() == refund.id());
    RC_ASSERT(payout->status() == refund.status());
    RC_ASSERT(payout->amount() == refund.amount());
    const bool given_back = is_terminal(refund.status()) && refund.status() != pb::PAYOUT_SUCCEEDED;
    if (!given_back) add(intents[refund.intent()].refunds, refund.amount());
  }
  for (const pb::Intent& intent : reports::intents(reader, {}, all, {}).value().data) {
    const Money& counted = intents[intent.id()];
    RC_ASSERT(amount_of(intent.finalized()).value() == counted.finalized);
    RC_ASSERT(amount_of(intent.fee_charged()).value() == counted.fees);
    RC_ASSERT(amount_of(intent.refunded()).value() == counted.refunds);
    RC_ASSERT(counted.refunds <= counted.finalized);
    RC_ASSERT(amount_of(intent.fee_fixed_charged()).value() <=
              amount_of(intent.fee_fixed()).value());
  }
  for (const auto& [currency, sum] : charged) {
    const auto code = keys::account(chart::fees(currency).code);
    const auto account = read_record<pb::Account>(reader, code).value().value_or(pb::Account{});
    RC_ASSERT(amount_of(account.counters().credits_posted()).value() == sum);
  }
}

struct Submitted {
  RandomBook::Next next;
  std::promise<Result<Applied>> promise;
};

/// Submits up to `size` random commands at once, as many clients would.
std::size_t submit_burst(BookFixture& books, RandomBook& random, std::uint32_t size) {
  std::list<Submitted> burst;
  for (std::uint32_t i = 0; i < size; ++i) {
    auto next = random.next();
    if (!next) break;
    books.clock().advance(next->advance_ms);
    Submitted& submitted = burst.emplace_back(*std::move(next));
    books.book().submit(
        submitted.next.command, submitted.next.key,
        [&submitted](Result<Applied> result) { submitted.promise.set_value(std::move(result)); });
  }
  // All answers are awaited before the first assertion can leave this function.
  std::vector<Result<Applied>> answers;
  for (Submitted& submitted : burst) answers.push_back(submitted.promise.get_future().get());
  auto answer = answers.begin();
  for (Submitted& submitted : burst) {
    const Result<Applied>& applied = *answer++;
    if (!applied) {
      RC_LOG() << applied.error().reason << ": " << applied.error().detail << "\n";
      RC_ASSERT(applied.error().code != Errc::Internal);
      // Under a key this may be the stored refusal of another command.
      if (submitted.next.command.has_observe_blocks() && !submitted.next.key) {
        RC_ASSERT(applied.error().reason != "illegal_payout_state");
      }
    }
    random.learn(submitted.next.command, applied);
  }
  return burst.size();
}

void learn_transfers(BookFixture& books, RandomBook& random) {
  const auto suspended = [](const pb::Transfer& transfer) {
    return transfer.disposition() == pb::SUSPENSE && transfer.status() != pb::REVERSED;
  };
  reports::PageRequest page;
  page.limit = 3;
  const auto found = reports::transfers(books.store(), {}, page, suspended).value();
  for (const pb::Transfer& transfer : found.data) random.learn_transfer(transfer.id());
}

}  // namespace

TEST_CASE("random books balance after every commit and are what their log says") {
  std::map<std::string, int> kinds;
  CHECK(holds("the books balance, verify, and replay byte for byte", [&kinds] {
    RandomBook random(*numbers());
    BookFixture books;
    books.set_up();
    std::size_t commands = 0;
    for (;;) {
      const std::uint32_t size = random.roll(3) == 0 ? 1 + random.roll(8) : 1;
      const std::size_t submitted = submit_burst(books, random, size);
      if (submitted == 0) break;
      commands += submitted;
      check_balanced(books.store());
      if (commands % 10 == 0) learn_transfers(books, random);
      if (commands % 25 == 0) check_money(books.store());
    }
    check_money(books.store());
    RC_ASSERT(commands > 100U);
    const TempDirectory directory;
    const auto scratch = store::ScratchStore::create(directory.path() / "scratch").value();
    VerifyOptions options;
    options.empty = &scratch->store();
    const auto verified = verify(books.store(), std::move(options));
    if (!verified) RC_LOG() << verified.error().detail << "\n";
    RC_ASSERT(verified.has_value());
    RC_ASSERT(verified->commands == books.book().head().sequence());
    for (const auto& type : books.events(0)) ++kinds[type];
    reports::PageRequest all;
    all.limit = 1'000'000;
    for (const pb::Entry& entry : reports::entries(books.store(), {}, false, all).value().data) {
      ++kinds[entry.kind()];
    }
  }));
  // The runs are worth something only if they get everywhere.
  for (const std::string type : {"payment_intent.created",
                                 "payment_intent.partially_paid",
                                 "payment_intent.processing",
                                 "payment_intent.succeeded",
                                 "payment_intent.expired",
                                 "payment_intent.canceled",
                                 "payment_intent.reversed",
                                 "transfer.seen",
                                 "transfer.confirmed",
                                 "transfer.finalized",
                                 "transfer.reversed",
                                 "transfer.suspense",
                                 "payout.created",
                                 "payout.approved",
                                 "payout.rejected",
                                 "payout.submitted",
                                 "payout.succeeded",
                                 "payout.failed",
                                 "payout.canceled",
                                 "refund.created",
                                 "refund.approved",
                                 "refund.submitted",
                                 "refund.succeeded",
                                 "refund.failed",
                                 "refund.canceled",
                                 "journal.random",
                                 "hold.posted",
                                 "hold.voided",
                                 "hold.expired",
                                 "period.closed"}) {
    INFO(type);
    CHECK(kinds[type] > 0);
  }
}

TEST_CASE("a refused random command leaves every key as it was") {
  CHECK(holds("refusals without a key change nothing", [] {
    RandomBook random(*numbers());
    BookFixture books;
    books.set_up();
    std::map<std::string, std::string> before = dump(books.store());
    for (int commands = 0; commands < 120; ++commands) {
      auto next = random.next();
      if (!next) break;
      books.clock().advance(next->advance_ms);
      const std::uint64_t sequence = books.book().head().sequence();
      const auto applied = books.book().apply(next->command, next->key);
      random.learn(next->command, applied);
      auto after = dump(books.store());
      if (books.book().head().sequence() == sequence) RC_ASSERT(after == before);
      if (!applied && !next->key) RC_ASSERT(books.book().head().sequence() == sequence);
      if (applied && applied->replayed) RC_ASSERT(books.book().head().sequence() == sequence);
      before = std::move(after);
    }
  }));
}
