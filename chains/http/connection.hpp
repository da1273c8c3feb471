#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "chains/http/look_ups.hpp"
#include "chains/http/message.hpp"
#include "chains/http/task.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::http {

using TlsStream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;

/// What one exchange came to.
struct Exchange {
  Result<Response> response;
  bool reusable = false;    ///< the connection may carry another exchange
  bool any_answer = false;  ///< at least one byte of an answer was received
};

/// One TCP or TLS connection. A deadline that passes closes the socket, which ends whatever is
/// under way on it, at whatever depth of Beast or OpenSSL. Always held by a shared_ptr.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  explicit Connection(const boost::asio::any_io_executor& executor);

  /// Unavailable `connect_failed`, Timeout `timeout`.
  Task<Status> connect(boost::asio::ip::tcp::endpoint endpoint, Deadline deadline);
  /// Verifies the peer's certificate for `host`. Unavailable `tls_failed`, Timeout `timeout`.
  Task<Status> start_tls(std::shared_ptr<boost::asio::ssl::context> context, std::string host,
                         Deadline deadline);
  Task<Exchange> exchange(RequestMessage message, std::size_t max_body_bytes, Deadline deadline);

  /// False if the peer has closed the connection or spoken out of turn while it was idle.
  bool is_quiet();
  void close();

  /// For whoever goes on with another protocol, and then asks for no exchange any more.
  boost::asio::ip::tcp::socket& socket() { return socket_; }
  /// Null where there is no TLS.
  TlsStream* tls() { return tls_ ? &*tls_ : nullptr; }

 private:
  template <typename Stream>
  Task<Exchange> exchange_on(Stream& stream, RequestMessage message, std::size_t max_body_bytes);
  Error failure(boost::system::error_code error, std::string_view reason) const;
  void arm(Deadline deadline);
  void disarm();

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<boost::asio::ssl::context> tls_context_;
  std::optional<TlsStream> tls_;
  boost::beast::flat_buffer buffer_;
  boost::asio::steady_timer timer_;
  std::uint64_t armed_ = 0;  // tells a cancelled wait whose completion was already queued
  bool timed_out_ = false;
};

}  // namespace settled::chains::http
