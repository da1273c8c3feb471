#include "chains/http/web_socket.hpp"

#include <utility>
#include <variant>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "chains/http/connection.hpp"

namespace settled::chains::http {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

Error failure(boost::system::error_code error) {
  if (error == boost::beast::error::timeout) {
    return {Errc::Timeout, "timeout", "the peer says nothing"};
  }
  if (error == websocket::error::message_too_big || error == websocket::error::buffer_overflow) {
    return {Errc::Corrupt, "body_too_large", "a message is larger than allowed"};
  }
  const bool is_goodbye = error == websocket::error::closed;
  if (error.category() == make_error_code(websocket::error::closed).category() && !is_goodbye) {
    return {Errc::Corrupt, "bad_websocket", error.message()};
  }
  return {Errc::Unavailable, "connection_lost", error.message()};
}

}  // namespace

/// The two kinds of stream. `false`: without the code for permessage-deflate.
struct WebSocket::Stream {
  using Plain = websocket::stream<asio::ip::tcp::socket&, false>;
  using Tls = websocket::stream<TlsStream&, false>;

  explicit Stream(std::shared_ptr<Connection> the_connection)
      : connection(std::move(the_connection)) {
    if (TlsStream* tls = connection->tls()) {
      kind.emplace<Tls>(*tls);
    } else {
      kind.emplace<Plain>(connection->socket());
    }
  }

  std::shared_ptr<Connection> connection;  // owns what the streams refer to
  std::variant<std::monostate, Plain, Tls> kind;
  boost::beast::flat_buffer buffer;
  unsigned control_frames = 0;  // since the last message
};

namespace {

/// Pings are answered without a word to the reader, so that somebody has to count them.
constexpr unsigned kMostControlFrames = 1'000;

template <typename Stream>
void configure(Stream& stream, const WebSocket::Settings& settings) {
  stream.set_option(websocket::stream_base::timeout{.handshake_timeout = settings.open_timeout,
                                                    .idle_timeout = settings.idle_timeout,
                                                    .keep_alive_pings = true});
  stream.set_option(
      websocket::stream_base::decorator([headers = settings.headers](websocket::request_type& ask) {
        ask.set(boost::beast::http::field::user_agent, "settled");
        for (const auto& [name, value] : headers) ask.set(name, value);
      }));
  stream.read_message_max(settings.max_message_bytes);
  stream.text(true);
}

template <typename Stream>
Task<Status> handshake(Stream* stream, std::string authority, std::string target) {
  const auto [error] = co_await stream->async_handshake(authority, target, kAsTuple);
  if (!error) co_return Status{};
  if (error == websocket::error::upgrade_declined) {
    co_return fail(Errc::Unavailable, "upgrade_refused", "the server opens no WebSocket there");
  }
  co_return std::unexpected(failure(error));
}

template <typename Stream>
Task<Status> send_on(Stream* stream, std::string text) {
  const auto [error, size] = co_await stream->async_write(asio::buffer(text), kAsTuple);
  if (error) co_return std::unexpected(failure(error));
  co_return Status{};
}

template <typename Stream>
Task<Result<std::string>> receive_on(Stream* stream, boost::beast::flat_buffer* buffer) {
  const auto [error, size] = co_await stream->async_read(*buffer, kAsTuple);
  if (error) co_return std::unexpected(failure(error));
  if (!stream->got_text()) co_return fail(Errc::Corrupt, "bad_websocket", "a message is no text");
  std::string out = boost::beast::buffers_to_string(buffer->data());
  buffer->clear();
  co_return out;
}

}  // namespace

WebSocket::WebSocket(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}
WebSocket::~WebSocket() {
  close();
}

void WebSocket::close() {
  stream_->connection->close();
}

Task<Result<std::unique_ptr<WebSocket>>> WebSocket::upgrade(std::shared_ptr<Connection> connection,
                                                            std::string authority,
                                                            std::string target, Settings settings) {
  auto stream = std::make_unique<Stream>(std::move(connection));
  const auto count = [at = stream.get()](websocket::frame_type, boost::beast::string_view) {
    if (++at->control_frames > kMostControlFrames) at->connection->close();
  };
  Status upgraded;
  if (auto* tls = std::get_if<Stream::Tls>(&stream->kind)) {
    configure(*tls, settings);
    tls->control_callback(count);
    upgraded = co_await handshake(tls, std::move(authority), std::move(target));
  } else {
    auto* plain = std::get_if<Stream::Plain>(&stream->kind);
    configure(*plain, settings);
    plain->control_callback(count);
    upgraded = co_await handshake(plain, std::move(authority), std::move(target));
  }
  if (!upgraded) co_return std::unexpected(std::move(upgraded).error());
  co_return std::unique_ptr<WebSocket>(new WebSocket(std::move(stream)));
}

Task<Status> WebSocket::send(std::string text) {
  if (auto* tls = std::get_if<Stream::Tls>(&stream_->kind)) {
    co_return co_await send_on(tls, std::move(text));
  }
  co_return co_await send_on(std::get_if<Stream::Plain>(&stream_->kind), std::move(text));
}

Task<Result<std::string>> WebSocket::receive() {
  stream_->control_frames = 0;
  if (auto* tls = std::get_if<Stream::Tls>(&stream_->kind)) {
    co_return co_await receive_on(tls, &stream_->buffer);
  }
  co_return co_await receive_on(std::get_if<Stream::Plain>(&stream_->kind), &stream_->buffer);
}

}  // namespace settled::chains::http
