#include <chrono>
#include <future>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "daemon/http/server.hpp"
#include "tests/daemon/http/test_server.hpp"

using namespace settled;
using namespace settled::daemon::http;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

Handler waiting_at(Gate& gate) {
  return [&gate](Request request) -> Task<Response> {
    if (request.path == "/a") co_await gate.pass();
    Response response;
    response.body = "done";
    co_return response;
  };
}

}  // namespace

TEST_CASE("Draining closes idle connections and run returns") {
  TestServer server(echo);
  RawClient fresh(server.port());
  RawClient used(server.port());
  REQUIRE(used.send(kGet));
  CHECK(used.read_answer().status == 200);
  REQUIRE(server.wait_for_connections(2));
  server.drain(seconds(20));
  CHECK(fresh.ends());
  CHECK(used.ends());
  server.wait_until_stopped();
}

TEST_CASE("Draining answers a request that had come before it began, though nobody had read it") {
  std::promise<void> busy;
  std::promise<void> go_on;
  const auto handler = [&](Request request) -> Task<Response> {
    if (request.path == "/busy") {
      busy.set_value();
      go_on.get_future().wait_for(seconds(20));
    }
    return echo(std::move(request));
  };
  TestServer server(handler);
  RawClient other(server.port());
  RawClient client(server.port());
  REQUIRE(client.send(kGet));
  CHECK(client.read_answer().status == 200);
  REQUIRE(server.wait_for_connections(2));
  REQUIRE(other.send("GET /busy HTTP/1.1\r\nHost: x\r\n\r\n"));
  REQUIRE(busy.get_future().wait_for(seconds(20)) == std::future_status::ready);
  REQUIRE(client.send(kGet));
  server.begin_drain(seconds(20));
  go_on.set_value();
  CHECK(other.read_answer().status == 200);
  const Answer answer = client.read_answer();
  CHECK(answer.status == 200);
  CHECK(answer.header("connection") == "close");
  client.end_sending();
  other.end_sending();
  server.wait_until_stopped();
}

TEST_CASE("Draining lets what is in flight be answered, and tells the client to go") {
  Gate gate;
  TestServer server(waiting_at(gate));
  RawClient client(server.port());
  REQUIRE(client.send(kGet));
  gate.wait_for_arrival();
  RawClient idle(server.port());
  REQUIRE(server.wait_for_connections(2));
  server.begin_drain(seconds(20));
  CHECK(idle.ends());
  gate.open();
  const Answer answer = client.read_answer();
  CHECK(answer.status == 200);
  CHECK(answer.body == "done");
  CHECK(answer.header("connection") == "close");
  CHECK(client.ends());
  client.end_sending();
  server.wait_until_stopped();
}

TEST_CASE("A request that had begun to come in when draining started is answered") {
  TestServer server(echo);
  RawClient client(server.port());
  REQUIRE(client.send(
      "POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"));
  CHECK(client.read_answer().status == 100);
  server.begin_drain(seconds(20));
  REQUIRE(server.wait_for_connections(1));
  REQUIRE(client.send("abc"));
  const Answer answer = client.read_answer();
  CHECK(answer.body.ends_with("\nbody abc"));
  CHECK(answer.header("connection") == "close");
}

TEST_CASE("What is not answered by the deadline is canceled") {
  Gate never;
  TestServer server(waiting_at(never));
  RawClient client(server.port());
  REQUIRE(client.send(kGet));
  never.wait_for_arrival();
  RawClient partial(server.port());
  REQUIRE(partial.send("GET /half"));
  REQUIRE(server.wait_for_connections(2));
  server.drain(milliseconds(30));
  CHECK(client.read_to_end().empty());
  CHECK(partial.read_to_end().empty());
  server.wait_until_stopped();
  CHECK(server.logged().empty());
}

TEST_CASE("Nobody can connect once draining has started") {
  TestServer server(echo);
  server.drain(seconds(20));
  CHECK(TestServer::try_listen("127.0.0.1", server.port()));
}
