#include "daemon/process/nursery.hpp"

#include <stdexcept>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

namespace settled::daemon::process {
namespace {

using std::chrono::hours;

struct World {
  boost::asio::io_context io;
  std::vector<std::string> failures;
  Nursery nursery{io.get_executor(), [this](std::string_view task, std::string_view what) {
                    failures.push_back(std::string(task) + ": " + std::string(what));
                  }};

  std::list<std::string> join(std::chrono::milliseconds at_most) {
    std::list<std::string> left;
    boost::asio::co_spawn(io, nursery.join(at_most),
                          [&](const std::exception_ptr&, std::list<std::string> names) {
                            left = std::move(names);
                            io.stop();
                          });
    io.restart();
    io.run();
    return left;
  }
};

Task<void> wait_for_ever(Signal* signal) {
  for (;;) co_await signal->wait(hours{1});
}
Task<void> wait_deaf(Signal* signal) {
  co_await boost::asio::this_coro::reset_cancellation_state(
      [](auto) { return boost::asio::cancellation_type::none; });
  co_await signal->wait(hours{1});
}
Task<void> fall() {
  throw std::runtime_error("the sky");
  co_return;
}

TEST_CASE("tasks that are cancelled end without a failure") {
  World world;
  Signal one(world.io.get_executor());
  Signal two(world.io.get_executor());
  world.nursery.spawn("one", wait_for_ever(&one));
  world.nursery.spawn("two", wait_for_ever(&two));
  world.io.poll();
  world.nursery.cancel();
  CHECK(world.join(hours{1}).empty());
  CHECK(world.failures.empty());
}

TEST_CASE("a task that throws is heard by its name") {
  World world;
  world.nursery.spawn("sky", fall());
  CHECK(world.join(hours{1}).empty());
  CHECK(world.failures == std::vector<std::string>{"sky: the sky"});
}

TEST_CASE("a task that does not end in time is named") {
  World world;
  Signal signal(world.io.get_executor());
  world.nursery.spawn("deaf", wait_deaf(&signal));
  world.io.poll();
  world.nursery.cancel();
  CHECK(world.join(std::chrono::milliseconds{20}) == std::list<std::string>{"deaf"});
  signal.ring();
  CHECK(world.join(hours{1}).empty());
}

}  // namespace
}  // namespace settled::daemon::process
