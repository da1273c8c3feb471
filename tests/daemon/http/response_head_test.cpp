#include "daemon/http/response_head.hpp"

#include <set>
#include <span>
#include <string>

#include <catch2/catch.hpp>

using namespace settled;
using namespace settled::daemon::http;

namespace {

class FixedClock final : public Clock {
 public:
  Time now() const override { return time; }
  Time time = from_ms(784'111'777'000);
};

class CountingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) byte = next++;
  }
  std::uint8_t next = 0;
};

}  // namespace

TEST_CASE("Dates are written as in RFC 9110 section 5.6.7") {
  DateText date;
  CHECK(date.at(from_ms(784'111'777'000)) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(date.at(from_ms(784'111'777'999)) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(date.at(from_ms(784'111'778'000)) == "Sun, 06 Nov 1994 08:49:38 GMT");
  CHECK(date.at(from_ms(1'709'164'800'000)) == "Thu, 29 Feb 2024 00:00:00 GMT");
}

TEST_CASE("Request ids differ and grow, within a millisecond and beyond") {
  FixedClock clock;
  CountingRandom random;
  RequestIds ids(clock, random);
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    if (i % 3 == 0) clock.time += std::chrono::milliseconds(1);
    const std::string id = ids.next();
    CHECK(id.size() == 30);
    CHECK(id.starts_with("req_"));
    CHECK(id > last);
    last = id;
  }
}

TEST_CASE("A head is written in one piece") {
  Response response;
  response.status = 201;
  response.body = "{}";
  response.headers = {{"Location", "/v1/x"}};
  std::string out = "before ";
  REQUIRE(write_head(response, {.request_id = "req_1", .date = "now", .keep_alive = true}, out));
  CHECK(out ==
        "before HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
        "Date: now\r\nRequest-Id: req_1\r\nCache-Control: no-store\r\n"
        "X-Content-Type-Options: nosniff\r\nLocation: /v1/x\r\n\r\n");
}

TEST_CASE("An answer's own Cache-Control stands alone") {
  Response response;
  response.headers = {{"Cache-Control", "max-age=60"}};
  std::string out;
  REQUIRE(write_head(response, {.request_id = "r", .date = "d"}, out));
  CHECK(out.find("no-store") == std::string::npos);
  CHECK(out.find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("Nothing in a head can end its line") {
  using namespace std::string_literals;
  for (const std::string& bad : {"a\r\nb"s, "a\nb"s, "a\rb"s, "a\0b"s}) {
    std::string out;
    Response response;
    response.headers = {{"X", bad}};
    CHECK_FALSE(write_head(response, {}, out));
    response.headers = {{bad, "x"}};
    CHECK_FALSE(write_head(response, {}, out));
    response.headers.clear();
    response.content_type = bad;
    CHECK_FALSE(write_head(response, {}, out));
    CHECK(out.empty());
  }
}
