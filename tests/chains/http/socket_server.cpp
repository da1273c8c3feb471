#include "tests/chains/http/socket_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace settled::chains::http {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using TlsSocket = asio::ssl::stream<tcp::socket&>;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr auto kIgnore = [](std::exception_ptr) {};

template <typename Next>
class PeerOn final : public SocketPeer {
 public:
  PeerOn(Next& next, int number) : stream_(next), number_(number) {}

  Task<bool> accept(std::string* key) {
    boost::beast::flat_buffer buffer;
    boost::beast::http::request<boost::beast::http::string_body> request;
    const auto [unread, read] =
        co_await boost::beast::http::async_read(stream_.next_layer(), buffer, request, kAsTuple);
    if (unread) co_return false;
    *key = std::string(request["x-key"]);
    if (request.target() == "/plain") {
      // A server that speaks HTTP and no WebSocket.
      co_return co_await send_raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno") && false;
    }
    const auto [error] = co_await stream_.async_accept(request, kAsTuple);
    co_return !error;
  }
  int number() const override { return number_; }
  Task<std::string> receive() override {
    boost::beast::flat_buffer buffer;
    const auto [error, size] = co_await stream_.async_read(buffer, kAsTuple);
    co_return error ? "" : boost::beast::buffers_to_string(buffer.data());
  }
  Task<bool> send(std::string text) override {
    stream_.text(true);
    const auto [error, size] = co_await stream_.async_write(asio::buffer(text), kAsTuple);
    co_return !error;
  }
  Task<bool> send_binary(std::string bytes) override {
    stream_.binary(true);
    const auto [error, size] = co_await stream_.async_write(asio::buffer(bytes), kAsTuple);
    co_return !error;
  }
  Task<bool> ping() override {
    const auto [error] = co_await stream_.async_ping({}, kAsTuple);
    co_return !error;
  }
  Task<bool> send_raw(std::string bytes) override {
    const auto [error, size] =
        co_await asio::async_write(stream_.next_layer(), asio::buffer(bytes), kAsTuple);
    co_return !error;
  }

 private:
  websocket::stream<Next&> stream_;
  int number_;
};

}  // namespace

struct SocketServer::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io, SocketScript the_script, std::shared_ptr<asio::ssl::context> the_tls)
      : acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        script(std::move(the_script)),
        tls(std::move(the_tls)) {}

  tcp::acceptor acceptor;
  SocketScript script;
  std::shared_ptr<asio::ssl::context> tls;
  int connections = 0;
  std::string key;

  template <typename Next>
  static Task<void> serve_on(std::shared_ptr<State> state, Next* next) {
    PeerOn<Next> peer(*next, ++state->connections);
    if (co_await peer.accept(&state->key)) co_await state->script(peer);
  }

  static Task<void> serve(std::shared_ptr<State> state, tcp::socket socket) {
    if (!state->tls) co_return co_await serve_on(state, &socket);
    TlsSocket secure(socket, *state->tls);
    const auto [error] = co_await secure.async_handshake(asio::ssl::stream_base::server, kAsTuple);
    if (!error) co_await serve_on(state, &secure);
  }

  static Task<void> accept(std::shared_ptr<State> state) {
    for (;;) {
      auto [error, socket] = co_await state->acceptor.async_accept(kAsTuple);
      if (error) co_return;
      asio::co_spawn(state->acceptor.get_executor(), serve(state, std::move(socket)), kIgnore);
    }
  }
};

SocketServer::SocketServer(asio::io_context& io, SocketScript script,
                           std::shared_ptr<asio::ssl::context> tls)
    : state_(std::make_shared<State>(io, std::move(script), std::move(tls))) {
  asio::co_spawn(io, State::accept(state_), kIgnore);
}

SocketServer::~SocketServer() {
  state_->acceptor.close();
}

std::uint16_t SocketServer::port() const {
  return state_->acceptor.local_endpoint().port();
}
int SocketServer::connections() const {
  return state_->connections;
}
std::string SocketServer::key() const {
  return state_->key;
}

}  // namespace settled::chains::http
