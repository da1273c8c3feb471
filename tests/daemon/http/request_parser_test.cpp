#include "daemon/http/request_parser.hpp"

#include <string>

#include <catch2/catch.hpp>

using namespace settled;
using namespace settled::daemon::http;

TEST_CASE("The end of a head is found however the bytes are cut") {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string bytes = head + "body\r\n\r\n";
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    const auto first = find_head_end(std::string_view(bytes).substr(0, cut), 0);
    REQUIRE(first);
    CHECK(*first == (cut < head.size() ? 0 : head.size()));
    if (*first != 0) continue;
    const auto second = find_head_end(bytes, cut);
    REQUIRE(second);
    CHECK(*second == head.size());
  }
}

TEST_CASE("What can never become a head is known at once") {
  for (const char* bytes : {"\x16\x03\x01", "{", " GET", "GET / HTTP/1.1\n", "GET /\x01", "\x80"}) {
    CHECK_FALSE(find_head_end(bytes, 0));
  }
}

TEST_CASE("One parser reads request after request") {
  RequestParser parser(100);
  Request first;
  REQUIRE(parser.start("POST /a?b=c HTTP/1.1\r\nHost: h\r\nX-Y:  Z \r\nContent-Length: 4\r\n\r\n",
                       first));
  CHECK(first.method == "POST");
  CHECK(first.path == "/a");
  CHECK(first.query == Pairs{{"b", "c"}});
  CHECK(first.header("x-y") == "Z");
  CHECK(parser.keep_alive());
  CHECK_FALSE(parser.done());
  CHECK(parser.read_body("ab") == 2U);
  CHECK_FALSE(parser.done());
  CHECK(parser.read_body("cdGET /") == 2U);
  CHECK(parser.done());
  CHECK(parser.take_body() == "abcd");

  Request second;
  REQUIRE(parser.start("GET /x HTTP/1.0\r\n\r\n", second));
  CHECK(parser.done());
  CHECK(parser.take_body().empty());
  CHECK_FALSE(parser.keep_alive());
  CHECK_FALSE(parser.http_1_1());
}

TEST_CASE("A chunked body is put together and its limit is kept") {
  RequestParser parser(6);
  const char* head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n";
  Request request;
  REQUIRE(parser.start(head, request));
  std::string bytes = "3\r\nabc\r\n3;x=\"y\"\r\ndef\r\n0\r\n\r\n";
  while (!parser.done()) {
    const auto taken = parser.read_body(bytes);
    REQUIRE(taken);
    REQUIRE(*taken > 0);
    bytes.erase(0, *taken);
  }
  CHECK(bytes.empty());
  CHECK(parser.take_body() == "abcdef");

  REQUIRE(parser.start(head, request));
  bytes = "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n";
  Result<std::size_t> taken = 0;
  while (taken && !parser.done()) {
    bytes.erase(0, *taken);
    taken = parser.read_body(bytes);
  }
  REQUIRE_FALSE(taken);
  CHECK(taken.error().reason == "body_too_large");
}

TEST_CASE("A head is refused with the reason that a client can act on") {
  RequestParser parser(100);
  const auto reason = [&parser](const std::string& lines) {
    Request request;
    const auto started = parser.start(lines + "\r\n", request);
    return started ? std::string("none") : started.error().reason;
  };
  CHECK(reason("GET / HTTP/1.1\r\nHost: h\r\n") == "none");
  CHECK(reason("GET /%zz HTTP/1.1\r\nHost: h\r\n") == "invalid_target");
  CHECK(reason("GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\n") == "duplicate_header");
  CHECK(reason("GET / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n") == "expectation_failed");
  CHECK(reason("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n") == "body_too_large");
  CHECK(reason("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n") == "none");
  CHECK(reason("GET / HTTP/1.1\r\n") == "bad_request");
}
