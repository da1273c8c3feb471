#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "chains/http/task.hpp"
#include "chains/http/transport.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::http {

class Connection;

/// A WebSocket (RFC 6455) over TCP or TLS that carries text. No extension is offered, compression
/// least of all. Opened by `Client::open_web_socket`. On the io_context's thread; one `receive` and
/// one `send` at a time.
class WebSocket {
 public:
  struct Settings {
    std::string url;       ///< ws:// or wss://
    Headers headers = {};  ///< sent with the request to upgrade
    std::size_t max_message_bytes = 64 * 1024;
    std::chrono::milliseconds open_timeout{10'000};
    /// A peer from which nothing comes for so long, not even the answer to a ping, is lost.
    std::chrono::milliseconds idle_timeout{30'000};
  };

  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  /// Unavailable `connection_lost`.
  Task<Status> send(std::string text);
  /// The next message. Unavailable `connection_lost`, also where the peer has said goodbye; Timeout
  /// `timeout` after `idle_timeout`; Corrupt `body_too_large`, and `bad_websocket` for what is no
  /// WebSocket or no text. After any error the socket is of no use.
  Task<Result<std::string>> receive();
  /// Ends what is under way with `connection_lost`. Cancelling a coroutine can be missed by an
  /// operation between two of its steps; a closed socket is not.
  void close();

 private:
  friend class Client;
  struct Stream;
  explicit WebSocket(std::unique_ptr<Stream> stream);
  /// Unavailable `upgrade_refused`, `connection_lost`; Timeout `timeout`.
  static Task<Result<std::unique_ptr<WebSocket>>> upgrade(std::shared_ptr<Connection> connection,
                                                          std::string authority, std::string target,
                                                          Settings settings);

  std::unique_ptr<Stream> stream_;
};

}  // namespace settled::chains::http
