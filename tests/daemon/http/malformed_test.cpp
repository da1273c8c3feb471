#include <string>

#include <catch2/catch.hpp>

#include "daemon/http/server.hpp"
#include "tests/daemon/http/test_server.hpp"

using namespace settled;
using namespace settled::daemon::http;
using namespace std::string_literals;

TEST_CASE("What is not a request by the letter is answered 400 and closed") {
  TestServer server(echo);
  const std::string line = "POST /p HTTP/1.1\r\nHost: h\r\n";
  const std::string cases[] = {
      "nonsense\r\n\r\n",
      "GET\r\n\r\n",
      "GET /a\r\n\r\n",
      "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /a  HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /a HTTP/1.1 \r\nHost: h\r\n\r\n",
      " GET /a HTTP/1.1\r\nHost: h\r\n\r\n",
      "G\"T /a HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /a HTTP/2.0\r\nHost: h\r\n\r\n",
      "GET /a HTTP/1.2\r\nHost: h\r\n\r\n",
      "GET /a HTTP/0.9\r\nHost: h\r\n\r\n",
      "GET /a HTTP/11\r\nHost: h\r\n\r\n",
      "GET /a http/1.1\r\nHost: h\r\n\r\n",
      "GET /a XTTP/1.1\r\nHost: h\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s,
      "GET /a HTTP/1.1\nHost: h\n\n",
      "GET /a HTTP/1.1\r\nHost: h\n\r\n",
      "GET /a HTTP/1.1\r\nHost: h\rX: y\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n"s,
      "GET /a\0b HTTP/1.1\r\nHost: h\r\n\r\n"s,
      "GET /a HTTP/1.1\r\nHost: h\r\nX: a\x01\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: h\r\nX: \xff\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: h\r\nX: a\r\n folded\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: h\r\nX: a\r\n\tfolded\r\n\r\n",
      "GET /a HTTP/1.1\r\n Host: h\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost : h\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: h\r\n: empty\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: h\r\nX(y): z\r\n\r\n",
      "GET /a HTTP/1.1\r\n\r\n",
      "GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
      line + "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
      line + "Idempotency-Key: a\r\nidempotency-key: b\r\n\r\n",
      line + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      line + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
      line + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
      line + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      line + "Content-Length: 1, 1\r\n\r\na",
      line + "Content-Length: -1\r\n\r\n",
      line + "Content-Length: +1\r\n\r\na",
      line + "Content-Length: 0x1\r\n\r\na",
      line + "Content-Length: 1 1\r\n\r\na",
      line + "Content-Length: \r\n\r\n",
      line + "Content-Length: 99999999999999999999999\r\n\r\n",
      line + "Transfer-Encoding: gzip\r\n\r\n",
      line + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      line + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
      line + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      line + "Transfer-Encoding: \x0b"s + "chunked\r\n\r\n0\r\n\r\n",
      line + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /p HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      line + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
      line + "Transfer-Encoding: chunked\r\n\r\n1;x=\"\n\"\r\na\r\n0\r\n\r\n",
      line + "Transfer-Encoding: chunked\r\n\r\n1;x=\"\x7f\"\r\na\r\n0\r\n\r\n",
      line + "Transfer-Encoding: chunked\r\n\r\n1;\nx\r\na\r\n0\r\n\r\n",
      line + "Transfer-Encoding: chunked\r\n\r\n0;x=\"\n\"\r\n\r\n",
      line + "Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n",
      line + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
      line + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n",
      "GET relative HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET ftp://h/a HTTP/1.1\r\nHost: h\r\n\r\n",
      "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /%0 HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /?a=%ff HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /a/../b HTTP/1.1\r\nHost: h\r\n\r\n",
  };
  for (const std::string& bytes : cases) {
    CAPTURE(bytes);
    RawClient client(server.port());
    REQUIRE(client.send(bytes));
    const Answer answer = client.read_answer();
    CHECK(answer.status == 400);
    CHECK_FALSE(answer.code().empty());
    CHECK(answer.header("content-type") == "application/problem+json");
    CHECK(answer.header("connection") == "close");
    CHECK(answer.header("request-id").starts_with("req_"));
    CHECK(client.ends());
  }
  RawClient after(server.port());
  REQUIRE(after.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n"));
  CHECK(after.read_answer().status == 200);
}

TEST_CASE("What follows a malformed request is not read as another") {
  TestServer server(echo);
  RawClient client(server.port());
  REQUIRE(client.send(
      "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\nHost: h\r\n\r\n"));
  CHECK(client.read_answer().status == 400);
  CHECK(client.ends());
}

TEST_CASE("A request that breaks off is answered 400 where somebody still listens") {
  TestServer server(echo);
  for (const char* bytes :
       {"GET /a HTTP/1.1\r\nHo", "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc",
        "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na"}) {
    RawClient client(server.port());
    REQUIRE(client.send(bytes));
    client.end_sending();
    CHECK(client.read_answer().status == 400);
    CHECK(client.ends());
  }
}

TEST_CASE("An expectation that nobody meets is refused") {
  TestServer server(echo);
  RawClient client(server.port());
  REQUIRE(client.send("GET /a HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\n\r\n"));
  CHECK(client.read_answer().status == 417);
}

TEST_CASE("Absolute targets and targets of a server are understood") {
  TestServer server(echo);
  RawClient client(server.port());
  REQUIRE(client.send("GET http://pay.example.com/v1/x?a=1 HTTP/1.1\r\nHost: h\r\n\r\n"));
  CHECK(client.read_answer().body.starts_with("GET /v1/x\na=1\n"));
  REQUIRE(client.send("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"));
  CHECK(client.read_answer().body.starts_with("OPTIONS *\n"));
}
