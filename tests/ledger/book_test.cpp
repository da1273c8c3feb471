#include "ledger/book.hpp"

#include <future>
#include <mutex>
#include <set>
#include <thread>

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/verify.hpp"
#include "tests/support/book_fixture.hpp"
#include "tests/support/held_store.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

pb::Command new_merchant(std::string_view name) {
  pb::CreateMerchant create;
  create.set_name(std::string(name));
  return command(create);
}

std::string error_of(const Result<Applied>& applied) {
  return applied ? "" : applied.error().reason;
}

}  // namespace

TEST_CASE("a caller is answered after the commit, and what waits is committed together") {
  BookFixture below;
  HeldStore held(below.store());
  TestClock clock;
  SeededRandom random;
  std::atomic<int> commits = 0;
  Book::Options options;
  options.on_commit = [&](const pb::Head&) { ++commits; };
  auto book = Book::open(held, clock, random, options);
  REQUIRE(book.has_value());
  std::atomic<int> answers = 0;
  std::atomic<int> good = 0;
  const auto done = [&](Result<Applied> result) {
    ++answers;
    good += result.has_value() ? 1 : 0;
  };
  held.hold();
  (*book)->submit(new_merchant("first"), {}, done);
  held.wait_for_write();
  std::vector<std::thread> callers;
  for (int thread = 0; thread < 4; ++thread) {
    callers.emplace_back([&] {
      for (int i = 0; i < 25; ++i) (*book)->submit(new_merchant("more"), {}, done);
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(answers == 0);
  CHECK((*book)->head().sequence() == 0);
  CHECK(held.release() == 1);
  book->reset();
  CHECK(answers == 101);
  CHECK(good == 101);
  CHECK(commits == 2);
  CHECK(held.started() == 2);
  CHECK(held.synced());
  const auto head = read_record<pb::Head>(below.store(), keys::head()).value();
  CHECK(head->sequence() == 101);
  CHECK(verify(below.store()).has_value());
}

TEST_CASE("a group is bounded, and so is the queue") {
  BookFixture below;
  HeldStore held(below.store());
  TestClock clock;
  SeededRandom random;
  Book::Options options;
  options.max_group = 10;
  options.max_queue = 25;
  auto book = Book::open(held, clock, random, options);
  REQUIRE(book.has_value());
  std::atomic<int> good = 0;
  std::atomic<int> overloaded = 0;
  const auto done = [&](Result<Applied> result) {
    good += result.has_value() ? 1 : 0;
    overloaded += error_of(result) == "book_overloaded" ? 1 : 0;
  };
  held.hold();
  (*book)->submit(new_merchant("first"), {}, done);
  held.wait_for_write();
  for (int i = 0; i < 30; ++i) (*book)->submit(new_merchant("more"), {}, done);
  CHECK(overloaded == 5);
  held.release();
  book->reset();
  CHECK(good == 26);
  CHECK(held.started() == 4);
}

TEST_CASE("many threads get answers of their own") {
  BookFixture books;
  std::mutex mutex;
  std::set<std::string> ids;
  std::set<std::uint64_t> sequences;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 50; ++i) {
        const std::string name = std::to_string(thread) + "/" + std::to_string(i);
        const auto applied = books.book().apply(new_merchant(name));
        const std::lock_guard lock(mutex);
        if (!applied || applied->reply.merchant().name() != name) continue;
        ids.insert(applied->reply.merchant().id());
        sequences.insert(applied->reply.sequence());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(ids.size() == 400);
  CHECK(sequences.size() == 400);
  CHECK(books.book().head().sequence() == 400);
  CHECK(verify(books.store()).value().commands == 400);
}

TEST_CASE("the same key and request get the first answer, byte for byte") {
  BookFixture books;
  const auto key = idempotency_key("key_1", "abc", "body");
  const auto first = books.book().apply(new_merchant("Shop"), key);
  REQUIRE(first.has_value());
  CHECK_FALSE(first->replayed);
  books.clock().advance(1'000'000);
  const auto before = dump(books.store());
  for (const bool reopened : {false, true}) {
    if (reopened) books.reopen();
    const auto again = books.book().apply(new_merchant("Shop"), key);
    REQUIRE(again.has_value());
    CHECK(again->replayed);
    CHECK(again->reply.SerializeAsString() == first->reply.SerializeAsString());
    CHECK(dump(books.store()) == before);
  }
  const auto other =
      books.book().apply(new_merchant("Shop"), idempotency_key("key_1", "abc", "another body"));
  CHECK(error_of(other) == "idempotency_mismatch");
  CHECK(dump(books.store()) == before);

  const auto elsewhere =
      books.book().apply(new_merchant("Shop"), idempotency_key("key_2", "abc", "another body"));
  REQUIRE(elsewhere.has_value());
  CHECK_FALSE(elsewhere->replayed);
  CHECK(elsewhere->reply.merchant().id() != first->reply.merchant().id());
}

TEST_CASE("ten at once with one key make one object") {
  BookFixture books;
  std::vector<std::future<Result<Applied>>> answers;
  std::vector<std::promise<Result<Applied>>> promises(10);
  for (auto& promise : promises) {
    answers.push_back(promise.get_future());
    books.book().submit(
        new_merchant("Shop"), idempotency_key("key_1", "abc", "body"),
        [&promise](Result<Applied> result) { promise.set_value(std::move(result)); });
  }
  std::set<std::string> replies;
  int replayed = 0;
  for (auto& answer : answers) {
    const auto applied = answer.get();
    REQUIRE(applied.has_value());
    replies.insert(applied->reply.SerializeAsString());
    replayed += applied->replayed ? 1 : 0;
  }
  CHECK(replies.size() == 1);
  CHECK(replayed == 9);
  CHECK(books.book().head().sequence() == 1);
}

TEST_CASE("a refusal that depends on the state is an answer for ever") {
  BookFixture books;
  const std::string shop = books.set_up();
  struct Refused {
    std::string reason;
    pb::Command command;
  };
  pb::RaiseNonce behind;
  behind.set_chain(std::string(kChain));
  behind.set_signer("hot");
  const std::vector<Refused> refusals = {
      {"insufficient_funds", command(request_payout(shop, "10"))},
      {"nonce_behind", command(behind)},
      {"not_found", command(create_intent(std::string(16, 'x'), "1"))},
  };
  for (const Refused& each : refusals) {
    const auto key = idempotency_key("key_1", each.reason, "body");
    const std::uint64_t sequence = books.book().head().sequence();
    const auto first = books.book().apply(each.command, key);
    CHECK(error_of(first) == each.reason);
    CHECK(books.book().head().sequence() == sequence + 1);
    books.fund(shop, "100");
    const auto again = books.book().apply(each.command, key);
    REQUIRE(!again.has_value());
    CHECK(again.error() == first.error());
  }
  CHECK(books.balance(shop) == "300.00 0.00 0.00");
  CHECK(verify(books.store()).has_value());
}

TEST_CASE("a refusal for now, and of malformed input, is not stored") {
  BookFixture books;
  const std::string shop = books.set_up();
  for (int i = 0; i < 10; ++i) books.intent(shop, "1");
  const auto before = dump(books.store());
  const auto key = idempotency_key("key_1", "abc", "body");
  const auto exhausted = books.book().apply(command(create_intent(shop, "1")), key);
  CHECK(error_of(exhausted) == "deposit_addresses_exhausted");
  const auto invalid = books.book().apply(command(create_intent(shop, "0")), key);
  CHECK(error_of(invalid) == "invalid_amount");
  CHECK(dump(books.store()) == before);
  books.derive(1);
  const auto now = books.book().apply(command(create_intent(shop, "1")), key);
  REQUIRE(now.has_value());
  CHECK_FALSE(now->replayed);
}

TEST_CASE("a refused command without a key changes nothing at all") {
  BookFixture books;
  const std::string shop = books.set_up();
  const auto before = dump(books.store());
  books.refused(request_payout(shop, "10"));
  books.refused(create_intent(std::string(16, 'x'), "1"));
  books.refused(pb::Command{});
  CHECK(dump(books.store()) == before);
}

TEST_CASE("reopening continues ids, sequences and hashes") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Head before = books.book().head();
  books.reopen();
  CHECK(books.book().head().SerializeAsString() == before.SerializeAsString());
  CHECK(books.book().watches(deposit_address(9)));
  CHECK_FALSE(books.book().watches(deposit_address(10)));
  CHECK_FALSE(books.book().watches("short"));
  CHECK(books.book().watches_either(deposit_address(9), deposit_address(10)));
  CHECK(books.book().watches_either("short", deposit_address(9)));
  CHECK_FALSE(books.book().watches_either(deposit_address(10), deposit_address(11)));
  const std::string other = books.merchant("Other");
  CHECK(other > shop);
  CHECK(books.book().head().sequence() == before.sequence() + 1);
  CHECK(verify(books.store()).has_value());
}

TEST_CASE("a clock that steps back does not take recorded time back") {
  BookFixture books;
  const std::string shop = books.set_up();
  const std::int64_t time = books.book().head().time();
  books.clock().advance(-3'600'000);
  const pb::Intent intent = books.intent(shop, "1");
  CHECK(intent.created() == time);
  CHECK(intent.expires_at() == time + kExpiresInMs);
  CHECK(intent.id() > shop);
  CHECK(books.book().head().time() == time);
  books.reopen();
  CHECK(books.intent(shop, "1").created() == time);
}

TEST_CASE("books of another format are refused") {
  BookFixture books;
  TestClock clock;
  SeededRandom random;
  store::Batch batch;
  batch.put(keys::format_version(), "3");
  REQUIRE(books.store().write(batch, store::Durability::Synced).has_value());
  const auto opened = Book::open(books.store(), clock, random, {});
  REQUIRE(!opened.has_value());
  CHECK(opened.error().code == Errc::Corrupt);
  CHECK(opened.error().reason == "unknown_format");
}
