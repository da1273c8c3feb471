#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "ledger/book.hpp"
#include "ledger/keys.hpp"
#include "ledger/verify.hpp"
#include "tests/support/book_fixture.hpp"
#include "tests/support/held_store.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

/// A book whose first write is held while others are applied on top of it.
class TwoGroups {
 public:
  explicit TwoGroups(BookFixture& below, Book::Options options = {})
      : clock_(below.clock()), held_(below.store()) {
    options.on_poisoned = [this] { ++poisoned_; };
    book_ = Book::open(held_, clock_, random_, std::move(options)).value();
  }

  HeldStore& store() { return held_; }
  Book& book() { return *book_; }
  int poisoned() const { return poisoned_; }

  /// This one is being written, and stays so.
  void write(pb::Command first, std::optional<pb::IdempotencyKey> key = {}) {
    held_.hold();
    submit(std::move(first), std::move(key));
    held_.wait_for_write();
  }
  /// This one was applied when this returns, on top of the one that is being written.
  void apply_on_top(pb::Command next, std::optional<pb::IdempotencyKey> key = {}) {
    submit(std::move(next), std::move(key));
    // Commands are applied in order, and each asks the store for its key first.
    const std::string mark = "mark " + std::to_string(answers_.size());
    const auto marked = idempotency_key("marks", mark, "body");
    submit(pb::Command{}, marked);
    held_.wait_for_get(keys::idempotency(marked.scope(), marked.key_sha256()));
  }
  void submit(pb::Command command, std::optional<pb::IdempotencyKey> key = {}) {
    auto& answer = *answers_.emplace_back(std::make_unique<std::optional<Result<Applied>>>());
    book_->submit(std::move(command), std::move(key), [this, &answer](Result<Applied> result) {
      answer = std::move(result);
      ++answered_;
    });
  }
  int answered() const { return answered_; }
  /// Ends the book; then `answer(n)` is what the n-th submission was told, marks included.
  void close() { book_.reset(); }
  const Result<Applied>& answer(std::size_t number) const { return answers_.at(number)->value(); }
  std::string reason(std::size_t number) const {
    return answer(number) ? "ok" : answer(number).error().reason;
  }

 private:
  TestClock& clock_;
  SeededRandom random_{7};
  HeldStore held_;
  std::atomic<int> poisoned_ = 0;
  std::atomic<int> answered_ = 0;
  std::vector<std::unique_ptr<std::optional<Result<Applied>>>> answers_;
  std::unique_ptr<Book> book_;
};

pb::Command new_merchant(std::string_view name) {
  pb::CreateMerchant create;
  create.set_name(std::string(name));
  return command(create);
}

pb::Command open_chain() {
  pb::OpenChain open;
  open.set_chain("other");
  open.set_chain_id(7);
  open.set_native_currency("ETH");
  open.mutable_start()->set_number(1);
  open.mutable_start()->set_hash(hash_of("start"));
  return command(open);
}

pb::Command open_signer() {
  pb::OpenSigner open;
  open.set_chain("other");
  open.set_signer("hot");
  open.set_address(address_of("hot on the other"));
  return command(open);
}

pb::Command expire() {
  pb::ExpireIntents expire;
  expire.set_limit(10);
  return command(expire);
}

const Error kDiskFull{Errc::Unavailable, "store_write_failed", "the disk is full", {}};

}  // namespace

TEST_CASE("a row that is being written is found by its key") {
  BookFixture below;
  TwoGroups groups(below);
  groups.write(open_chain());
  groups.apply_on_top(open_signer());
  CHECK(groups.answered() == 0);
  groups.store().release();
  groups.close();
  CHECK(groups.reason(0) == "ok");
  CHECK(groups.reason(1) == "ok");
  CHECK(verify(below.store()).has_value());
}

TEST_CASE("a row that is being written is found in a range, and one that is being erased is not") {
  BookFixture below;
  const std::string shop = below.set_up();
  TwoGroups groups(below);
  groups.write(command(create_intent(shop, "1")));
  below.clock().advance(kExpiresInMs + 1);
  groups.apply_on_top(expire());
  groups.store().release();
  CHECK(groups.book().apply(new_merchant("between")).has_value());
  CHECK(groups.reason(0) == "ok");
  REQUIRE(groups.reason(1) == "ok");
  CHECK(groups.answer(1)->reply.count() == 1);

  REQUIRE(groups.book().apply(command(create_intent(shop, "1"))).has_value());
  below.clock().advance(kExpiresInMs + 1);
  groups.write(expire());
  groups.apply_on_top(expire());
  groups.store().release();
  groups.close();
  CHECK(groups.answer(3)->reply.count() == 1);
  CHECK(groups.answer(4)->reply.count() == 0);
  CHECK(verify(below.store()).has_value());
}

TEST_CASE("what was applied on top of a failed write is never written and never answered well") {
  BookFixture below;
  TwoGroups groups(below);
  const auto key = idempotency_key("key_1", "abc", "body");
  groups.write(open_chain(), key);
  groups.apply_on_top(open_signer());
  groups.apply_on_top(open_chain(), key);
  groups.submit(pb::Command{});
  CHECK(groups.store().release(kDiskFull) == 1);
  // The store itself does not say that it is poisoned: the book knows.
  const auto later = groups.book().apply(new_merchant("later"));
  CHECK(later.error().reason == "store_poisoned");
  CHECK(groups.book().poisoned());
  groups.close();
  CHECK(groups.reason(0) == "store_write_failed");
  for (std::size_t number = 1; number < 6; ++number) {
    CHECK(groups.reason(number) == "store_poisoned");
  }
  CHECK(groups.store().started() == 1);
  CHECK(groups.poisoned() == 1);
  CHECK(read_record<pb::Head>(below.store(), keys::head()).value()->sequence() == 0);
}

TEST_CASE("a repeated key whose command is being written is answered after that write") {
  BookFixture below;
  TwoGroups groups(below);
  const auto key = idempotency_key("key_1", "abc", "body");
  groups.write(new_merchant("Shop"), key);
  groups.apply_on_top(new_merchant("Shop"), key);
  groups.apply_on_top(new_merchant("Shop"), idempotency_key("key_1", "abc", "another body"));
  CHECK(groups.answered() == 0);
  groups.store().release();
  groups.close();
  REQUIRE(groups.reason(0) == "ok");
  REQUIRE(groups.reason(1) == "ok");
  CHECK(groups.answer(1)->replayed);
  CHECK(groups.answer(1)->reply.SerializeAsString() == groups.answer(0)->reply.SerializeAsString());
  CHECK(groups.reason(3) == "idempotency_mismatch");
  CHECK(verify(below.store()).value().commands == 1);
}

TEST_CASE("answers come in the order of the commands, one at a time") {
  BookFixture below;
  Book::Options options;
  options.max_group = 7;
  std::mutex one_at_a_time;
  std::vector<std::uint64_t> sequences;
  std::atomic<int> clashes = 0;
  options.on_commit = [&](const pb::Head& head) {
    const std::unique_lock lock(one_at_a_time, std::try_to_lock);
    if (!lock) {
      ++clashes;
    } else if (head.sequence() != sequences.back()) {
      ++clashes;
    }
  };
  TestClock clock;
  SeededRandom random;
  auto book = Book::open(below.store(), clock, random, options).value();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        book->submit(new_merchant("Shop"), {}, [&](Result<Applied> applied) {
          const std::unique_lock lock(one_at_a_time, std::try_to_lock);
          if (lock && applied) {
            sequences.push_back(applied->reply.sequence());
          } else {
            ++clashes;
          }
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // With most of them still waiting.
  book.reset();
  CHECK(clashes == 0);
  REQUIRE(sequences.size() == 800);
  for (std::size_t i = 0; i < sequences.size(); ++i) CHECK(sequences[i] == i + 1);
  CHECK(verify(below.store()).value().commands == 800);
}

TEST_CASE("books that end while a write is held answer everybody first") {
  BookFixture below;
  TwoGroups groups(below);
  groups.write(new_merchant("first"));
  groups.apply_on_top(new_merchant("second"));
  std::thread closing([&] { groups.close(); });
  groups.store().release();
  closing.join();
  CHECK(groups.answered() == 3);
  CHECK(groups.reason(1) == "ok");
  CHECK(verify(below.store()).value().commands == 2);
}

TEST_CASE("what is told of a write comes before its answers, and its failure is the write's") {
  BookFixture below;
  std::vector<std::string> told;
  Book::Options options;
  options.on_written = [&](const pb::Head& head) -> Status {
    told.push_back("written " + std::to_string(head.sequence()));
    if (head.sequence() == 2) return fail(Errc::Unavailable, "no_tail", "the second disk is full");
    return {};
  };
  TestClock clock;
  SeededRandom random;
  auto book = Book::open(below.store(), clock, random, options).value();
  for (const char* name : {"a", "b", "c"}) {
    const auto applied = book->apply(new_merchant(name));
    told.push_back(applied ? "ok" : applied.error().reason);
  }
  CHECK(book->head().sequence() == 1);
  book.reset();
  CHECK(told ==
        std::vector<std::string>{"written 1", "ok", "written 2", "no_tail", "store_poisoned"});
}
