#include "daemon/async/checkpoint.hpp"

#include <memory>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace settled::daemon {
namespace {

using Made = Result<ledger::SignedCheckpoint>;

/// Who waits, kept alive together with its executor until it was resumed there.
template <typename Handler>
struct Waiting {
  explicit Waiting(Handler given)
      : handler(std::move(given)),
        work(boost::asio::make_work_guard(boost::asio::get_associated_executor(handler))) {}

  Handler handler;
  boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler>> work;
};

}  // namespace

Task<Result<ledger::SignedCheckpoint>> make_checkpoint(ledger::Checkpointer& checkpointer) {
  auto initiate = [&checkpointer](auto handler) {
    using Handler = std::decay_t<decltype(handler)>;
    auto waiting = std::make_shared<Waiting<Handler>>(std::move(handler));
    checkpointer.want([waiting](Made made) {
      auto executor = waiting->work.get_executor();
      boost::asio::post(executor, [waiting, arrived = std::move(made)]() mutable {
        Handler resumed = std::move(waiting->handler);
        waiting->work.reset();
        std::move(resumed)(std::move(arrived));
      });
    });
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>&, void(Made)>(
      std::move(initiate), boost::asio::use_awaitable);
}

}  // namespace settled::daemon
