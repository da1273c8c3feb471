#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/held_store.hpp"
#include "tests/support/journal_commands.hpp"

/// Which error comes first, before any command is looked at: README.md. Of the journal's own errors
/// see journal_order_test.
using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

TEST_CASE("a key is told before what the request under it says") {
  BookFixture books;
  for (const char* code : {"asset:bank", "asset:closed", "income:sales", "liability:loans"}) {
    books.ok(open_account(code));
  }
  const auto key = idempotency_key("key", "abc", "body");
  const auto other = idempotency_key("key", "abc", "another body");
  const pb::PostEntry entry = post_entry("1", {"Dr asset:closed 1", "Cr asset:closed 1"});
  const auto told = [&](pb::PostEntry asked, const std::optional<pb::IdempotencyKey>& by) {
    const auto applied = books.book().apply(command(std::move(asked)), by);
    return applied ? std::string(applied->replayed ? "the same again" : "done")
                   : applied.error().reason;
  };
  // Invalid is not stored: nothing was decided.
  CHECK(told(entry, key) == "duplicate_account");
  const pb::PostEntry good = post_entry("1", {"Dr asset:closed 1", "Cr income:sales 1"});
  CHECK(told(good, key) == "done");
  CHECK(told(entry, other) == "idempotency_mismatch");
  CHECK(told(post_entry("2", {"Dr asset:none 1", "Cr income:sales 1"}), other) ==
        "idempotency_mismatch");
  books.ok(post_entry("back", {"Dr income:sales 1", "Cr asset:closed 1"}));
  books.ok(close_account("asset:closed"));
  CHECK(told(good, key) == "the same again");

  const auto refused = idempotency_key("refused", "abc", "body");
  const pb::PostEntry no = post_entry("3", {"Dr asset:closed 1", "Cr liability:loans 1"});
  CHECK(told(no, refused) == "account_closed");
  CHECK(told(post_entry("3", {"Dr asset:bank 1", "Cr liability:loans 1"}), refused) ==
        "account_closed");
}

TEST_CASE("a full queue is told before anything is looked at, and so is a failed write") {
  BookFixture below;
  HeldStore held(below.store());
  TestClock clock;
  SeededRandom random;
  Book::Options options;
  options.max_group = 1;
  options.max_queue = 1;
  auto book = Book::open(held, clock, random, options).value();
  const auto key = idempotency_key("key", "abc", "body");
  const auto other = idempotency_key("key", "abc", "another body");
  const pb::Command good = command(open_account("asset:bank"));
  const pb::Command bad = command(open_account("Bank"));
  REQUIRE(book->apply(good, key));
  std::vector<std::string> told;
  const auto hear = [&told](const Result<Applied>& result) {
    told.push_back(result ? "done" : result.error().reason);
  };
  held.hold();
  book->submit(good, {}, hear);
  held.wait_for_write();
  book->submit(good, {}, hear);
  book->submit(bad, other, hear);  // malformed, and under a key of another request
  CHECK(told == std::vector<std::string>{"book_overloaded"});
  held.release(Error{Errc::Unavailable, "store_write_failed", "", ""});
  while (!book->poisoned()) std::this_thread::yield();
  for (const auto& by : {key, other}) {
    const auto after = book->apply(bad, by);
    REQUIRE_FALSE(after);
    CHECK(after.error().reason == "store_poisoned");
  }
  book.reset();
}
