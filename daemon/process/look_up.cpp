#include "daemon/process/look_up.hpp"

#include <chrono>
#include <span>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace settled::daemon::process {
namespace {

using namespace boost::asio::experimental::awaitable_operators;
using chains::rpc::SeenTransaction;

constexpr std::chrono::seconds kLongest{4};

/// One that looks up takes a place, and leaves it on every way out.
class Place {
 public:
  explicit Place(std::size_t& taken) : taken_(taken) { ++taken_; }
  ~Place() { --taken_; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::size_t& taken_;
};

Task<void> ask(const boost::asio::any_io_executor* executor, ChainService* chain,
               chains::evm::TxHash transaction, explain::ChainNow* out) {
  boost::asio::steady_timer timer(*executor, kLongest);
  auto first =
      co_await (chain->look_up(transaction) || timer.async_wait(boost::asio::use_awaitable));
  if (first.index() == 0) {
    out->seen = std::get<0>(std::move(first));
  } else {
    out->seen = fail(Errc::Timeout, "timeout", "no node has answered in time");
  }
}

Task<void> ask_all(const boost::asio::any_io_executor* executor,
                   std::span<const std::unique_ptr<ChainService>> chains,
                   chains::evm::TxHash transaction, std::span<explain::ChainNow> out) {
  if (chains.size() == 1) {
    co_await ask(executor, chains.front().get(), transaction, &out.front());
  } else {
    co_await (ask(executor, chains.front().get(), transaction, &out.front()) &&
              ask_all(executor, chains.subspan(1), transaction, out.subspan(1)));
  }
}

}  // namespace

Task<Result<std::vector<explain::ChainNow>>> LookUp::now(
    std::optional<chains::evm::TxHash> transaction) {
  std::vector<explain::ChainNow> out;
  for (const auto& chain : chains_) {
    out.push_back({.settings = &chain->settings(), .status = chain->status()});
  }
  if (!transaction || chains_.empty()) co_return out;
  if (under_way_ >= kAtOnce) {
    co_return fail(Errc::Unavailable, "too_many_look_ups",
                   "too many transactions are looked up at once; try again in a few seconds");
  }
  const Place place(under_way_);
  co_await ask_all(&executor_, chains_, *transaction, out);
  co_return out;
}

}  // namespace settled::daemon::process
