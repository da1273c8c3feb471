#include "chains/http/connection.hpp"

#include <sys/socket.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <openssl/ssl.h>

namespace settled::chains::http {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using asio::ip::tcp;
using Parser = beast_http::response_parser<AnswerBody>;

constexpr std::uint32_t kMaxHeaderBytes = 64 * 1024;
constexpr std::size_t kMaxBufferBytes = 256 * 1024;
// From here on a body is read in large pieces.
constexpr std::size_t kLargeBody = 8 * 1024;
constexpr std::size_t kLargeRead = 64 * 1024;
constexpr int kMaxInformational = 8;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

bool is_informational(unsigned status) {
  return status >= 100 && status < 200 && status != 101;
}

Error read_failure(boost::system::error_code error) {
  if (error == beast_http::error::body_limit) {
    return {Errc::Corrupt, "body_too_large", "the answer's body is larger than allowed"};
  }
  if (error == beast_http::error::end_of_stream || error == beast_http::error::partial_message) {
    return {Errc::Unavailable, "connection_lost", "the connection was closed within the answer"};
  }
  if (error.category() == make_error_code(beast_http::error::bad_version).category()) {
    return {Errc::Corrupt, "bad_http", "the answer is not HTTP: " + error.message()};
  }
  return {Errc::Unavailable, "connection_lost", "the connection was lost: " + error.message()};
}

}  // namespace

Connection::Connection(const asio::any_io_executor& executor)
    : socket_(executor), buffer_(kMaxBufferBytes), timer_(executor) {}

Task<Status> Connection::connect(tcp::endpoint endpoint, Deadline deadline) {
  arm(deadline);
  const auto [error] = co_await socket_.async_connect(endpoint, kAsTuple);
  disarm();
  if (error || timed_out_) co_return std::unexpected(failure(error, "connect_failed"));
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
  co_return Status{};
}

Task<Status> Connection::start_tls(std::shared_ptr<asio::ssl::context> context, std::string host,
                                   Deadline deadline) {
  tls_context_ = std::move(context);
  tls_.emplace(socket_, *tls_context_);
  boost::system::error_code not_an_address;
  asio::ip::make_address(host, not_an_address);
  // RFC 6066 section 3: a literal address is no server name.
  if (not_an_address && SSL_set_tlsext_host_name(tls_->native_handle(), host.c_str()) != 1) {
    co_return fail(Errc::Unavailable, "tls_failed", "the host name cannot be sent as SNI");
  }
  tls_->set_verify_callback(asio::ssl::host_name_verification(host));
  arm(deadline);
  const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, kAsTuple);
  disarm();
  if (error || timed_out_) co_return std::unexpected(failure(error, "tls_failed"));
  co_return Status{};
}

Task<Exchange> Connection::exchange(RequestMessage message, std::size_t max_body_bytes,
                                    Deadline deadline) {
  arm(deadline);
  Exchange out = tls_ ? co_await exchange_on(*tls_, std::move(message), max_body_bytes)
                      : co_await exchange_on(socket_, std::move(message), max_body_bytes);
  disarm();
  if (buffer_.size() == 0) buffer_.shrink_to_fit();  // many connections are idle, few are not
  if (!out.response && timed_out_) out.response = std::unexpected(failure({}, "timeout"));
  out.reusable = out.reusable && out.response.has_value() && !timed_out_;
  if (!out.reusable) close();
  co_return out;
}

template <typename Stream>
Task<Exchange> Connection::exchange_on(Stream& stream, RequestMessage message,
                                       std::size_t max_body_bytes) {
  const bool is_head = message.method() == beast_http::verb::head;
  const auto [write_error, written] = co_await beast_http::async_write(stream, message, kAsTuple);
  bool any_answer = false;
  for (int i = 0; i < kMaxInformational; ++i) {
    Parser parser;
    parser.header_limit(kMaxHeaderBytes);
    parser.body_limit(max_body_bytes);
    parser.skip(is_head);
    // Read after a failed write too: a server may refuse a request before it has read all of it.
    const auto [head_error, head_size] =
        co_await beast_http::async_read_header(stream, buffer_, parser, kAsTuple);
    any_answer = any_answer || parser.got_some();
    if (head_error)
      co_return Exchange{std::unexpected(read_failure(head_error)), false, any_answer};
    if (is_informational(parser.get().result_int())) continue;
    // A read takes as much as the buffer has room for, which is half a kilobyte by itself.
    if (parser.content_length().value_or(kLargeBody) >= kLargeBody) buffer_.reserve(kLargeRead);
    const auto [body_error, body_size] =
        co_await beast_http::async_read(stream, buffer_, parser, kAsTuple);
    if (body_error)
      co_return Exchange{std::unexpected(read_failure(body_error)), false, any_answer};
    // Bytes after the answer would be taken for the answer of the next request.
    const bool reusable = !write_error && parser.keep_alive() && buffer_.size() == 0;
    co_return Exchange{to_response(parser.release()), reusable, any_answer};
  }
  co_return Exchange{fail(Errc::Corrupt, "bad_http", "too many informational answers"), false,
                     true};
}

bool Connection::is_quiet() {
  if (!socket_.is_open()) return false;
  char byte = 0;
  const ssize_t received = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Connection::close() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

Error Connection::failure(boost::system::error_code error, std::string_view reason) const {
  if (timed_out_) return {Errc::Timeout, "timeout", "no answer within the time allowed"};
  return {Errc::Unavailable, std::string(reason), error.message()};
}

void Connection::arm(Deadline deadline) {
  timer_.expires_at(deadline);
  timer_.async_wait([weak = weak_from_this(), wait = ++armed_](boost::system::error_code error) {
    const auto self = weak.lock();
    if (error || !self || self->armed_ != wait) return;
    self->timed_out_ = true;
    self->close();
  });
}

void Connection::disarm() {
  ++armed_;
  timer_.cancel();
}

}  // namespace settled::chains::http
