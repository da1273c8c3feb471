#include "daemon/process/nursery.hpp"

#include <exception>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace settled::daemon::process {
namespace {

/// What an exception says; empty for a cancellation.
std::string message_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    return error.code() == boost::asio::error::operation_aborted ? "" : error.what();
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

void Nursery::spawn(std::string name, Task<void> task) {
  auto child = children_.emplace(children_.end());
  child->name = std::move(name);
  boost::asio::co_spawn(
      executor_, std::move(task),
      boost::asio::bind_cancellation_slot(
          child->cancellation.slot(), [this, child](const std::exception_ptr& thrown) {
            const std::string what = thrown ? message_of(thrown) : "";
            if (!what.empty()) failed_(child->name, what);
            children_.erase(child);
            ended_.ring();
          }));
}

void Nursery::cancel() {
  for (auto at = children_.begin(); at != children_.end();) {
    // The handler may erase the child.
    auto next = std::next(at);
    at->cancellation.emit(boost::asio::cancellation_type::terminal);
    at = next;
  }
}

Task<std::list<std::string>> Nursery::join(std::chrono::milliseconds at_most) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  while (!children_.empty() && std::chrono::steady_clock::now() < until) {
    co_await ended_.wait(std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now() + std::chrono::milliseconds{1}));
  }
  std::list<std::string> left;
  for (const Child& child : children_) left.push_back(child.name);
  co_return left;
}

}  // namespace settled::daemon::process
