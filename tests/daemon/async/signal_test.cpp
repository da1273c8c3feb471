#include "daemon/async/signal.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

namespace settled::daemon {
namespace {

using chains::http::Task;
using std::chrono::hours;
using std::chrono::milliseconds;

struct Waiter {
  boost::asio::io_context io;
  Signal signal{io.get_executor()};
  int returned = 0;

  void wait(milliseconds at_most) {
    auto waiting = [](Waiter* self, milliseconds limit) -> Task<void> {
      co_await self->signal.wait(limit);
      ++self->returned;
    };
    boost::asio::co_spawn(io, waiting(this, at_most), [](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
  }
  void poll() {
    io.restart();
    io.poll();
  }
};

TEST_CASE("a ring ends a wait that is under way") {
  Waiter waiter;
  waiter.wait(hours{1});
  waiter.poll();
  CHECK(waiter.returned == 0);
  waiter.signal.ring();
  waiter.poll();
  CHECK(waiter.returned == 1);
}

TEST_CASE("a ring before the wait is not lost") {
  Waiter waiter;
  waiter.signal.ring();
  waiter.wait(hours{1});
  waiter.poll();
  CHECK(waiter.returned == 1);
}

TEST_CASE("several rings are one") {
  Waiter waiter;
  for (int i = 0; i < 3; ++i) waiter.signal.ring();
  waiter.wait(hours{1});
  waiter.poll();
  CHECK(waiter.returned == 1);
  waiter.wait(hours{1});
  waiter.poll();
  CHECK(waiter.returned == 1);
  waiter.signal.ring();
  waiter.poll();
  CHECK(waiter.returned == 2);
}

TEST_CASE("a wait that nobody rings for ends when its time is over") {
  Waiter waiter;
  waiter.wait(milliseconds{1});
  waiter.io.run();
  CHECK(waiter.returned == 1);
}

TEST_CASE("a wait that is cancelled ends, and whoever waits with it") {
  Waiter waiter;
  boost::asio::cancellation_signal cancel;
  bool ended = false;
  auto forever = [](Signal* signal) -> Task<void> {
    for (;;) co_await signal->wait(hours{1});
  };
  boost::asio::co_spawn(waiter.io, forever(&waiter.signal),
                        boost::asio::bind_cancellation_slot(
                            cancel.slot(), [&](const std::exception_ptr&) { ended = true; }));
  waiter.poll();
  cancel.emit(boost::asio::cancellation_type::terminal);
  waiter.poll();
  CHECK(ended);
}

}  // namespace
}  // namespace settled::daemon
