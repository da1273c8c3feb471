#include "chains/http/url.hpp"

#include <string>

#include <catch2/catch.hpp>

namespace settled::chains::http {

TEST_CASE("A URL is taken apart into what a connection and a request line need") {
  const auto url = parse_url("https://Node.Example.COM/v3/Key?a=1&b=%20");
  REQUIRE(url);
  CHECK(url->tls);
  CHECK(url->host == "node.example.com");
  CHECK(url->port == 443);
  CHECK(url->target == "/v3/Key?a=1&b=%20");
  CHECK(url->authority() == "node.example.com");
  CHECK(url->origin() == "https://node.example.com");
}

TEST_CASE("Ports, IP addresses and missing paths are understood") {
  const auto plain = parse_url("http://127.0.0.1:8545");
  REQUIRE(plain);
  CHECK_FALSE(plain->tls);
  CHECK(plain->port == 8545);
  CHECK(plain->target == "/");
  CHECK(plain->authority() == "127.0.0.1:8545");

  const auto v6 = parse_url("http://[::1]:80?x");
  REQUIRE(v6);
  CHECK(v6->host == "::1");
  CHECK(v6->target == "/?x");
  CHECK(v6->authority() == "[::1]");

  CHECK(parse_url("https://example.com:/")->port == 443);
}

TEST_CASE("What is no plain http or https URL is refused") {
  const std::string text = GENERATE(
      "", "example.com", "/path", "ftp://example.com/", "file:///etc/passwd", "http:///path",
      "http:path", "http://user@example.com/", "http://user:secret@example.com/",
      "http://example.com/#fragment", "http://example.com:0/", "http://example.com:65536/",
      "http://example.com:99999999999/", "http://exa%0d%0ample.com/", "http://exa%00mple.com/",
      "http://exa mple.com/", "http://[::1/", "http://[v7.abc]/", "http://example.com/a b",
      "http://example.com/\r\nHost: x", "http://ex%2fample.com/",
      "http://b\xc3\xbc"
      "cher.example/");
  CAPTURE(text);
  const auto url = parse_url(text);
  REQUIRE_FALSE(url);
  CHECK(url.error().code == Errc::Invalid);
  CHECK(url.error().reason == "invalid_url");
  CHECK(url.error().detail.find("secret") == std::string::npos);
}

}  // namespace settled::chains::http
