#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chains/http/task.hpp"
#include "ledger/types/result.hpp"

namespace settled::daemon::http {

using chains::http::Task;

/// Names and values in the order of arrival, duplicates kept.
using Pairs = std::vector<std::pair<std::string, std::string>>;

/// A request that was read completely and is well-formed HTTP/1.x. Everything that came
/// percent-encoded is decoded, is UTF-8 and holds no U+0000.
struct Request {
  std::string method;                 ///< as sent: methods are case-sensitive
  std::string path;                   ///< as sent, still encoded, without the query: for logs
  std::vector<std::string> segments;  ///< "/v1/payouts" is {"v1", "payouts"}, "/" is {}
  Pairs query;                        ///< '+' is a blank; "?a" is {"a", ""}
  Pairs headers;                      ///< names in lower case, values trimmed, UTF-8
  std::string body;
  std::string request_id;  ///< `req_...`, also in the answer's `Request-Id`
  std::string remote;      ///< the peer's "address:port"

  /// The first header of that lower-case name. Those that say who and how much (authorization,
  /// idempotency-key, content-type, host, ...) come at most once: the server refuses a second.
  std::optional<std::string_view> header(std::string_view name) const;
  /// The first query parameter of that name.
  std::optional<std::string_view> query_value(std::string_view name) const;
};

/// Where a streaming answer (server-sent events) goes. The caller sends whole events and its own
/// heartbeats.
class EventStream {
 public:
  using Write = std::function<Task<Status>(std::string)>;
  explicit EventStream(Write write) : write_(std::move(write)) {}

  /// Sends and waits until the kernel has the bytes. Errors: Timeout `write_timeout` when the
  /// client does not read, Unavailable `disconnected` when it is gone, Unavailable `draining`.
  /// After an error every further send fails: return.
  Task<Status> send(std::string text) { return write_(std::move(text)); }

 private:
  Write write_;
};

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";  ///< left out where the body is empty
  std::string body;
  /// Beside those the server adds: Content-Type, Content-Length, Connection, Date, Request-Id,
  /// Cache-Control (unless given here) and X-Content-Type-Options.
  Pairs headers;
  /// Where set, `body` is not sent: the head goes out, then what this sends until it returns, then
  /// the connection is closed. Draining the server cancels it (terminal cancellation: what it waits
  /// for throws `operation_aborted`).
  std::function<Task<void>(EventStream&)> stream = {};
};

/// The HTTP status of a failure: by its code, and by its reason where HTTP is finer.
unsigned http_status(const Error& error);

/// RFC 9457 `application/problem+json` with type, title, status, detail, code, request_id and,
/// where known, param. 401 gets `WWW-Authenticate: Bearer`; 429 and 503 get `Retry-After: 1`.
Response problem(unsigned status, const Error& error, std::string_view request_id);
inline Response problem(const Error& error, std::string_view request_id) {
  return problem(http_status(error), error, request_id);
}

/// "Not Found" for 404.
std::string_view status_phrase(unsigned status);

}  // namespace settled::daemon::http
