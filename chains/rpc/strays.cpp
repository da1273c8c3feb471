#include "chains/rpc/strays.hpp"

#include <exception>
#include <list>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

namespace settled::chains::rpc {
namespace {

namespace asio = boost::asio;

bool is_cancellation(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

struct Strays::Running {
  std::list<asio::cancellation_signal> signals;
};

struct Strays::Round {
  explicit Round(const asio::any_io_executor& executor) : ended(executor) {}

  Bell ended;
  std::size_t left = 0;
  bool asker_waits = true;
  std::exception_ptr thrown = nullptr;
};

Strays::Strays() : running_(std::make_shared<Running>()) {}

Strays::~Strays() {
  // An end takes its own signal out of the list.
  const auto running = std::exchange(running_, nullptr);
  for (auto at = running->signals.begin(); at != running->signals.end();) {
    (at++)->emit(asio::cancellation_type::terminal);
  }
}

std::size_t Strays::under_way() const {
  return running_->signals.size();
}

void Strays::start(http::Task<void> task, const std::shared_ptr<Running>& running,
                   const std::shared_ptr<Round>& round) {
  const auto signal = running->signals.emplace(running->signals.end());
  ++round->left;
  asio::co_spawn(round->ended.executor(), std::move(task),
                 asio::bind_cancellation_slot(
                     signal->slot(), [running, round, signal](const std::exception_ptr& thrown) {
                       running->signals.erase(signal);
                       --round->left;
                       round->ended.ring();
                       if (!thrown || is_cancellation(thrown)) return;
                       if (!round->asker_waits) std::rethrow_exception(thrown);
                       round->thrown = thrown;
                     }));
}

http::Task<void> Strays::run(std::vector<http::Task<void>> tasks, Enough enough,
                             std::function<http::Task<void>()> patience) {
  using namespace asio::experimental::awaitable_operators;
  const auto round = std::make_shared<Round>(co_await asio::this_coro::executor);
  struct Leaves {
    std::shared_ptr<Round> round;
    ~Leaves() { round->asker_waits = false; }
  } leaves{round};
  for (http::Task<void>& task : tasks) start(std::move(task), running_, round);
  bool patient = patience != nullptr;
  while (round->left > 0 && !enough(!patient)) {
    if (patient) {
      const auto first = co_await (round->ended.wait() || patience());
      patient = first.index() == 0;
    } else {
      co_await round->ended.wait();
    }
    if (round->thrown) std::rethrow_exception(std::exchange(round->thrown, nullptr));
  }
}

}  // namespace settled::chains::rpc
