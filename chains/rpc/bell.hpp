#pragma once

#include <chrono>
#include <functional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "chains/http/task.hpp"

namespace settled::chains::rpc {

/// Returns after that long. The seam by which tests and the simulation let time pass.
using Wait = std::function<http::Task<void>(std::chrono::milliseconds)>;

/// By a timer of the coroutine's own executor.
http::Task<void> wait_by_timer(std::chrono::milliseconds duration);

/// What one coroutine waits for and others ring: a ring before the wait is not lost, several are
/// one. On the executor's thread.
class Bell {
 public:
  explicit Bell(const boost::asio::any_io_executor& executor)
      : timer_(executor, boost::asio::steady_timer::time_point::max()) {}

  void ring() {
    rung_ = true;
    timer_.cancel();
  }
  boost::asio::any_io_executor executor() { return timer_.get_executor(); }
  /// Cancelled, it throws operation_aborted as every Asio operation does.
  http::Task<void> wait();

 private:
  boost::asio::steady_timer timer_;
  bool rung_ = false;
};

}  // namespace settled::chains::rpc
