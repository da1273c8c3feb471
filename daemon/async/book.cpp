#include "daemon/async/book.hpp"

#include <memory>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace settled::daemon {
namespace {

using Outcome = Result<ledger::Applied>;

/// Carries a move-only completion handler through the book's copyable callback.
template <typename Handler>
class Completion {
 public:
  explicit Completion(Handler handler)
      : handler_(std::make_shared<Handler>(std::move(handler))),
        work_(boost::asio::make_work_guard(boost::asio::get_associated_executor(*handler_))) {}

  void operator()(Outcome outcome) {
    auto executor = boost::asio::get_associated_executor(*handler_);
    boost::asio::post(executor,
                      [handler = std::move(handler_), result = std::move(outcome)]() mutable {
                        std::move (*handler)(std::move(result));
                      });
    work_.reset();
  }

 private:
  using Executor = boost::asio::associated_executor_t<Handler>;
  std::shared_ptr<Handler> handler_;
  boost::asio::executor_work_guard<Executor> work_;
};

}  // namespace

Task<Result<ledger::Applied>> apply(ledger::Book& book, ledger::pb::Command command,
                                    std::optional<ledger::pb::IdempotencyKey> key) {
  auto submit = [&book, moved = std::move(command),
                 moved_key = std::move(key)](auto handler) mutable {
    book.submit(std::move(moved), std::move(moved_key), Completion(std::move(handler)));
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&,
                                                 void(Outcome)>(std::move(submit),
                                                                boost::asio::use_awaitable);
}

}  // namespace settled::daemon
