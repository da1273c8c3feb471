#include "daemon/http/server.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "daemon/http/router.hpp"
#include "ledger/types/id.hpp"
#include "tests/daemon/http/test_server.hpp"

using namespace settled;
using namespace settled::daemon::http;

namespace {

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

bool is_request_id(const std::string& text) {
  return text.starts_with("req_") && decode_id(std::string_view(text).substr(4)).has_value();
}

}  // namespace

TEST_CASE("A request is answered with the headers every answer has") {
  TestServer server(echo);
  RawClient client(server.port());
  REQUIRE(client.send("GET /v1/x?limit=2&a=%C3%A9+b HTTP/1.1\r\nHost: h\r\n\r\n"));
  const Answer answer = client.read_answer();
  CHECK(answer.status == 200);
  CHECK(answer.header("content-type") == "text/plain");
  CHECK(answer.header("cache-control") == "no-store");
  CHECK(answer.header("x-content-type-options") == "nosniff");
  CHECK(answer.header("date").ends_with(" GMT"));
  CHECK(answer.header("connection").empty());
  CHECK(is_request_id(answer.header("request-id")));
  CHECK(answer.body.starts_with("GET /v1/x\nlimit=2\na=é b\nid " + answer.header("request-id")));
  CHECK(answer.body.find("\nremote 127.0.0.1:") != std::string::npos);
}

TEST_CASE("A connection serves many requests, each with its own id") {
  TestServer server(echo);
  RawClient client(server.port());
  std::string last;
  for (int i = 0; i < 50; ++i) {
    const std::string body = "body " + std::to_string(i);
    REQUIRE(client.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: " +
                        std::to_string(body.size()) + "\r\n\r\n" + body));
    const Answer answer = client.read_answer();
    CHECK(answer.body.ends_with("\nbody " + body));
    CHECK(answer.header("request-id") > last);
    last = answer.header("request-id");
  }
}

TEST_CASE("Requests that come all at once are answered in order") {
  TestServer server(echo);
  RawClient client(server.port());
  std::string all;
  for (int i = 0; i < 20; ++i) {
    all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc";
    all += "GET /g" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
  }
  REQUIRE(client.send(all));
  for (int i = 0; i < 20; ++i) {
    CHECK(client.read_answer().body.starts_with("POST /" + std::to_string(i) + "\n"));
    CHECK(client.read_answer().body.starts_with("GET /g" + std::to_string(i) + "\n"));
  }
}

TEST_CASE("A request that comes byte by byte is read") {
  TestServer server(echo);
  RawClient client(server.port());
  const std::string request =
      "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "4;ext=1\r\nabcd\r\n1\r\ne\r\n0\r\nTrailer: x\r\n\r\n";
  for (const char c : request) REQUIRE(client.send({&c, 1}));
  CHECK(client.read_answer().body.ends_with("\nbody abcde"));
  REQUIRE(client.send(kGet));
  CHECK(client.read_answer().status == 200);
}

TEST_CASE("A trailer cannot add a header to a request that was already read") {
  const auto handler = [](Request request) -> Task<Response> {
    Response response;
    response.body = request.header("authorization") ? "yes" : "no";
    co_return response;
  };
  TestServer server(handler);
  RawClient client(server.port());
  REQUIRE(
      client.send("POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "0\r\nAuthorization: Bearer sk\r\n\r\n"));
  CHECK(client.read_answer().body == "no");
}

TEST_CASE("Empty lines before a request are skipped") {
  TestServer server(echo);
  RawClient client(server.port());
  REQUIRE(client.send("\r\n\r\n" + std::string(kGet) + "\r\n" + std::string(kGet)));
  CHECK(client.read_answer().status == 200);
  CHECK(client.read_answer().status == 200);
}

TEST_CASE("HEAD is answered as GET without the body") {
  Router router;
  router.add("GET", "/a", [](Request, PathParameters) -> Task<Response> {
    Response response;
    response.body = "{}";
    co_return response;
  });
  TestServer server([&router](Request request) { return router.answer(std::move(request)); });
  RawClient client(server.port());
  REQUIRE(client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(kGet)));
  const Answer head = client.read_answer(true);
  CHECK(head.status == 200);
  CHECK(head.header("content-length") == "2");
  CHECK(head.header("content-type") == "application/json");
  CHECK(client.read_answer().body == "{}");
}

TEST_CASE("The router's problems reach the client") {
  Router router;
  router.add("POST", "/a", [](Request, PathParameters) -> Task<Response> { co_return Response{}; });
  TestServer server([&router](Request request) { return router.answer(std::move(request)); });
  RawClient client(server.port());
  REQUIRE(client.send(kGet));
  const Answer refused = client.read_answer();
  CHECK(refused.status == 405);
  CHECK(refused.header("allow") == "POST");
  CHECK(refused.header("content-type") == "application/problem+json");
  REQUIRE(client.send("GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n"));
  const Answer missing = client.read_answer();
  CHECK(missing.status == 404);
  CHECK(missing.code() == "not_found");
  CHECK(missing.body.find(missing.header("request-id")) != std::string::npos);
}

TEST_CASE("A client that asks for the end gets it, and so does HTTP/1.0") {
  TestServer server(echo);
  for (const char* request :
       {"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET /a HTTP/1.0\r\n\r\n"}) {
    RawClient client(server.port());
    REQUIRE(client.send(request));
    CHECK(client.read_answer().header("connection") == "close");
    CHECK(client.ends());
  }
  RawClient old(server.port());
  REQUIRE(old.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  CHECK(old.read_answer().header("connection") == "keep-alive");
  REQUIRE(old.send(kGet));
  CHECK(old.read_answer().status == 200);
}

TEST_CASE("A client that ends its sending still gets the answer") {
  TestServer server(echo);
  RawClient client(server.port());
  REQUIRE(client.send(kGet));
  client.end_sending();
  CHECK(client.read_answer().status == 200);
  CHECK(client.ends());
}

TEST_CASE("A client that waits for 100 Continue is told to go on") {
  TestServer server(echo);
  RawClient client(server.port());
  REQUIRE(
      client.send("POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\n"
                  "Content-Length: 4\r\n\r\n"));
  CHECK(client.read_answer().status == 100);
  REQUIRE(client.send("abcd"));
  CHECK(client.read_answer().body.ends_with("\nbody abcd"));
}

TEST_CASE("A handler that throws is answered by 500 and logged, and the server lives") {
  const auto handler = [](Request request) -> Task<Response> {
    if (request.path == "/std") throw std::runtime_error("secret of the house");
    if (request.path == "/int") throw 7;
    co_return Response{};
  };
  TestServer server(handler);
  RawClient client(server.port());
  for (const char* path : {"/std", "/int"}) {
    REQUIRE(client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n"));
    const Answer answer = client.read_answer();
    CHECK(answer.status == 500);
    CHECK(answer.code() == "internal");
    CHECK(answer.body.find("secret") == std::string::npos);
  }
  REQUIRE(client.send(kGet));
  CHECK(client.read_answer().status == 200);
  const auto lines = server.logged();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("secret of the house") != std::string::npos);
  CHECK(lines[0].starts_with("req_"));
}

TEST_CASE("A header that would end its line never leaves") {
  const auto handler = [](Request request) -> Task<Response> {
    Response response;
    response.headers.emplace_back("Location", request.query.at(0).second);
    co_return response;
  };
  TestServer server(handler);
  RawClient client(server.port());
  REQUIRE(client.send("GET /?to=x%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: h\r\n\r\n"));
  const Answer answer = client.read_answer();
  CHECK(answer.status == 500);
  CHECK(answer.header("set-cookie").empty());
  CHECK(server.logged().size() == 1);
}

TEST_CASE("204 has neither body nor length") {
  const auto handler = [](Request) -> Task<Response> {
    Response response;
    response.status = 204;
    co_return response;
  };
  TestServer server(handler);
  RawClient client(server.port());
  REQUIRE(client.send(std::string(kGet) + std::string(kGet)));
  const Answer answer = client.read_answer();
  CHECK(answer.status == 204);
  CHECK(answer.headers.count("content-length") == 0);
  CHECK(answer.headers.count("content-type") == 0);
  CHECK(client.read_answer().status == 204);
}

TEST_CASE("Many clients at once are all served") {
  TestServer server(echo);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    REQUIRE(clients.back()->send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n"));
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    CHECK(clients[i]->read_answer().body.starts_with("GET /" + std::to_string(i) + "\n"));
  }
}

TEST_CASE("A server and its loop may be destroyed while requests are under way") {
  Gate gate;
  const auto handler = [&gate](Request) -> Task<Response> {
    co_await gate.pass();
    co_return Response{};
  };
  TestServer server(handler);
  RawClient waiting(server.port());
  REQUIRE(waiting.send(kGet));
  gate.wait_for_arrival();
  RawClient idle(server.port());
  RawClient partial(server.port());
  REQUIRE(partial.send("GET /a HT"));
  REQUIRE(server.wait_for_connections(3));
  server.destroy();
  CHECK(idle.read_to_end().empty());
}

TEST_CASE("An address that is taken or cannot be resolved is an error") {
  TestServer taken(echo);
  const auto on_taken = TestServer::try_listen("127.0.0.1", taken.port());
  REQUIRE_FALSE(on_taken);
  CHECK(on_taken.error().reason == "cannot_listen");
  const auto nowhere = TestServer::try_listen("300.1.1.1", 0);
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().code == Errc::Invalid);
  CHECK(TestServer::try_listen("localhost", 0));
}
