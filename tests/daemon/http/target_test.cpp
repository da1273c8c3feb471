#include "daemon/http/target.hpp"

#include <string>

#include <catch2/catch.hpp>

using namespace settled;
using namespace settled::daemon::http;

namespace {

using Segments = std::vector<std::string>;

Target target(const char* text) {
  auto parsed = parse_target(text);
  REQUIRE(parsed);
  return *std::move(parsed);
}

}  // namespace

TEST_CASE("A path is cut into decoded segments") {
  CHECK(target("/").segments.empty());
  CHECK(target("/a").segments == Segments{"a"});
  CHECK(target("/a/").segments == Segments{"a", ""});
  CHECK(target("//a").segments == Segments{"", "a"});
  CHECK(target("/v1/tr/0xAB%2Fc%20d+e").segments == Segments{"v1", "tr", "0xAB/c d+e"});
  CHECK(target("/a%2fb").path == "/a%2fb");
  CHECK(target("*").segments == Segments{"*"});
}

TEST_CASE("A query is cut into decoded pairs, in order, duplicates kept") {
  CHECK(target("/?").query.empty());
  CHECK(target("/a?&&").query.empty());
  CHECK(target("/?a=1&b=&c&a=2").query == Pairs{{"a", "1"}, {"b", ""}, {"c", ""}, {"a", "2"}});
  CHECK(target("/?created%5Bgte%5D=2026-01-01T00%3A00%3A00%2B01:00&x=a+b").query ==
        Pairs{{"created[gte]", "2026-01-01T00:00:00+01:00"}, {"x", "a b"}});
  CHECK(target("/?created[gte]=1&q=a=b?c/d").query ==
        Pairs{{"created[gte]", "1"}, {"q", "a=b?c/d"}});
  CHECK(target("/?%26=%3D").query == Pairs{{"&", "="}});
  CHECK(target("/a?x").path == "/a");
}

TEST_CASE("An absolute target loses its authority") {
  CHECK(target("http://h/a/b?c=d").path == "/a/b");
  CHECK(target("HTTPS://h:8443/a").segments == Segments{"a"});
  CHECK(target("http://h").path == "/");
  CHECK(target("http://h?a=1").query == Pairs{{"a", "1"}});
  CHECK(target("http://h?a=1").segments.empty());
}

TEST_CASE("Any other target is refused") {
  using namespace std::string_literals;
  for (const std::string& text :
       {""s,          "a"s,          "a/b"s,        "ftp://h/"s, "http:///a"s, "http:/a"s,
        "http"s,      "/a b"s,       "/a\tb"s,      "/a\0"s,     "/\x7f"s,     "/\xc3\xa9"s,
        "/#"s,        "/a?b#c"s,     "/%"s,         "/%4"s,      "/%4g"s,      "/%g4"s,
        "/a%"s,       "/%%41"s,      "/%u0041"s,    "/%00"s,     "/?a=%00"s,   "/%ff"s,
        "/%c0%af"s,   "/%ed%a0%80"s, "/?%e2%82=x"s, "/a/../b"s,  "/a/./b"s,    "/.."s,
        "/%2e%2e/a"s, "/a/%2E"s,     "/?a=%"s,      "/?a=%+1"s,  "**"s,        "?a=b"s}) {
    CAPTURE(text);
    const auto parsed = parse_target(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == Errc::Invalid);
    CHECK(parsed.error().reason == "invalid_target");
  }
}
