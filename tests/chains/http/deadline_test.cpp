#include <chrono>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include "chains/http/client.hpp"
#include "tests/chains/http/client_world.hpp"
#include "tests/chains/http/server.hpp"

namespace settled::chains::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

/// Answers on every connection but the first.
Task<void> hang_the_first(Peer& peer) {
  co_await peer.request();
  if (peer.number() > 1) co_await peer.send(ok("second"));
  co_await peer.request();
}

}  // namespace

TEST_CASE("The deadline covers every stage of an exchange") {
  Client::Settings settings;
  settings.max_connections_per_origin = 1;
  World world(settings);
  const auto expect_timeout = [](const Result<Response>& response) {
    REQUIRE_FALSE(response);
    CHECK(response.error().code == Errc::Timeout);
    CHECK(response.error().reason == "timeout");
  };
  SECTION("resolving") {
    expect_timeout(world.get("http://localhost:1/", within(0)));
  }
  SECTION("connecting") {
    // A listener whose queue is full drops what else asks for a connection.
    asio::ip::tcp::acceptor full(world.io);
    const asio::ip::tcp::endpoint any(asio::ip::address_v4::loopback(), 0);
    full.open(any.protocol());
    full.bind(any);
    full.listen(0);
    std::vector<asio::ip::tcp::socket> fillers;
    for (int i = 0; i < 4; ++i) {
      fillers.emplace_back(world.io);
      fillers.back().async_connect(full.local_endpoint(), [](boost::system::error_code) {});
    }
    const auto port = std::to_string(full.local_endpoint().port());
    expect_timeout(world.get("http://127.0.0.1:" + port + "/", within(50)));
  }
  SECTION("the TLS handshake") {
    Server server(world.io, silence());
    const auto port = std::to_string(server.port());
    expect_timeout(world.get("https://127.0.0.1:" + port + "/", within(50)));
  }
  SECTION("waiting for the answer") {
    Server server(world.io, silence());
    expect_timeout(world.get(server.url(), within(50)));
  }
  SECTION("within the answer's head") {
    Server server(world.io, answers({"HTTP/1.1 200 OK\r\n"}));
    expect_timeout(world.get(server.url(), within(50)));
  }
  SECTION("within the answer's body") {
    Server server(world.io, answers({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"}));
    expect_timeout(world.get(server.url(), within(50)));
  }
  SECTION("sending a body that nobody reads") {
    Server server(world.io, [&](Peer&) -> Task<void> {
      asio::steady_timer never(world.io, std::chrono::hours(1));
      co_await never.async_wait(asio::use_awaitable);
    });
    Request request{"POST", server.url()};
    request.body = std::string(16 << 20, 'x');
    expect_timeout(world.send(std::move(request), within(100)));
  }
  SECTION("waiting for a connection to become free") {
    using namespace asio::experimental::awaitable_operators;
    Server server(world.io, silence());
    auto both = run(world.io, world.client->send(Request{"GET", server.url()}, within(200)) &&
                                  world.client->send(Request{"GET", server.url()}, within(50)));
    expect_timeout(std::get<0>(both));
    expect_timeout(std::get<1>(both));
    CHECK(std::get<1>(both).error().detail.find("became free") != std::string::npos);
    CHECK(server.connections() == 1);
  }
}

TEST_CASE("Requests beyond the bound of connections wait their turn") {
  using namespace asio::experimental::awaitable_operators;
  Client::Settings settings;
  settings.max_connections_per_origin = 2;
  World world(settings);
  Server server(world.io, answers({ok("x"), ok("x"), ok("x"), ok("x"), ok("x"), ok("x")}));
  const auto one = [&] { return world.client->send(Request{"GET", server.url()}, within(5000)); };
  const auto all = run(world.io, one() && one() && one() && one() && one() && one());
  CHECK(std::apply([](const auto&... response) { return (response.has_value() && ...); }, all));
  CHECK(server.connections() == 2);
}

TEST_CASE("A lane that hangs holds up no other lane of its origin") {
  using namespace asio::experimental::awaitable_operators;
  Client::Settings settings;
  settings.max_connections_per_origin = 1;
  World world(settings);
  Server server(world.io, hang_the_first);
  const auto both = [](Client* client, std::string url) -> Task<bool> {
    Request hangs{.url = url, .lane = "one"};
    Request other{.url = url, .lane = "two"};
    const auto first = co_await (client->send(std::move(hangs), within(10'000)) ||
                                 client->send(std::move(other), within(10'000)));
    co_return first.index() == 1 && std::get<1>(first).has_value();
  };
  CHECK(run(world.io, both(world.client.get(), server.url())));
}

TEST_CASE("A cancelled request frees its connection for the next one") {
  using namespace asio::experimental::awaitable_operators;
  Client::Settings settings;
  settings.max_connections_per_origin = 1;
  World world(settings);
  Server server(world.io, hang_the_first);
  asio::steady_timer soon(world.io, milliseconds(20));
  auto first = run(world.io, world.client->send(Request{"GET", server.url()}, within(60'000)) ||
                                 soon.async_wait(asio::use_awaitable));
  CHECK(first.index() == 1);
  const auto second = world.get(server.url(), within(5000));
  REQUIRE(second);
  CHECK(second->body == "second");
}

}  // namespace settled::chains::http
