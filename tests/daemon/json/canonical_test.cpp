#include "daemon/json/canonical.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "daemon/json/parse.hpp"

using namespace settled;
using daemon::json::canonical;
using daemon::json::parse_strict;

TEST_CASE("Layout, order of keys and escapes do not change the canonical form") {
  const auto one = parse_strict(R"({"b":[1,{"z":null,"y":"\u00e9\/"}],"a":"x"})");
  const auto two =
      parse_strict("{ \"a\" : \"\\u0078\",\n \"b\" : [ 1 , {\"y\":\"é/\",\"z\":null} ] }");
  REQUIRE(one);
  REQUIRE(two);
  CHECK(canonical(*one) == canonical(*two));
  CHECK(canonical(*one) == R"({"a":"x","b":[1,{"y":"é/","z":null}]})");
}

TEST_CASE("Another value has another canonical form") {
  const char* const bodies[] = {"{}",           "[]",           R"({"a":1})",
                                R"({"a":"1"})", R"({"a":[1]})", R"({"a":null})",
                                R"({"b":1})",   "[1,2]",        "[2,1]"};
  for (const char* a : bodies) {
    for (const char* b : bodies) {
      if (a == b) continue;
      CHECK(canonical(*parse_strict(a)) != canonical(*parse_strict(b)));
    }
  }
}
