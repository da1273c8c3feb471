#include "daemon/process/long_work.hpp"

#include <future>
#include <list>
#include <optional>
#include <thread>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace settled::daemon::process {
namespace {

using Json = nlohmann::json;
using ledger::Watch;

/// Somebody who asks, hears a number of words and then, perhaps, hangs up.
struct Asker {
  std::vector<std::string> heard;
  std::size_t patience = 1'000;

  control::Tell tell() {
    return [this](std::string progress) -> Task<Status> {
      heard.push_back(std::move(progress));
      if (heard.size() > patience) co_return fail(Errc::Unavailable, "control_closed", "gone");
      co_return Status{};
    };
  }
};

struct World {
  boost::asio::io_context io{1};
  std::list<boost::asio::cancellation_signal> cancel;  // a slot is one coroutine's
  LongWork work{io.get_executor()};
  std::vector<Result<Json>> results;

  void spawn(LongWork::Work what, Asker& asker) {
    boost::asio::co_spawn(
        io, work.run(std::move(what), asker.tell()),
        boost::asio::bind_cancellation_slot(cancel.emplace_back().slot(),
                                            [this](const std::exception_ptr&, Result<Json> result) {
                                              results.push_back(std::move(result));
                                            }));
  }
};

/// Works until the watch says that it is enough.
Result<Json> until_stopped(const Watch& watch) {
  for (std::uint64_t done = 0;; ++done) {
    TRY_OK(watch({"steps", done, 0}));
    std::this_thread::yield();
  }
}

TEST_CASE("work is carried out beside the loop and its result comes back") {
  World world;
  Asker asker;
  const auto loop = std::this_thread::get_id();
  std::thread::id worker;
  world.spawn(
      [&](const Watch&) -> Result<Json> {
        worker = std::this_thread::get_id();
        return Json("done");
      },
      asker);
  world.io.run();
  CHECK(world.results.at(0).value() == "done");
  CHECK(worker != loop);
}

TEST_CASE("whoever waits hears how far it is") {
  World world;
  Asker asker;
  std::promise<void> told;
  world.spawn(
      [&](const Watch& watch) -> Result<Json> {
        TRY_OK(watch({"rows copied", 2'048, 4'096}));
        told.get_future().wait();
        return Json("done");
      },
      asker);
  world.spawn([](const Watch&) -> Result<Json> { return Json("second"); }, asker);
  while (asker.heard.empty()) world.io.run_one();
  CHECK(world.results.at(0).error().reason == "work_under_way");  // the second one
  CHECK(asker.heard.front() == "rows copied: 2048 of 4096");
  told.set_value();
  world.io.run();
  CHECK(world.results.at(1).value() == "done");
  world.io.restart();
  world.spawn([](const Watch&) -> Result<Json> { return Json("third"); }, asker);
  world.io.run();
  CHECK(world.results.at(2).value() == "third");
}

TEST_CASE("work that nobody waits for any more ends") {
  World world;
  Asker asker;
  asker.patience = 0;
  world.spawn(until_stopped, asker);
  world.io.run();
  CHECK(world.results.at(0).error().reason == "canceled");
}

TEST_CASE("work ends when the one who waits is cancelled, and before what it works on goes") {
  SECTION("cancelled") {
    World world;
    Asker asker;
    world.spawn(until_stopped, asker);
    world.io.run_one();
    world.cancel.front().emit(boost::asio::cancellation_type::terminal);
    world.io.run();
    CHECK(world.results.size() == 1);
  }
  SECTION("ended") {
    bool ended = false;
    World world;
    Asker asker;
    world.spawn(
        [&ended](const Watch& watch) -> Result<Json> {
          const auto result = until_stopped(watch);
          ended = true;
          return result;
        },
        asker);
    world.io.run_one();
    world.work.end();
    CHECK(ended);
  }
}

}  // namespace
}  // namespace settled::daemon::process
