#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>

#include "daemon/http/message.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/time.hpp"

namespace settled::daemon::http {

struct ServerLimits {
  using ms = std::chrono::milliseconds;
  std::size_t header_bytes = 16'384;  ///< request line and header fields; beyond: 431
  std::size_t body_bytes = 262'144;   ///< beyond: 413
  std::size_t connections = 1024;     ///< beyond: the longest idle gives way, or else 503
  std::size_t refused_at_once = 64;   ///< being told 503; further ones wait to be accepted
  ms header_timeout{10'000};          ///< from a request's first byte to its blank line; 408
  ms body_timeout{20'000};            ///< for the whole body; 408
  ms idle_timeout{60'000};            ///< between requests
  ms write_timeout{20'000};           ///< for one answer, or one piece of a stream
  ms linger_timeout{2'000};           ///< how long a refused client may go on sending
  ms sweep_interval{250};             ///< how exactly the limits above are kept
};

/// What answers a request. A throw is answered by 500 and logged.
using Handler = std::function<Task<Response>(Request)>;
using Log = std::function<void(std::string_view)>;

struct ServerSeams {
  const Clock& clock;
  Random& random;
  Log log;
};

/// HTTP/1.1 (and 1.0) without TLS, on one executor that runs on one thread; every call is made on
/// that thread. The server owns its connections: none outlives `drain`, except where a handler
/// neither returns nor can be canceled.
class Server {
 public:
  /// The seams and all that the handler refers to outlive the executor's work.
  Server(boost::asio::any_io_executor executor, Handler handler, ServerSeams seams,
         ServerLimits limits = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// Binds and listens; port 0 picks one. Returns the port. Callable once; another address is
  /// another Server. Errors: Invalid `invalid_address`, Unavailable `cannot_listen`.
  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);

  /// Accepts and serves until `drain`, after which it returns at once. REQUIRES: `listen`
  /// succeeded.
  Task<void> run();

  /// Stops accepting, closes idle connections, ends streams, answers what is in flight. What is not
  /// done after `deadline` is canceled and closed. `run` returns too. Callable once.
  Task<void> drain(std::chrono::milliseconds deadline);

  /// Open connections, those being refused included.
  std::size_t connections() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace settled::daemon::http
