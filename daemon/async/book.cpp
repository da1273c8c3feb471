#include "daemon/async/book.hpp"

#include <atomic>
#include <memory>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace settled::daemon {
namespace {

using Outcomes = std::vector<Result<ledger::Applied>>;

/// Gathers the answers of several commands, which come on the book's thread, and resumes the
/// waiting coroutine on its own executor with the last of them.
template <typename Handler>
class Gathering {
 public:
  Gathering(Handler handler, std::size_t count)
      : handler_(std::move(handler)),
        work_(boost::asio::make_work_guard(boost::asio::get_associated_executor(handler_))),
        outcomes_(count),
        missing_(count) {}

  /// Hands over itself with the last answer, so that it lives until the handler has run.
  static void arrived(const std::shared_ptr<Gathering>& self, std::size_t index,
                      Result<ledger::Applied> outcome) {
    self->outcomes_[index] = std::move(outcome);
    if (self->missing_.fetch_sub(1) != 1) return;
    auto executor = self->work_.get_executor();
    boost::asio::post(executor, [self] {
      Outcomes outcomes = std::move(self->outcomes_);
      Handler handler = std::move(self->handler_);
      self->work_.reset();
      std::move(handler)(std::move(outcomes));
    });
  }

 private:
  using Executor = boost::asio::associated_executor_t<Handler>;
  Handler handler_;
  boost::asio::executor_work_guard<Executor> work_;
  Outcomes outcomes_;
  std::atomic<std::size_t> missing_;
};

struct Keyed {
  ledger::pb::Command command;
  std::optional<ledger::pb::IdempotencyKey> key;
};

Task<Outcomes> submit_all(ledger::Book& book, std::vector<Keyed> commands) {
  auto initiate = [&book, moved = std::move(commands)](auto handler) mutable {
    using Handler = std::decay_t<decltype(handler)>;
    auto gathering = std::make_shared<Gathering<Handler>>(std::move(handler), moved.size());
    for (std::size_t i = 0; i < moved.size(); ++i) {
      book.submit(std::move(moved[i].command), std::move(moved[i].key),
                  [gathering, i](Result<ledger::Applied> outcome) {
                    Gathering<Handler>::arrived(gathering, i, std::move(outcome));
                  });
    }
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&,
                                                 void(Outcomes)>(std::move(initiate),
                                                                 boost::asio::use_awaitable);
}

}  // namespace

Task<Result<ledger::Applied>> apply(ledger::Book& book, ledger::pb::Command command,
                                    std::optional<ledger::pb::IdempotencyKey> key) {
  std::vector<Keyed> commands;
  commands.push_back({std::move(command), std::move(key)});
  Outcomes outcomes = co_await submit_all(book, std::move(commands));
  co_return std::move(outcomes.front());
}

Task<std::vector<Result<ledger::Applied>>> apply_all(ledger::Book& book,
                                                     std::vector<ledger::pb::Command> commands) {
  if (commands.empty()) co_return Outcomes{};
  std::vector<Keyed> keyed;
  keyed.reserve(commands.size());
  for (ledger::pb::Command& command : commands) keyed.push_back({std::move(command), {}});
  co_return co_await submit_all(book, std::move(keyed));
}

}  // namespace settled::daemon
