#include "daemon/async/book.hpp"

#include <optional>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "ledger/store/leveldb_store.hpp"
#include "tests/support/book_fixture.hpp"

namespace settled::daemon {
namespace {

namespace pb = ledger::pb;
using tests::BookFixture;

pb::Command create_merchant(const std::string& name) {
  pb::CreateMerchant create;
  create.set_name(name);
  return tests::command(create);
}

pb::Command create_nothing() {
  pb::CancelIntent cancel;
  cancel.set_id(std::string(16, '\x01'));
  return tests::command(cancel);
}

/// What a coroutine came to, and on which thread it went on after its wait.
template <typename T>
struct Outcome {
  std::optional<T> value;
  std::thread::id resumed_on;
};

template <typename T>
void spawn(boost::asio::io_context& io, Outcome<T>* outcome, Task<T> task) {
  auto wait = [](Outcome<T>* to, Task<T> waited) -> Task<void> {
    T value = co_await std::move(waited);
    to->resumed_on = std::this_thread::get_id();
    to->value.emplace(std::move(value));
  };
  boost::asio::co_spawn(io, wait(outcome, std::move(task)), [](const std::exception_ptr& thrown) {
    if (thrown) std::rethrow_exception(thrown);
  });
}

using One = Result<ledger::Applied>;
using Many = std::vector<Result<ledger::Applied>>;

TEST_CASE("a coroutine goes on with the answer, on its own thread, once the command is committed") {
  BookFixture books;
  boost::asio::io_context io;
  Outcome<One> outcome;
  spawn(io, &outcome, apply(books.book(), create_merchant("Shop")));
  io.run();
  REQUIRE(outcome.value.has_value());
  REQUIRE(outcome.value->has_value());
  CHECK((*outcome.value)->reply.merchant().name() == "Shop");
  CHECK(outcome.resumed_on == std::this_thread::get_id());
  CHECK(books.book().head().sequence() == (*outcome.value)->reply.sequence());
}

TEST_CASE("a refusal comes back as the error that it is") {
  BookFixture books;
  boost::asio::io_context io;
  Outcome<One> outcome;
  spawn(io, &outcome, apply(books.book(), create_nothing()));
  io.run();
  REQUIRE(outcome.value.has_value());
  REQUIRE(!outcome.value->has_value());
  CHECK(outcome.value->error().code == Errc::NotFound);
}

TEST_CASE("the idempotency key reaches the book") {
  BookFixture books;
  boost::asio::io_context io;
  const auto key = tests::idempotency_key("api key", "key", "body");
  Outcome<One> first;
  Outcome<One> second;
  spawn(io, &first, apply(books.book(), create_merchant("Shop"), key));
  spawn(io, &second, apply(books.book(), create_merchant("Shop"), key));
  io.run();
  REQUIRE(first.value->has_value());
  REQUIRE(second.value->has_value());
  CHECK(!(*first.value)->replayed);
  CHECK((*second.value)->replayed);
  CHECK((*first.value)->reply.merchant().id() == (*second.value)->reply.merchant().id());
}

TEST_CASE("all answers come together, in the order of their commands") {
  BookFixture books;
  boost::asio::io_context io;
  std::vector<pb::Command> commands;
  for (int i = 0; i < 100; ++i) {
    commands.push_back(i % 10 == 3 ? create_nothing() : create_merchant(std::to_string(i)));
  }
  Outcome<Many> outcome;
  spawn(io, &outcome, apply_all(books.book(), std::move(commands)));
  io.run();
  REQUIRE(outcome.value.has_value());
  REQUIRE(outcome.value->size() == 100);
  CHECK(outcome.resumed_on == std::this_thread::get_id());
  for (std::size_t i = 0; i < 100; ++i) {
    const One& each = (*outcome.value)[i];
    REQUIRE(each.has_value() == (i % 10 != 3));
    if (each) CHECK(each->reply.merchant().name() == std::to_string(i));
  }
}

TEST_CASE("no commands are answered at once") {
  BookFixture books;
  boost::asio::io_context io;
  Outcome<Many> outcome;
  spawn(io, &outcome, apply_all(books.book(), {}));
  io.run();
  REQUIRE(outcome.value.has_value());
  CHECK(outcome.value->empty());
}

/// A book that a test can destroy while its answers are still on their way.
struct BriefBook {
  tests::TempDirectory directory;
  tests::TestClock clock;
  tests::SeededRandom random;
  std::unique_ptr<ledger::store::Store> store =
      ledger::store::open_leveldb(directory.path() / "book", {}).value();
  std::unique_ptr<ledger::Book> book = ledger::Book::open(*store, clock, random, {}).value();
};

TEST_CASE("answers that were given before the book was destroyed still arrive") {
  BriefBook brief;
  boost::asio::io_context io;
  Outcome<Many> outcome;
  std::vector<pb::Command> commands;
  for (int i = 0; i < 20; ++i) commands.push_back(create_merchant(std::to_string(i)));
  spawn(io, &outcome, apply_all(*brief.book, std::move(commands)));
  io.run_one();  // starts the coroutine, which submits
  brief.book.reset();
  io.run();
  REQUIRE(outcome.value.has_value());
  for (const One& each : *outcome.value) CHECK(each.has_value());
}

TEST_CASE("a wait whose loop ends first is forgotten without harm") {
  BriefBook brief;
  Outcome<One> outcome;
  {
    boost::asio::io_context io;
    spawn(io, &outcome, apply(*brief.book, create_merchant("Shop")));
    io.run_one();
    brief.book.reset();  // before the loop, as the process does
  }
  CHECK(!outcome.value.has_value());
}

}  // namespace
}  // namespace settled::daemon
