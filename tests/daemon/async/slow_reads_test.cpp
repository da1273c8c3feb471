#include "daemon/async/slow_reads.hpp"

#include <atomic>
#include <future>
#include <list>
#include <stdexcept>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

namespace settled::daemon {
namespace {

using ledger::store::Reader;

/// Endless rows, so that only who is told to stop stops.
class EndlessRows final : public Reader {
 public:
  Result<std::optional<std::string>> get(std::string_view) const override { return "value"; }
  Status scan(std::string_view, std::string_view, const Visit& visit) const override {
    while (visit("key", "value")) std::this_thread::yield();
    return {};
  }
  Status scan_reverse(std::string_view from, std::string_view to,
                      const Visit& visit) const override {
    return scan(from, to, visit);
  }
};

/// Work that ends when it is let go, or nobody waits for it any more.
struct Held {
  std::promise<void> begun;
  std::atomic<bool> let_go = false;

  SlowReads::Work work() {
    return [this](const Reader& reader) -> Result<std::string> {
      begun.set_value();
      while (!let_go) {
        TRY_OK(reader.get("key"));
        std::this_thread::yield();
      }
      return "held";
    };
  }
};

struct World {
  explicit World(SlowReadLimits limits = {})
      : reads([] { return std::make_unique<EndlessRows>(); }, limits) {}

  void spawn(SlowReads::Work work) {
    boost::asio::co_spawn(
        io, reads.run(std::move(work)),
        boost::asio::bind_cancellation_slot(
            cancel.emplace_back().slot(),
            [this](const std::exception_ptr& exception, Result<std::string> result) {
              if (exception) thrown.push_back(exception);
              if (!exception) results.push_back(std::move(result));
            }));
  }
  std::string reason(std::size_t index) const { return results.at(index).error().reason; }

  std::list<boost::asio::cancellation_signal> cancel;
  std::vector<Result<std::string>> results;
  std::vector<std::exception_ptr> thrown;
  boost::asio::io_context io{1};
  SlowReads reads;
};

SlowReads::Work says(std::string text) {
  return [text](const Reader&) -> Result<std::string> { return text; };
}

/// Reads for ever, one way or the other.
SlowReads::Work endless(int way, std::promise<void>& begun, std::promise<Error>& ended) {
  return [way, &begun, &ended](const Reader& reader) -> Result<std::string> {
    begun.set_value();
    const auto go_on = [](std::string_view, std::string_view) { return true; };
    for (;;) {
      Status read;
      if (way == 0) read = reader.scan("", "~", go_on);
      if (way == 1) read = reader.scan_reverse("", "~", go_on);
      if (way == 2) {
        if (auto got = reader.get("key"); !got) read = std::unexpected(got.error());
      }
      if (read) continue;
      ended.set_value(read.error());
      return std::unexpected(read.error());
    }
  };
}

}  // namespace

TEST_CASE("A slow read is carried out beside the loop and its result comes back") {
  World world;
  std::thread::id worker;
  world.spawn([&worker](const Reader& reader) -> Result<std::string> {
    worker = std::this_thread::get_id();
    TRY(const auto value, reader.get("key"));
    return *value;
  });
  world.io.run();
  CHECK(world.results.at(0).value() == "value");
  CHECK(worker != std::this_thread::get_id());
}

TEST_CASE("What a slow read throws is thrown where it is waited for") {
  World world;
  world.spawn([](const Reader&) -> Result<std::string> { throw std::runtime_error("no memory"); });
  world.spawn(says("after"));
  world.io.run();
  CHECK(world.results.at(0).value() == "after");
  REQUIRE(world.thrown.size() == 1);
  CHECK_THROWS_WITH(std::rethrow_exception(world.thrown[0]), "no memory");
}

TEST_CASE("Slow reads wait in order, and beyond the limit they are refused") {
  Held held;
  World world({.threads = 1, .waiting = 2});
  world.spawn(held.work());
  world.io.poll();
  held.begun.get_future().wait();
  for (const char* text : {"first", "second", "third"}) world.spawn(says(text));
  world.io.poll();
  REQUIRE(world.results.size() == 1);
  CHECK(world.reason(0) == "too_many_reports");
  CHECK(world.results[0].error().code == Errc::Unavailable);
  held.let_go = true;
  world.io.run();
  REQUIRE(world.results.size() == 4);
  CHECK(world.results[1].value() == "held");
  CHECK(world.results[2].value() == "first");
  CHECK(world.results[3].value() == "second");
  world.io.restart();
  world.spawn(says("again there is room"));
  world.io.run();
  CHECK(world.results.at(4).value() == "again there is room");
}

TEST_CASE("Who stops waiting makes room, and what nobody waits for is not begun") {
  Held held;
  bool begun = false;
  World world({.threads = 1, .waiting = 1});
  world.spawn(held.work());
  world.io.poll();
  held.begun.get_future().wait();
  world.spawn([&begun](const Reader&) -> Result<std::string> {
    begun = true;
    return "nobody hears this";
  });
  world.io.poll();
  world.cancel.back().emit(boost::asio::cancellation_type::terminal);
  world.io.poll();
  CHECK(world.thrown.size() == 1);
  world.spawn(says("in its place"));
  world.io.poll();
  CHECK(world.results.empty());
  held.let_go = true;
  world.io.run();
  CHECK(world.results.at(1).value() == "in its place");
  CHECK_FALSE(begun);
}

TEST_CASE("A slow read ends when nobody waits for it any more") {
  const int way = GENERATE(0, 1, 2);
  std::promise<void> begun;
  std::promise<Error> ended;
  World world;
  world.spawn(endless(way, begun, ended));
  world.io.poll();
  begun.get_future().wait();
  world.cancel.front().emit(boost::asio::cancellation_type::terminal);
  world.io.run();
  CHECK(world.thrown.size() == 1);
  CHECK(ended.get_future().get().reason == "canceled");
}

TEST_CASE("A slow read that takes too long is given up") {
  std::promise<void> begun;
  std::promise<Error> ended;
  World world({.threads = 1, .waiting = 1, .longest = std::chrono::milliseconds{1}});
  world.spawn(endless(0, begun, ended));
  world.io.run();
  CHECK(world.reason(0) == "report_too_slow");
}

TEST_CASE("At the end slow reads are ended and who waits is told") {
  std::promise<void> begun;
  std::promise<Error> ended;
  World world;
  world.spawn(endless(0, begun, ended));
  world.spawn(says("never begun"));
  world.io.poll();
  begun.get_future().wait();
  world.reads.end();
  CHECK(ended.get_future().get().reason == "canceled");
  world.spawn(says("too late"));
  world.io.run();
  REQUIRE(world.results.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(world.reason(i) == "canceled");
}

TEST_CASE("A loop that goes while a slow read is under way takes nothing with it") {
  std::promise<void> begun;
  std::promise<Error> ended;
  auto world = std::make_unique<World>();
  SECTION("the loop first") {
    SlowReads reads([] { return std::make_unique<EndlessRows>(); });
    auto io = std::make_unique<boost::asio::io_context>(1);
    boost::asio::co_spawn(*io, reads.run(endless(0, begun, ended)),
                          [](const std::exception_ptr&, const Result<std::string>&) {});
    io->poll();
    begun.get_future().wait();
    io.reset();
    CHECK(ended.get_future().get().reason == "canceled");
  }
  SECTION("the reads first") {
    world->spawn(endless(0, begun, ended));
    world->io.poll();
    begun.get_future().wait();
    world.reset();
    CHECK(ended.get_future().get().reason == "canceled");
  }
}

}  // namespace settled::daemon
