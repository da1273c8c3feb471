#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>

#include "daemon/http/server.hpp"
#include "tests/daemon/http/test_server.hpp"

using namespace settled;
using namespace settled::daemon::http;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::string_view kGet = "GET /events HTTP/1.1\r\nHost: x\r\n\r\n";

Handler streaming(std::function<Task<void>(EventStream&)> stream) {
  return [stream](Request) -> Task<Response> {
    Response response;
    response.content_type = "text/event-stream";
    response.stream = stream;
    co_return response;
  };
}

}  // namespace

TEST_CASE("A stream is sent piece by piece, in chunks, and then the connection ends") {
  Gate gate;
  TestServer server(streaming([&gate](EventStream& events) -> Task<void> {
    const Status first = co_await events.send("data: 1\n\n");
    CHECK(first);
    const Status nothing = co_await events.send("");
    CHECK(nothing);
    co_await gate.pass();
    const Status second = co_await events.send("data: the second\n\n");
    CHECK(second);
  }));
  RawClient client(server.port());
  REQUIRE(client.send(kGet));
  const Answer head = client.read_answer();
  CHECK(head.status == 200);
  CHECK(head.header("content-type") == "text/event-stream");
  CHECK(head.header("transfer-encoding") == "chunked");
  CHECK(head.headers.count("content-length") == 0);
  CHECK(head.header("cache-control") == "no-store");
  gate.wait_for_arrival();
  gate.open();
  CHECK(client.read_to_end() == "9\r\ndata: 1\n\n\r\n12\r\ndata: the second\n\n\r\n0\r\n\r\n");
}

TEST_CASE("A stream to HTTP/1.0 is ended by the end of the connection") {
  TestServer server(streaming([](EventStream& events) -> Task<void> {
    const Status sent = co_await events.send("data: 1\n\n");
    CHECK(sent);
  }));
  RawClient client(server.port());
  REQUIRE(client.send("GET /events HTTP/1.0\r\n\r\n"));
  const Answer head = client.read_answer();
  CHECK(head.headers.count("transfer-encoding") == 0);
  CHECK(head.header("connection") == "close");
  CHECK(client.read_to_end() == "data: 1\n\n");
}

TEST_CASE("HEAD of a stream does not start it") {
  bool started = false;
  TestServer server(streaming([&started](EventStream&) -> Task<void> {
    started = true;
    co_return;
  }));
  RawClient client(server.port());
  REQUIRE(client.send("HEAD /events HTTP/1.1\r\nHost: h\r\n\r\n"));
  CHECK(client.read_answer(true).status == 200);
  CHECK(client.ends());
  CHECK_FALSE(started);
}

TEST_CASE("A stream learns that its client is gone or does not read") {
  ServerLimits limits = TestServer::quick();
  limits.write_timeout = milliseconds(60);
  std::promise<std::string> end;
  const auto stream = [&end](EventStream& events) -> Task<void> {
    const std::string piece(100'000, 'x');
    for (;;) {
      const Status sent = co_await events.send(piece);
      if (sent) continue;
      const Status again = co_await events.send(piece);
      end.set_value(sent.error().reason + (again ? " but not again" : ""));
      co_return;
    }
  };
  TestServer server(streaming(stream), limits);
  auto client = std::make_unique<RawClient>(server.port());
  REQUIRE(client->send(kGet));
  SECTION("gone") {
    CHECK(client->read_answer().status == 200);
    client.reset();
    CHECK(end.get_future().get() == "disconnected");
  }
  SECTION("not reading") {
    CHECK(end.get_future().get() == "write_timeout");
  }
  CHECK(server.wait_for_connections(0));
  CHECK(server.logged().empty());
}

TEST_CASE("A stream that throws is logged and its last chunk is missing") {
  TestServer server(streaming([](EventStream& events) -> Task<void> {
    const Status sent = co_await events.send("x");
    CHECK(sent);
    throw std::runtime_error("out of events");
  }));
  RawClient client(server.port());
  REQUIRE(client.send(kGet));
  CHECK(client.read_answer().status == 200);
  CHECK(client.read_to_end() == "1\r\nx\r\n");
  REQUIRE(server.wait_for_connections(0));
  REQUIRE(server.logged().size() == 1);
  CHECK(server.logged().front().find("out of events") != std::string::npos);
}

TEST_CASE("Draining ends a stream at once") {
  Gate never;
  TestServer server(streaming([&never](EventStream&) -> Task<void> { co_await never.pass(); }));
  RawClient client(server.port());
  REQUIRE(client.send(kGet));
  CHECK(client.read_answer().status == 200);
  never.wait_for_arrival();
  server.drain(seconds(20));
  server.wait_until_stopped();
  CHECK(client.read_to_end().empty());
  CHECK(server.logged().empty());
}
