#include "daemon/http/connection.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace settled::daemon::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t kReadBytes = 8 * 1024;
/// A client that was refused may send at most so many times the largest body before it is cut off.
constexpr std::size_t kLingerBodies = 64;

std::string remote_of(const asio::ip::tcp::socket& socket) {
  error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return "unknown";
  const std::string address = peer.address().to_string();
  const std::string host = peer.address().is_v6() ? "[" + address + "]" : address;
  return host + ":" + std::to_string(peer.port());
}

std::string to_hex_size(std::size_t size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (; size > 0; size /= 16) text.insert(text.begin(), kDigits[size % 16]);
  return text;
}

Response internal_problem(std::string_view request_id) {
  return problem(Error{Errc::Internal, "internal", "something went wrong on our side"}, request_id);
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, std::shared_ptr<ServerContext> context)
    : socket_(std::move(socket)),
      context_(std::move(context)),
      buffer_(context_->limits.header_bytes + kReadBytes),
      parser_(context_->limits.body_bytes),
      remote_(remote_of(socket_)) {
  error_code ignored;  // fails where the peer is gone, and reading will say so
  socket_.non_blocking(true, ignored);
}

std::string_view Connection::unread() const {
  const auto data = buffer_.cdata();
  return {static_cast<const char*>(data.data()), data.size()};
}

void Connection::enter(Phase phase, std::chrono::milliseconds limit) {
  phase_ = phase;
  deadline_ = std::chrono::steady_clock::now() + limit;
}

void Connection::enter_unlimited(Phase phase) {
  phase_ = phase;
  deadline_ = SteadyTime::max();
}

void Connection::sweep(SteadyTime now) {
  error_code ignored;
  if (now >= deadline_) socket_.cancel(ignored);
}

std::optional<Connection::SteadyTime> Connection::idle_since() const {
  // Before the coroutine has begun there is no deadline yet.
  if (phase_ != Phase::Idle || deadline_ == SteadyTime::max()) return std::nullopt;
  return deadline_ - context_->limits.idle_timeout;
}

bool Connection::give_way() {
  error_code error;
  if (socket_.available(error) > 0 && !error) return false;
  close();
  return true;
}

void Connection::drain() {
  if (phase_ == Phase::Idle) give_way();
  if (phase_ == Phase::Streaming) abort();
}

void Connection::abort() {
  aborted_ = true;
  close();
  cancel_.emit(asio::cancellation_type::terminal);
}

void Connection::close() {
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
}

Task<void> Connection::serve() {
  error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  for (bool more = true; more;) {
    more = co_await serve_one();
  }
  close();
}

Task<void> Connection::refuse() {
  request_id_ = context_->ids.next();
  Response response = problem(
      Error{Errc::Unavailable, "too_many_connections", "all connections are taken"}, request_id_);
  const bool sent = co_await send(std::move(response), false, false);
  if (sent) co_await linger();
  close();
}

/// False when the connection is to be closed.
Task<bool> Connection::serve_one() {
  Request request;
  const Result<Received> received = co_await receive(request);
  if (received == Received::Nothing) co_return false;
  if (!received) {
    Response refusal = problem(received.error(), request_id_);
    const bool sent = co_await send(std::move(refusal), false, false);
    if (sent) co_await linger();
    co_return false;
  }

  const bool head_only = request.method == "HEAD";
  const bool client_keeps = parser_.keep_alive();
  http_1_1_ = parser_.http_1_1();
  Response response = co_await ask_handler(std::move(request));
  if (response.stream) {
    co_await send_stream(std::move(response), head_only);
    co_return false;
  }
  const bool keep_alive = client_keeps && !context_->draining;
  const bool sent = co_await send(std::move(response), head_only, keep_alive);
  // A client that did not ask for the end may be sending already: reset, it would lose the answer.
  if (sent && client_keeps && !keep_alive) co_await linger();
  co_return sent&& keep_alive;
}

/// The request, nothing (the peer is gone, or was idle for too long), or why it is refused.
Task<Result<Connection::Received>> Connection::receive(Request& request) {
  http_1_1_ = true;
  request_id_.clear();
  enter(Phase::Idle, context_->limits.idle_timeout);
  const Result<std::size_t> head_size = co_await receive_head();
  if (head_size == 0U) co_return Received::Nothing;
  request_id_ = context_->ids.next();
  if (!head_size) co_return std::unexpected(head_size.error());

  CO_TRY_OK(parser_.start(unread().substr(0, *head_size), request));
  buffer_.consume(*head_size);
  if (!parser_.done()) {
    const Status body = co_await receive_body();
    if (!body) co_return std::unexpected(body.error());
  }
  request.body = parser_.take_body();
  request.request_id = request_id_;
  request.remote = remote_;
  co_return Received::Request;
}

/// Reads until a whole head is there and returns its size, 0 where there will be none.
Task<Result<std::size_t>> Connection::receive_head() {
  const ServerLimits& limits = context_->limits;
  std::size_t scanned = 0;
  for (;;) {
    if (scanned == 0) {  // RFC 9112 section 2.2: empty lines before a request are skipped
      const std::string_view bytes = unread();
      buffer_.consume(std::min(bytes.find_first_not_of("\r\n"), bytes.size()));
    }
    const std::string_view bytes = unread();
    if (!bytes.empty()) {
      if (phase_ == Phase::Idle) enter(Phase::Receiving, limits.header_timeout);
      CO_TRY(const std::size_t size, find_head_end(bytes, scanned));
      if (size > limits.header_bytes || (size == 0 && bytes.size() >= limits.header_bytes)) {
        co_return fail(Errc::Invalid, "header_too_large",
                       "request line and header have at most " +
                           std::to_string(limits.header_bytes) + " bytes");
      }
      if (size > 0) co_return size;
      scanned = bytes.size();
    } else if (context_->draining) {
      co_return std::size_t{0};
    }
    const std::size_t more = co_await fill();
    if (more == 0) co_return nothing_more();
  }
}

Task<Status> Connection::receive_body() {
  enter(Phase::Receiving, context_->limits.body_timeout);
  if (parser_.expects_continue() && unread().empty()) {
    const Status told = co_await write("HTTP/1.1 100 Continue\r\n\r\n", {});
    if (!told) co_return told;
  }
  while (!parser_.done()) {
    std::size_t taken = 0;
    if (!unread().empty()) {
      CO_TRY(taken, parser_.read_body(unread()));
      buffer_.consume(taken);
    }
    if (taken > 0) continue;
    if (buffer_.size() == buffer_.max_size()) {
      co_return fail(Errc::Invalid, "bad_request", "the head of a chunk is too long");
    }
    const std::size_t more = co_await fill();
    if (more == 0) {
      const Result<std::size_t> why = nothing_more();
      if (!why) co_return std::unexpected(why.error());
      co_return fail(Errc::Invalid, "bad_request", "the body ends early");
    }
  }
  co_return Status{};
}

/// Reads what is there into the buffer. 0: the deadline has passed or the peer sends no more.
///
/// Waits first and then reads without a wait: bytes that have come stand either in the socket,
/// where `give_way` sees them, or in the buffer of a connection that is idle no longer. A read that
/// is complete before its coroutine goes on would have them in neither.
Task<std::size_t> Connection::fill() {
  if (std::chrono::steady_clock::now() >= deadline_) co_return 0;
  error_code error;
  std::size_t size = 0;
  do {
    const auto [canceled] = co_await socket_.async_wait(asio::ip::tcp::socket::wait_read, kAwait);
    const std::size_t room = std::min(kReadBytes, buffer_.max_size() - buffer_.size());
    size = socket_.read_some(buffer_.prepare(room), error);
    if (canceled) break;
  } while (error == asio::error::would_block);
  buffer_.commit(size);
  ended_ = error == asio::error::eof;
  co_return size;
}

/// Why `fill` read nothing, as an answer to the client: 0 where there is nobody to be answered.
Result<std::size_t> Connection::nothing_more() const {
  if (phase_ == Phase::Idle) return 0;
  if (ended_) return fail(Errc::Invalid, "bad_request", "the request ends early");
  if (socket_.is_open() && std::chrono::steady_clock::now() >= deadline_) {
    return fail(Errc::Timeout, "request_timeout", "the request did not come in time");
  }
  return 0;
}

Task<Response> Connection::ask_handler(Request request) {
  enter_unlimited(Phase::Answering);
  std::string failure;
  try {
    Response response = co_await context_->handler(std::move(request));
    co_return response;
  } catch (const std::exception& error) {
    failure = error.what();
  } catch (...) {
    failure = "an exception of unknown type";
  }
  if (!aborted_) context_->seams.log(request_id_ + ": the handler threw: " + failure);
  co_return internal_problem(request_id_);
}

/// Fills `head_`. A response whose headers would break the head is replaced by a problem.
void Connection::build_head(Response& response, bool keep_alive, Framing framing) {
  HeadContext context{.request_id = request_id_,
                      .date = context_->date.at(context_->seams.clock.now()),
                      .http_1_1 = http_1_1_,
                      .keep_alive = keep_alive,
                      .framing = framing};
  head_.clear();
  const Status built = write_head(response, context, head_);
  if (built) return;
  context_->seams.log(request_id_ + ": " + built.error().detail);
  response = internal_problem(request_id_);
  context.framing = Framing::Length;
  INVARIANT(write_head(response, context, head_));
}

/// False when the client did not take it.
Task<bool> Connection::send(Response response, bool head_only, bool keep_alive) {
  build_head(response, keep_alive, Framing::Length);
  const bool bodyless = head_only || response.status == 204 || response.status == 304;
  enter(Phase::Answering, context_->limits.write_timeout);
  const Status written =
      co_await write(head_, bodyless ? std::string_view{} : std::string_view{response.body});
  co_return written.has_value();
}

Task<void> Connection::send_stream(Response response, bool head_only) {
  const bool chunked = http_1_1_;
  build_head(response, false, chunked ? Framing::Chunked : Framing::Close);
  enter(Phase::Answering, context_->limits.write_timeout);
  const Status begun =
      co_await write(head_, response.stream ? std::string_view{} : std::string_view{response.body});
  if (!begun || head_only || !response.stream) co_return;

  enter_unlimited(Phase::Streaming);
  EventStream events(
      [this, chunked](std::string text) { return send_piece(std::move(text), chunked); });
  bool complete = false;
  std::string failure;
  try {
    co_await response.stream(events);
    complete = true;
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (aborted_) co_return;
  if (!complete) {
    // Without the last chunk the client can tell that this was not the end.
    context_->seams.log(request_id_ + ": the stream threw: " + failure);
    co_return;
  }
  if (!chunked) co_return;
  enter(Phase::Answering, context_->limits.write_timeout);
  const Status ended = co_await write("0\r\n\r\n", {});
  if (ended) co_await linger();
}

Task<Status> Connection::send_piece(std::string text, bool chunked) {
  if (context_->draining) co_return fail(Errc::Unavailable, "draining", "the server is stopping");
  if (text.empty()) co_return Status{};  // an empty chunk would be the last
  if (chunked) {
    text.insert(0, to_hex_size(text.size()) + "\r\n");
    text += "\r\n";
  }
  enter(Phase::Streaming, context_->limits.write_timeout);
  const Status written = co_await write(text, {});
  if (!written) {
    close();
    co_return written;
  }
  enter_unlimited(Phase::Streaming);
  co_return written;
}

/// Both pieces in one system call, as far as the kernel takes them.
Task<Status> Connection::write(std::string_view first, std::string_view second) {
  const std::array pieces = {asio::buffer(first), asio::buffer(second)};
  const auto [error, size] = co_await asio::async_write(socket_, pieces, kAwait);
  if (!error) co_return Status{};
  if (error == asio::error::operation_aborted && std::chrono::steady_clock::now() >= deadline_) {
    co_return fail(Errc::Timeout, "write_timeout", "the client does not read");
  }
  co_return fail(Errc::Unavailable, "disconnected", "the client is gone");
}

/// Says that nothing more comes and takes what the client still sends. Closing at once with bytes
/// unread would reset the connection, and the client would lose the answer (RFC 9112 section 9.6).
Task<void> Connection::linger() {
  enter(Phase::Closing, context_->limits.linger_timeout);
  error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  if (error) co_return;
  std::size_t left = context_->limits.body_bytes * kLingerBodies;
  for (;;) {
    buffer_.consume(buffer_.size());
    const std::size_t size = co_await fill();
    if (size == 0 || size > left) co_return;
    left -= size;
  }
}

}  // namespace settled::daemon::http
