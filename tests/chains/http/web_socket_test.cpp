#include "chains/http/web_socket.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "chains/http/client.hpp"
#include "tests/chains/http/server.hpp"
#include "tests/chains/http/socket_server.hpp"
#include "tests/support/temp_directory.hpp"

namespace settled::chains::http {
namespace {

using namespace std::chrono_literals;

struct SocketWorld {
  explicit SocketWorld(const std::string& ca_file = "") {
    Client::Settings settings;
    settings.extra_ca_file = ca_file;
    client = Client::create(io.get_executor(), std::move(settings)).value();
  }
  Result<std::unique_ptr<WebSocket>> open(WebSocket::Settings settings) {
    return run(io, client->open_web_socket(std::move(settings)));
  }
  /// What comes after "hello" was sent: the message, or the error's reason.
  std::string hears(WebSocket::Settings settings) {
    auto socket = open(std::move(settings));
    if (!socket) return socket.error().reason;
    if (!run(io, (*socket)->send("hello"))) return "not sent";
    const auto message = run(io, (*socket)->receive());
    return message ? *message : message.error().reason;
  }

  boost::asio::io_context io;
  std::unique_ptr<Client> client;
};

Task<void> echo(SocketPeer& peer) {
  for (;;) {
    const std::string message = co_await peer.receive();
    if (message.empty() || !co_await peer.send("you said " + message)) co_return;
  }
}

}  // namespace

TEST_CASE("Text goes both ways over a WebSocket, with the headers of the settings") {
  SocketWorld world;
  SocketServer server(world.io, echo);
  CHECK(world.hears({.url = server.url(), .headers = {{"x-key", "secret"}}}) == "you said hello");
  CHECK(server.key() == "secret");
}

TEST_CASE("Over TLS the server's certificate is verified, and its name") {
  const tests::TempDirectory directory;
  const std::string pem = (directory.path() / "ca.pem").string();
  const auto tls = self_signed("localhost", pem);
  SocketWorld trusting(pem);
  SocketServer server(trusting.io, echo, tls);
  const std::string port = std::to_string(server.port());
  CHECK(trusting.hears({.url = "wss://localhost:" + port + "/"}) == "you said hello");
  CHECK(trusting.hears({.url = "wss://127.0.0.1:" + port + "/"}) == "tls_failed");
  CHECK(trusting.hears({.url = "ws://localhost:" + port + "/"}) == "connection_lost");
  SocketWorld other;
  SocketServer unknown(other.io, echo, tls);
  CHECK(other.hears({.url = "wss://localhost:" + std::to_string(unknown.port()) + "/"}) ==
        "tls_failed");
}

TEST_CASE("What is no WebSocket is refused") {
  SocketWorld world;
  SocketServer server(world.io, echo);
  CHECK(world.hears({.url = server.url() + "plain"}) == "upgrade_refused");
  Server silent(world.io, silence());
  CHECK(world.hears({.url = "ws://127.0.0.1:" + std::to_string(silent.port()) + "/",
                     .open_timeout = 50ms}) == "timeout");
  Server garbage(world.io, answers({std::string("\x00\xff\xfe garbage\r\n\r\n", 14)}));
  const auto refused =
      world.open({.url = "ws://127.0.0.1:" + std::to_string(garbage.port()) + "/"});
  REQUIRE_FALSE(refused);
  CHECK(world.hears({.url = "ws://127.0.0.1:1/"}) == "connect_failed");
  for (const char* url : {"http://localhost/", "wss//localhost", "ws://user@localhost/", ""}) {
    CHECK(world.hears({.url = url}) == "invalid_url");
  }
}

TEST_CASE("A message larger than allowed ends the connection") {
  SocketWorld world;
  SocketServer server(world.io, [](SocketPeer& peer) -> Task<void> {
    co_await peer.receive();
    co_await peer.send(std::string(2'000, 'x'));
    co_await peer.receive();
  });
  CHECK(world.hears({.url = server.url(), .max_message_bytes = 2'000}) == std::string(2'000, 'x'));
  CHECK(world.hears({.url = server.url(), .max_message_bytes = 1'999}) == "body_too_large");
}

TEST_CASE("Bytes that are no frames, and frames that are no text, are refused") {
  SocketWorld world;
  std::string bytes;
  bool binary = false;
  std::string reason = "bad_websocket";
  SECTION("a reserved bit") {
    bytes = "\xf1\x01x";
  }
  SECTION("a masked frame from a server") {
    bytes = std::string("\x81\x81\x00\x00\x00\x00x", 7);
  }
  SECTION("a continuation of nothing") {
    bytes = std::string("\x80\x01x", 3);
  }
  SECTION("an unknown frame") {
    bytes = std::string("\x83\x01x", 3);
  }
  SECTION("text that is no UTF-8") {
    bytes = std::string("\x81\x02\xc3\x28", 4);
  }
  SECTION("a length of 2^63") {
    bytes = std::string("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10);
    reason = "body_too_large";
  }
  SECTION("binary") {
    bytes = "x";
    binary = true;
  }
  SECTION("an HTTP answer") {
    bytes = "HTTP/1.1 400 Bad Request\r\n\r\n";
  }
  SocketServer server(world.io, [&](SocketPeer& peer) -> Task<void> {
    co_await peer.receive();
    if (binary) {
      co_await peer.send_binary(bytes);
    } else {
      co_await peer.send_raw(bytes);
    }
    co_await peer.receive();
  });
  const std::string heard = world.hears({.url = server.url()});
  if (reason == "body_too_large") {
    CHECK((heard == reason || heard == "bad_websocket"));
  } else {
    CHECK(heard == reason);
  }
}

TEST_CASE("A peer that closes, that says nothing, or that only pings is given up") {
  SocketWorld world;
  SECTION("closes") {
    SocketServer server(world.io, [](SocketPeer& peer) -> Task<void> { co_await peer.receive(); });
    CHECK(world.hears({.url = server.url()}) == "connection_lost");
  }
  SECTION("says nothing, and answers no ping") {
    Server server(world.io, [](Peer& peer) -> Task<void> {
      const std::string request = co_await peer.request();
      co_await peer.send("HTTP/1.1 101 Switching Protocols\r\n\r\n");
      while (!(co_await peer.request()).empty()) {
      }
    });
    // Without the right answer to its key the client does not believe the upgrade.
    CHECK(world.hears({.url = "ws://127.0.0.1:" + std::to_string(server.port()) + "/"}) !=
          "you said hello");
  }
  SECTION("pings without end") {
    SocketServer server(world.io, [](SocketPeer& peer) -> Task<void> {
      while (co_await peer.ping()) {
      }
    });
    CHECK(world.hears({.url = server.url()}) == "connection_lost");
  }
}

}  // namespace settled::chains::http
