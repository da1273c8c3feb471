#include "config/settings.hpp"

#include <catch2/catch.hpp>

using namespace settled;
using namespace settled::config;

TEST_CASE("listen addresses are IPv4, IPv6 in brackets or localhost, with a port") {
  CHECK(*parse_endpoint("127.0.0.1:0") == Endpoint{"127.0.0.1", 0});
  CHECK(*parse_endpoint("[::1]:8080") == Endpoint{"::1", 8080});
  CHECK(*parse_endpoint("0.0.0.0:65535") == Endpoint{"0.0.0.0", 65535});
  CHECK(*parse_endpoint("localhost:80") == Endpoint{"127.0.0.1", 80});
  CHECK(to_string(Endpoint{"::1", 8080}) == "[::1]:8080");
  CHECK(to_string(Endpoint{"127.0.0.1", 80}) == "127.0.0.1:80");
}

TEST_CASE("other listen addresses are refused") {
  const char* const text =
      GENERATE("", ":", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
               "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1: 1", "127.0.0.1:1x", "::1:8080", "[::1]",
               "[127.0.0.1]:1", "example.com:80", "127.0.0.256:1", "http://127.0.0.1:80");
  INFO(text);
  const Result<Endpoint> endpoint = parse_endpoint(text);
  REQUIRE_FALSE(endpoint.has_value());
  CHECK(endpoint.error().reason == "bad_endpoint");
}
