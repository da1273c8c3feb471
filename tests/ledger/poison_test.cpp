#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include <catch2/catch.hpp>

#include "ledger/book.hpp"
#include "ledger/keys.hpp"
#include "ledger/log.hpp"
#include "ledger/verify.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

constexpr int kThreads = 4;
constexpr int kCommandsPerThread = 15;

struct Acknowledged {
  std::mutex mutex;
  std::set<std::uint64_t> sequences;
  int answers = 0;
};

void run(Book& book, Acknowledged& acknowledged) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < kCommandsPerThread; ++i) {
        pb::CreateMerchant create;
        create.set_name(std::string(static_cast<std::size_t>(i) * 20, 'n'));
        const auto applied = book.apply(command(create));
        const std::lock_guard lock(acknowledged.mutex);
        ++acknowledged.answers;
        if (applied) acknowledged.sequences.insert(applied->reply.sequence());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("after a failed write every command is answered with an error, and nothing is lost") {
  const FaultKind kind = GENERATE(FaultKind::Error, FaultKind::TornWrite);
  const auto after = GENERATE(range(1, 40, 3));
  const std::uint64_t opening = BookFixture().disk().operations(kind);
  std::atomic<int> poisoned = 0;
  Book::Options options;
  options.on_poisoned = [&] { ++poisoned; };
  BookFixture books({.kind = kind,
                     .operation = opening + static_cast<std::uint64_t>(after),
                     .seed = static_cast<std::uint64_t>(after)},
                    options);
  Acknowledged acknowledged;
  run(books.book(), acknowledged);
  CHECK(acknowledged.answers == kThreads * kCommandsPerThread);
  const std::set<std::uint64_t>& known = acknowledged.sequences;
  const std::uint64_t newest = known.empty() ? 0 : *known.rbegin();
  CHECK(known.size() == newest);
  if (books.disk().fired()) {
    CHECK(books.book().poisoned());
    CHECK(known.size() < kThreads * kCommandsPerThread);
    const auto replay = books.book().apply(pb::Command{}, idempotency_key("a", "b", "c"));
    CHECK(replay.error().reason == "store_poisoned");
  }
  const int expected = books.disk().fired() ? 1 : 0;
  books.reopen();
  CHECK(poisoned == expected);
  const auto verified = verify(books.store());
  REQUIRE(verified.has_value());
  CHECK(verified->commands >= newest);
  CHECK(verified->commands <= kThreads * kCommandsPerThread);
  CHECK(books.book().head().sequence() == verified->commands);
  // The books go on where they were.
  books.merchant("after");
  CHECK(verify(books.store()).value().commands == verified->commands + 1);
}

TEST_CASE("a known key is not answered by poisoned books") {
  const std::uint64_t opening = BookFixture().disk().operations(FaultKind::Error);
  BookFixture books({.kind = FaultKind::Error, .operation = opening + 20});
  pb::CreateMerchant create;
  const auto key = idempotency_key("key_1", "abc", "body");
  REQUIRE(books.book().apply(command(create), key).has_value());
  bool failed = false;
  for (int i = 0; i < 40 && !failed; ++i) {
    failed = !books.book().apply(command(create)).has_value();
  }
  REQUIRE(failed);
  const auto again = books.book().apply(command(create), key);
  REQUIRE(!again.has_value());
  CHECK(again.error().reason == "store_poisoned");
  books.reopen();
  CHECK(books.book().apply(command(create), key).value().replayed);
}
