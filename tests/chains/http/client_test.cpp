#include "chains/http/client.hpp"

#include <chrono>
#include <string>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include "chains/http/address_policy.hpp"
#include "tests/chains/http/client_world.hpp"
#include "tests/chains/http/server.hpp"

namespace settled::chains::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

Request retriable(std::string url) {
  Request request{"POST", std::move(url)};
  request.body = "{}";
  request.retry_on_stale = true;
  return request;
}

Task<bool> wait_until_closed(const Server& server, int count) {
  asio::steady_timer tick(co_await asio::this_coro::executor);
  for (int i = 0; i < 5000 && server.closed() < count; ++i) {
    tick.expires_after(milliseconds(1));
    co_await tick.async_wait(asio::use_awaitable);
  }
  co_return server.closed() >= count;
}

}  // namespace

TEST_CASE("A request arrives as it was given, and the answer comes back") {
  World world;
  std::string seen;
  Server server(world.io, [&](Peer& peer) -> Task<void> {
    seen = co_await peer.request();
    co_await peer.send("HTTP/1.1 201 Created\r\nX-Thing: one\r\nContent-Length: 2\r\n\r\nhi");
  });
  Request request{"POST", server.url("/a?b=c"), {{"x-key", "value"}}, "body"};
  const auto response = world.send(std::move(request));
  REQUIRE(response);
  CHECK(response->status == 201);
  CHECK(response->body == "hi");
  CHECK(response->header("x-thing") == "one");
  CHECK(response->header("missing").empty());
  CHECK(seen.starts_with("POST /a?b=c HTTP/1.1\r\n"));
  CHECK(seen.find("Host: 127.0.0.1:" + std::to_string(server.port())) != std::string::npos);
  CHECK(seen.find("x-key: value\r\n") != std::string::npos);
  CHECK(seen.ends_with("Content-Length: 4\r\n\r\nbody"));
}

TEST_CASE("A connection is used again while both sides keep it") {
  World world;
  Server server(world.io, answers({ok("1"), ok("2"), ok("3")}));
  for (const char* expected : {"1", "2", "3"}) CHECK(world.get(server.url())->body == expected);
  CHECK(server.connections() == 1);
}

TEST_CASE("Idle connections over all origins are bounded: the longest idle is closed") {
  Client::Settings settings;
  settings.max_idle_connections = 2;
  World world(settings);
  Server first(world.io, answers({ok("1")}));
  Server second(world.io, answers({ok("1"), ok("2")}));
  Server third(world.io, answers({ok("1")}));
  for (const Server* server : {&first, &second, &third}) CHECK(world.get(server->url()));
  CHECK(run(world.io, wait_until_closed(first, 1)));
  CHECK(world.get(second.url()));
  CHECK(second.connections() == 1);
  CHECK(third.closed() == 0);
}

TEST_CASE("A connection is not used again when the server said so") {
  World world;
  Server server(world.io,
                answers({"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1",
                         "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n2", ok("3")}));
  for (const char* expected : {"1", "2", "3"}) CHECK(world.get(server.url())->body == expected);
  CHECK(server.connections() == 3);
}

TEST_CASE("Bytes after an answer are never taken for the next answer") {
  World world;
  Server server(world.io, answers({ok("1") + ok("forged"), ok("2")}));
  CHECK(world.get(server.url())->body == "1");
  CHECK(world.get(server.url())->body == "2");
  CHECK(server.connections() == 2);
}

TEST_CASE("An idle connection that the server has closed is replaced unnoticed") {
  World world;
  Server server(world.io, [](Peer& peer) -> Task<void> {
    co_await peer.request();
    co_await peer.send(ok(std::to_string(peer.number())));
  });
  CHECK(world.get(server.url())->body == "1");
  REQUIRE(run(world.io, wait_until_closed(server, 1)));
  CHECK(world.get(server.url())->body == "2");
}

TEST_CASE("A reused connection that dies before an answer is retried once, if allowed") {
  World world;
  Server server(world.io, [](Peer& peer) -> Task<void> {
    co_await peer.request();
    co_await peer.send(ok(std::to_string(peer.number())));
    co_await peer.request();  // the second request is read and never answered
  });
  CHECK(world.get(server.url())->body == "1");
  SECTION("allowed") {
    const auto response = world.send(retriable(server.url()));
    REQUIRE(response);
    CHECK(response->body == "2");
    CHECK(server.connections() == 2);
  }
  SECTION("not allowed") {
    const auto response = world.get(server.url());
    REQUIRE_FALSE(response);
    CHECK(response.error().code == Errc::Unavailable);
    CHECK(response.error().reason == "connection_lost");
    CHECK(server.connections() == 1);
  }
}

TEST_CASE("A new connection that dies is never retried") {
  World world;
  Server server(world.io, [](Peer& peer) -> Task<void> { co_await peer.request(); });
  CHECK(world.send(retriable(server.url())).error().reason == "connection_lost");
  CHECK(server.connections() == 1);
}

TEST_CASE("An answer that broke off after its first byte is never retried") {
  World world;
  Server server(world.io, [](Peer& peer) -> Task<void> {
    co_await peer.request();
    co_await peer.send(ok("1"));
    co_await peer.request();
    co_await peer.send("HTTP/1.1 200");
  });
  REQUIRE(world.get(server.url()));
  CHECK(world.send(retriable(server.url())).error().reason == "connection_lost");
  CHECK(server.connections() == 1);
}

TEST_CASE("Idle connections are closed after their time, and at shutdown") {
  Client::Settings settings;
  SECTION("after their time") {
    settings.idle_timeout = milliseconds(5);
  }
  SECTION("at shutdown") {}
  const bool by_time = settings.idle_timeout < milliseconds(100);
  World world(settings);
  Server server(world.io, answers({ok("1")}));
  REQUIRE(world.get(server.url()));
  if (!by_time) {
    world.client->shutdown();
    CHECK(world.get(server.url()).error().reason == "shut_down");
  }
  CHECK(run(world.io, wait_until_closed(server, 1)));
}

TEST_CASE("Every form of body is read") {
  World world;
  SECTION("chunked") {
    Server server(world.io, answers({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                     "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
                                     ok("2")}));
    CHECK(world.get(server.url())->body == "abcde");
    CHECK(world.get(server.url())->body == "2");
    CHECK(server.connections() == 1);
  }
  SECTION("none, by status") {
    Server server(world.io, answers({"HTTP/1.1 204 No Content\r\n\r\n", ok("2")}));
    const auto response = world.get(server.url());
    REQUIRE(response);
    CHECK(response->status == 204);
    CHECK(response->body.empty());
    CHECK(world.get(server.url())->body == "2");
    CHECK(server.connections() == 1);
  }
  SECTION("none, since only the head was asked for") {
    Server server(world.io, answers({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", ok("2")}));
    CHECK(world.send(Request{"HEAD", server.url()})->body.empty());
    CHECK(world.get(server.url())->body == "2");
  }
  SECTION("until the connection ends") {
    Server server(world.io, [](Peer& peer) -> Task<void> {
      co_await peer.request();
      co_await peer.send("HTTP/1.1 200 OK\r\n\r\nall of it");
    });
    CHECK(world.get(server.url())->body == "all of it");
  }
  SECTION("after informational answers") {
    Server server(world.io, answers({"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n"
                                     "Link: x\r\n\r\n" +
                                     ok("final")}));
    CHECK(world.get(server.url())->body == "final");
  }
}

TEST_CASE("A body much larger than any buffer is read whole") {
  World world;
  const std::string body(5'000'000, 'x');
  const bool chunked = GENERATE(true, false);
  Server server(world.io, answers({chunked ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                             "4c4b40\r\n" +
                                                 body + "\r\n0\r\n\r\n"
                                           : ok(body)}));
  const auto response = world.get(server.url(), {body.size(), milliseconds(20'000)});
  REQUIRE(response);
  CHECK((response->body == body));
}

TEST_CASE("Redirects and refusals are answers like any other") {
  World world;
  Server server(world.io, answers({"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
                                   "Content-Length: 0\r\n\r\n",
                                   "HTTP/1.1 500 Oops\r\nContent-Length: 3\r\n\r\nbad"}));
  const auto redirect = world.get(server.url());
  REQUIRE(redirect);
  CHECK(redirect->status == 302);
  CHECK(redirect->header("location") == "http://127.0.0.1:1/");
  CHECK(world.get(server.url())->status == 500);
}

TEST_CASE("A body larger than allowed is refused, however its size is told") {
  World world;
  const std::string answer = GENERATE(
      std::string("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n"),
      std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n"),
      std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n12345678901\r\n"),
      std::string("HTTP/1.1 200 OK\r\n\r\n12345678901"));
  Server server(world.io, answers({answer}));
  const auto response = world.get(server.url(), {10, milliseconds(5000)});
  REQUIRE_FALSE(response);
  CHECK(response.error().code == Errc::Corrupt);
  CHECK(response.error().reason == "body_too_large");
}

TEST_CASE("What is not HTTP is refused") {
  World world;
  const std::string answer =
      GENERATE(std::string("SSH-2.0-OpenSSH_9.2p1\r\n\r\n"),
               std::string("\x16\x03\x01\x02\x00\x01\x00", 7) + std::string(16, '\0'),
               std::string("HTTP/1.1 abc OK\r\n\r\n"), std::string("HTTP/7.1 200 OK\r\n\r\n"),
               std::string("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
               std::string("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
               std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
               std::string("HTTP/1.1 200 OK\r\nX: ") + std::string(70'000, 'a'));
  Server server(world.io, answers({answer}));
  const auto response = world.get(server.url(), within(5000));
  REQUIRE_FALSE(response);
  CHECK(response.error().code == Errc::Corrupt);
  CHECK(response.error().reason == "bad_http");
}

TEST_CASE("A connection that ends within an answer is lost, not an answer") {
  World world;
  const std::string part = GENERATE("", "HTTP/1.1 200 OK\r\nContent-Le",
                                    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123",
                                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab");
  Server server(world.io, [part](Peer& peer) -> Task<void> {
    co_await peer.request();
    co_await peer.send(part);
  });
  const auto response = world.get(server.url());
  REQUIRE_FALSE(response);
  CHECK(response.error().code == Errc::Unavailable);
  CHECK(response.error().reason == "connection_lost");
}

TEST_CASE("A port that nobody listens on is a failed connection") {
  World world;
  std::string url;
  {
    const Server gone(world.io, silence());
    url = gone.url();
  }
  const auto response = world.get(url);
  REQUIRE_FALSE(response);
  CHECK(response.error().code == Errc::Unavailable);
  CHECK(response.error().reason == "connect_failed");
}

TEST_CASE("A name that does not exist is a failed connection") {
  World world;
  const auto response = world.get("http://no-such-host.invalid/");
  REQUIRE_FALSE(response);
  CHECK((response.error().reason == "connect_failed" || response.error().reason == "timeout"));
}

TEST_CASE("A client may be destroyed while an exchange is under way") {
  World world;
  Server server(world.io, answers({ok("late")}));
  auto under_way = world.client->send(Request{"GET", server.url()}, within(5000));
  world.client.reset();
  CHECK(run(world.io, std::move(under_way)).error().reason == "shut_down");
}

TEST_CASE("The address filter is asked for the address that is connected to") {
  Client::Settings settings;
  settings.address_filter = require_public;
  World world(settings);
  Server server(world.io, silence());
  const auto port = std::to_string(server.port());
  const std::string host = GENERATE("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]",
                                    "2130706433", "0x7f000001", "127.1", "0");
  CAPTURE(host);
  const auto response = world.get("http://" + host + ":" + port + "/");
  REQUIRE_FALSE(response);
  CHECK(response.error().code == Errc::Rejected);
  CHECK(response.error().reason == "forbidden_address");
  CHECK(server.connections() == 0);
}

TEST_CASE("Malformed requests never reach a socket") {
  World world;
  Server server(world.io, silence());
  const Request request = GENERATE_REF(
      Request{"GET /x HTTP/1.1\r\nA:", server.url()}, Request{"", server.url()},
      Request{"GET", server.url(), {{"x", "a\r\nHost: evil"}}},
      Request{"GET", server.url(), {{"x y", "a"}}}, Request{"GET", server.url(), {{"", "a"}}},
      Request{"GET", server.url(), {{"Host", "evil"}}},
      Request{"GET", server.url(), {{"content-length", "5"}}},
      Request{"GET", server.url(), {{"x", std::string(10'000, 'a')}}});
  const auto response = world.send(request);
  REQUIRE_FALSE(response);
  CHECK(response.error().code == Errc::Invalid);
  CHECK(response.error().reason == "invalid_request");
  CHECK(world.get("ftp://example.com/").error().reason == "invalid_url");
  CHECK(server.connections() == 0);
}

}  // namespace settled::chains::http
