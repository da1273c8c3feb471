#pragma once

#include <chrono>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "chains/http/task.hpp"

namespace settled::daemon {

/// A doorbell for one waiting coroutine: `ring` before `wait` is not lost, several rings are one.
/// On the executor's thread alone.
class Signal {
 public:
  explicit Signal(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  void ring() {
    rung_ = true;
    timer_.cancel();
  }
  /// Returns at the next ring, or after `at_most`.
  chains::http::Task<void> wait(std::chrono::milliseconds at_most);

 private:
  boost::asio::steady_timer timer_;
  bool rung_ = false;
};

}  // namespace settled::daemon
