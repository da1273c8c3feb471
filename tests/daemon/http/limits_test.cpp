#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "daemon/http/server.hpp"
#include "tests/daemon/http/test_server.hpp"

using namespace settled;
using namespace settled::daemon::http;
using std::chrono::milliseconds;

namespace {

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kHalf = "GET /a HTTP/1.1\r\n";
constexpr std::string_view kOtherHalf = "Host: x\r\n\r\n";

std::string post(std::size_t content_length) {
  return "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(content_length) +
         "\r\n\r\n";
}

/// Sends one byte after the other until the server has had enough.
Answer drip(RawClient& client, char byte) {
  while (!client.readable_within(milliseconds(2))) {
    if (!client.send({&byte, 1})) break;
  }
  return client.read_answer();
}

}  // namespace

TEST_CASE("A header beyond the limit is refused, whether or not it ends") {
  TestServer server(echo);
  for (const char* end : {"\r\n\r\n", ""}) {
    RawClient client(server.port());
    client.send("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(16 * 1024, 'x') + end);
    const Answer answer = client.read_answer();
    CHECK(answer.status == 431);
    CHECK(answer.code() == "header_too_large");
    CHECK(answer.header("connection") == "close");
    CHECK(client.ends());
  }
  RawClient target(server.port());
  target.send("GET /" + std::string(20'000, 'a'));
  CHECK(target.read_answer().status == 431);
}

TEST_CASE("A header up to the limit is read") {
  TestServer server(echo);
  RawClient client(server.port());
  const std::string start = "GET /a HTTP/1.1\r\nHost: h\r\nX: ";
  REQUIRE(client.send(start + std::string(16 * 1024 - start.size() - 4, 'x') + "\r\n\r\n"));
  CHECK(client.read_answer().status == 200);
}

TEST_CASE("A body up to the limit is read") {
  TestServer server(echo);
  RawClient client(server.port());
  const std::string body(256 * 1024, 'b');
  REQUIRE(client.send(post(body.size()) + body));
  const Answer answer = client.read_answer();
  CHECK(answer.status == 200);
  CHECK(answer.body.ends_with("\nbody " + body));
}

TEST_CASE("A body announced beyond the limit is refused before it is read") {
  TestServer server(echo);
  for (const std::size_t size : {std::size_t{256 * 1024 + 1}, std::size_t{999'999'999'999}}) {
    RawClient client(server.port());
    REQUIRE(client.send(post(size)));
    const Answer answer = client.read_answer();
    CHECK(answer.status == 413);
    CHECK(answer.code() == "body_too_large");
    CHECK(client.ends());
  }
}

TEST_CASE("A client that sends all of a body too large still reads the answer") {
  TestServer server(echo);
  RawClient client(server.port());
  const std::string body(5'000'000, 'b');
  REQUIRE(client.send(post(body.size()) + body));
  const Answer answer = client.read_answer();
  CHECK(answer.status == 413);
  CHECK(client.ends());
}

TEST_CASE("A client that waits for 100 Continue with too much is refused at once") {
  TestServer server(echo);
  RawClient client(server.port());
  REQUIRE(
      client.send("POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                  "Content-Length: 300000\r\n\r\n"));
  CHECK(client.read_answer().status == 413);
}

TEST_CASE("A chunked body is refused where it passes the limit") {
  TestServer server(echo);
  RawClient client(server.port());
  REQUIRE(client.send("POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"));
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'c') + "\r\n";
  for (int i = 0; i < 5; ++i) REQUIRE(client.send(chunk));
  CHECK(client.read_answer().status == 413);

  RawClient huge(server.port());
  REQUIRE(
      huge.send("POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                "7fffffffffffffff\r\nabc"));
  CHECK(huge.read_answer().status == 413);
}

TEST_CASE("A chunk whose head does not end is refused") {
  TestServer server(echo);
  RawClient client(server.port());
  REQUIRE(client.send("POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4;x="));
  client.send(std::string(64 * 1024, 'x'));
  CHECK(client.read_answer().status == 400);
}

TEST_CASE("A header that drips in is cut off by the time of the whole") {
  ServerLimits limits = TestServer::quick();
  limits.header_timeout = milliseconds(60);
  TestServer server(echo, limits);
  RawClient client(server.port());
  REQUIRE(client.send("GET / HTTP/1.1\r\nX: "));
  const Answer answer = drip(client, 'x');
  CHECK(answer.status == 408);
  CHECK(answer.code() == "request_timeout");
  CHECK(answer.header("connection") == "close");
}

TEST_CASE("A body that drips in is cut off by the time of the whole") {
  ServerLimits limits = TestServer::quick();
  limits.body_timeout = milliseconds(60);
  TestServer server(echo, limits);
  RawClient client(server.port());
  REQUIRE(client.send(post(200'000)));
  CHECK(drip(client, 'b').status == 408);

  RawClient chunked(server.port());
  REQUIRE(chunked.send("POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4;x="));
  CHECK(drip(chunked, 'x').status == 408);
}

TEST_CASE("An idle connection is closed without a word, before and after a request") {
  ServerLimits limits = TestServer::quick();
  limits.idle_timeout = milliseconds(40);
  TestServer server(echo, limits);
  RawClient silent(server.port());
  CHECK(silent.ends());
  RawClient used(server.port());
  REQUIRE(used.send(kGet));
  CHECK(used.read_answer().status == 200);
  CHECK(used.ends());
  RawClient blank(server.port());
  while (!blank.readable_within(milliseconds(2))) {
    if (!blank.send("\r\n")) break;
  }
  CHECK(blank.read_to_end().empty());
}

TEST_CASE("The idle time starts anew with every request") {
  ServerLimits limits = TestServer::quick();
  limits.idle_timeout = milliseconds(500);
  TestServer server(echo, limits);
  RawClient client(server.port());
  const auto until = std::chrono::steady_clock::now() + milliseconds(1200);
  while (std::chrono::steady_clock::now() < until) {
    REQUIRE(client.send(kGet));
    CHECK(client.read_answer().status == 200);
  }
}

TEST_CASE("A client that does not read its answer loses the connection") {
  ServerLimits limits = TestServer::quick();
  limits.write_timeout = milliseconds(60);
  const auto handler = [](Request) -> Task<Response> {
    Response response;
    response.body.assign(32'000'000, 'x');
    co_return response;
  };
  TestServer server(handler, limits);
  RawClient client(server.port());
  client.shrink_receive_buffer();
  REQUIRE(client.send(kGet));
  REQUIRE(server.wait_for_connections(1));
  CHECK(server.wait_for_connections(0));
}

TEST_CASE("A refused client that goes on sending is cut off") {
  ServerLimits limits = TestServer::quick();
  limits.linger_timeout = milliseconds(60);
  TestServer server(echo, limits);
  RawClient client(server.port());
  REQUIRE(client.send("nonsense\r\n\r\n"));
  CHECK(client.read_answer().status == 400);
  CHECK(server.wait_for_connections(0));
}

TEST_CASE("Connections beyond the limit are answered 503, and taken again when one is free") {
  ServerLimits limits = TestServer::quick();
  limits.connections = 2;
  TestServer server(echo, limits);
  auto first = std::make_unique<RawClient>(server.port());
  RawClient second(server.port());
  for (RawClient* client : {first.get(), &second}) {
    REQUIRE(client->send(kGet));
    CHECK(client->read_answer().status == 200);
    REQUIRE(client->send(kHalf));
  }
  {
    RawClient third(server.port());
    third.send(kGet);
    const Answer answer = third.read_answer();
    CHECK(answer.status == 503);
    CHECK(answer.code() == "too_many_connections");
    CHECK(answer.header("retry-after") == "1");
    CHECK(answer.header("request-id").starts_with("req_"));
    CHECK(third.ends());
  }
  first.reset();
  REQUIRE(server.wait_for_connections(1));
  RawClient fourth(server.port());
  REQUIRE(fourth.send(kGet));
  CHECK(fourth.read_answer().status == 200);
  REQUIRE(second.send(kOtherHalf));
  CHECK(second.read_answer().status == 200);
}

TEST_CASE("A crowd beyond the limit is answered one after the other and nobody is lost") {
  ServerLimits limits = TestServer::quick();
  limits.connections = 1;
  limits.linger_timeout = milliseconds(50);
  TestServer server(echo, limits);
  RawClient only(server.port());
  REQUIRE(only.send(kGet));
  CHECK(only.read_answer().status == 200);
  REQUIRE(only.send(kHalf));
  std::vector<std::unique_ptr<RawClient>> crowd;
  for (int i = 0; i < 150; ++i) crowd.push_back(std::make_unique<RawClient>(server.port()));
  for (const auto& client : crowd) CHECK(client->read_answer().status == 503);
  REQUIRE(only.send(kOtherHalf));
  CHECK(only.read_answer().status == 200);
}

TEST_CASE("A request that came while the thread was busy is no idleness, and is answered") {
  ServerLimits limits = TestServer::quick();
  limits.connections = 1;
  std::promise<void> busy;
  std::promise<void> go_on;
  std::size_t asked = 0;
  const auto handler = [&](Request request) -> Task<Response> {
    if (++asked == 1) {
      busy.set_value();
      go_on.get_future().wait_for(std::chrono::seconds(20));
    }
    return echo(std::move(request));
  };
  TestServer server(handler, limits);
  RawClient customer(server.port());
  REQUIRE(customer.send(kGet));
  REQUIRE(busy.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  REQUIRE(customer.send(kGet));
  RawClient stranger(server.port());
  go_on.set_value();
  CHECK(customer.read_answer().status == 200);
  CHECK(stranger.read_answer().status == 503);
  CHECK(customer.read_answer().status == 200);
}

TEST_CASE("Strangers who say nothing keep nobody out: the longest idle gives way") {
  ServerLimits limits = TestServer::quick();
  limits.connections = 3;
  TestServer server(echo, limits);
  RawClient busy(server.port());
  REQUIRE(busy.send(kHalf));
  const auto stranger = std::make_unique<RawClient>(server.port());
  RawClient customer(server.port());
  REQUIRE(customer.send(kGet));
  CHECK(customer.read_answer().status == 200);
  REQUIRE(server.wait_for_connections(3));
  RawClient fresh(server.port());
  REQUIRE(fresh.send(kGet));
  CHECK(fresh.read_answer().status == 200);
  CHECK(stranger->ends());
  REQUIRE(customer.send(kGet));
  CHECK(customer.read_answer().status == 200);
  REQUIRE(busy.send(kOtherHalf));
  CHECK(busy.read_answer().status == 200);
  for (int i = 0; i < 20; ++i) {
    RawClient next(server.port());
    REQUIRE(next.send(kGet));
    CHECK(next.read_answer().status == 200);
  }
}
