#pragma once

#include <functional>
#include <list>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "chains/http/task.hpp"
#include "daemon/async/signal.hpp"

namespace settled::daemon::process {

using chains::http::Task;

/// Owns the coroutines that run beside one another: none is forgotten, and a failure of one is
/// heard. On the executor's thread.
class Nursery {
 public:
  /// `failed`: a task threw something other than the cancellation that was asked for.
  using Failed = std::function<void(std::string_view task, std::string_view what)>;
  Nursery(const boost::asio::any_io_executor& executor, Failed failed)
      : executor_(executor), failed_(std::move(failed)), ended_(executor) {}

  void spawn(std::string name, Task<void> task);
  /// Asks every task to end.
  void cancel();
  /// Returns when all have ended, or after `at_most`; the names of those that have not.
  Task<std::list<std::string>> join(std::chrono::milliseconds at_most);

 private:
  struct Child {
    std::string name;
    boost::asio::cancellation_signal cancellation;
  };
  boost::asio::any_io_executor executor_;
  Failed failed_;
  Signal ended_;
  std::list<Child> children_;
};

}  // namespace settled::daemon::process
