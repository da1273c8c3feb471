#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chains/http/task.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method = "GET";
  std::string url = {};  ///< absolute, http or https, without user and password
  Headers headers = {};  ///< Host, Connection, Content-Length and User-Agent are set by the client
  std::string body = {};
  /// The server may see the request twice: sent once more on a new connection when a reused one
  /// turns out to be closed before a byte of the answer.
  bool retry_on_stale = false;
  /// Connections, and the bound on them, are shared with requests of the same lane alone: behind
  /// one origin there may be several chains, and one that hangs holds up no other.
  std::string lane = {};
};

/// Memory behind the end of a text (its capacity) for parsers that look ahead, which would
/// copy it otherwise. Bytes.
inline constexpr std::size_t kRoomBehind = 64;

struct Response {
  unsigned status = 0;
  Headers headers = {};  ///< names in lower case, in the order received
  std::string body = {};

  /// The first value of a header, or an empty string. `name` in lower case.
  std::string header(std::string_view name) const;
};

struct Limits {
  std::size_t max_body_bytes = 1 << 20;
  /// Of the whole exchange: waiting for a connection, resolving, connecting, sending, receiving.
  std::chrono::milliseconds timeout{10'000};
};

/// Sends one HTTP request and receives its answer. One of the five virtual seams: `Client` is the
/// network, the simulation has its own. Used on the io_context's thread only.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Any status is a Response; redirects are not followed. Errors:
  /// Invalid `invalid_url`, `invalid_request`; Unavailable `connect_failed`, `connection_lost`,
  /// `tls_failed`, `shut_down`; Timeout `timeout`; Corrupt `bad_http`, `body_too_large`;
  /// Rejected `forbidden_address`. After `connection_lost` and `timeout` the server may have acted
  /// on the request. When the awaiting coroutine is cancelled this throws
  /// boost::system::system_error (operation_aborted), as every Asio operation does.
  virtual Task<Result<Response>> send(Request request, Limits limits) = 0;
};

}  // namespace settled::chains::http
