#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "daemon/http/message.hpp"
#include "ledger/types/result.hpp"

namespace settled::daemon::http {

/// Where the head of a request ends in `bytes`, behind its blank line; 0 if it is not there yet.
/// `scanned` bytes of them were looked at before. REQUIRES: `bytes` does not start with CR or LF.
/// Error: Invalid `bad_request` as soon as no further byte can make it right: a line feed without
/// carriage return, control characters, a first byte that starts no method.
Result<std::size_t> find_head_end(std::string_view bytes, std::size_t scanned);

/// Reads one request after the other from bytes; it does no I/O. RFC 9112, and where that leaves
/// a choice between mending and refusing, it refuses: a request that a proxy in front of us could
/// cut at another place than we do is an attack.
class RequestParser {
 public:
  explicit RequestParser(std::size_t max_body_bytes);
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;
  ~RequestParser();

  /// Starts a request: `head` is one up to `find_head_end`. Fills all of `request` that comes with
  /// the head. Errors: Invalid `bad_request`, `invalid_target`, `duplicate_header`,
  /// `body_too_large` (as announced), `expectation_failed`.
  Status start(std::string_view head, Request& request);

  /// Whether the whole body was read.
  bool done() const;
  /// Reads on and returns how many bytes it took; with 0 it needs more of them at once.
  /// REQUIRES: started, not done. Errors: Invalid `bad_request`, `body_too_large`.
  Result<std::size_t> read_body(std::string_view bytes);
  /// The body. REQUIRES: done.
  std::string take_body();

  /// REQUIRES: started, for all below.
  bool keep_alive() const;
  bool http_1_1() const;
  /// The client waits for "100 Continue" before it sends the body.
  bool expects_continue() const;

 private:
  struct State;
  std::size_t max_body_bytes_;
  std::unique_ptr<State> state_;
};

}  // namespace settled::daemon::http
