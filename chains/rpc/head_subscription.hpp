#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "chains/http/task.hpp"
#include "chains/http/web_socket.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::rpc {

/// What a message of a subscription to `newHeads` says: the number of a new head, or nothing where
/// it is the answer to the subscription itself. Rejected with the reason of `classify` where the
/// node refuses to subscribe, Corrupt `bad_answer` for anything else. Pure.
Result<std::optional<std::uint64_t>> announced_head(std::string_view message);

/// Listens to one node's `newHeads` (eth_subscribe) and tells that there is something to look at,
/// nothing more: what a head is, is asked over HTTP of all nodes. So silence, garbage, a flood or
/// lies on it cost a look at the most. On the io_context's thread.
class HeadSubscription {
 public:
  /// Messages within one second beyond which the node is left alone for a while.
  static constexpr unsigned kMostMessages = 100;
  static constexpr std::chrono::milliseconds kBetweenWakes{50};
  static constexpr std::chrono::milliseconds kFirstPause{1'000};
  static constexpr std::chrono::milliseconds kLongestPause{60'000};

  using Settings = http::WebSocket::Settings;
  using Open =
      std::function<http::Task<Result<std::unique_ptr<http::WebSocket>>>(Settings settings)>;
  /// `wake` is called when a head was announced, at most once in `kBetweenWakes`; `open` is the
  /// HTTP client's. Pauses between connections double from `first_pause` up to `kLongestPause`.
  HeadSubscription(const boost::asio::any_io_executor& executor, Open open, Settings settings,
                   std::function<void()> wake, std::chrono::milliseconds first_pause = kFirstPause);
  HeadSubscription(const HeadSubscription&) = delete;
  HeadSubscription& operator=(const HeadSubscription&) = delete;

  /// Connects, listens and connects again until `stop`; cancelled, it throws operation_aborted.
  http::Task<void> run();
  /// The connection is closed, and `run` returns.
  void stop();

  struct Health {
    bool subscribed = false;
    std::uint64_t heads = 0;        ///< announced since the start
    std::uint64_t connections = 0;  ///< opened since the start
    std::string trouble;            ///< why the last one ended
  };
  const Health& health() const { return health_; }

 private:
  http::Task<Status> listen();
  http::Task<Status> read_heads(http::WebSocket* socket);
  http::Task<void> wake_up();
  http::Task<void> pause(std::chrono::milliseconds duration);
  Status count_message();

  Open open_;
  const Settings settings_;
  std::function<void()> wake_;
  const std::chrono::milliseconds first_pause_;
  boost::asio::steady_timer pause_;
  boost::asio::steady_timer doorbell_;
  bool rung_ = false;
  bool stopping_ = false;
  http::WebSocket* socket_ = nullptr;  // while it is listened to
  std::chrono::steady_clock::time_point second_began_;
  unsigned messages_ = 0;  // since then
  Health health_;
};

}  // namespace settled::chains::rpc
