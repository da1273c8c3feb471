#include "daemon/json/parse.hpp"

#include <string>
#include <string_view>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace settled;
using daemon::json::parse_strict;
using namespace std::string_literals;

namespace {

Error refusal(std::string_view body) {
  const auto parsed = parse_strict(body);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().code == Errc::Invalid);
  CHECK_FALSE(parsed.error().detail.empty());
  return parsed.error();
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

TEST_CASE("A body is read with all its values") {
  const auto body = parse_strict(
      R"( {"a":"25.00","b":[1,-2,[],{}],"c":{"d":null,"e":true},"f":"\u00e9\ud83d\ude00"} )");
  REQUIRE(body);
  CHECK(*body == nlohmann::json::parse(
                     R"({"a":"25.00","b":[1,-2,[],{}],"c":{"d":null,"e":true},"f":"é😀"})"));
}

TEST_CASE("A body may be any JSON value") {
  CHECK(parse_strict("null")->is_null());
  CHECK(*parse_strict("\"x\"") == "x");
  CHECK(*parse_strict("7") == 7);
}

TEST_CASE("Integers are read up to the bounds of 64 bits and refused beyond") {
  CHECK(*parse_strict("18446744073709551615") == 18446744073709551615ULL);
  CHECK(*parse_strict("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  for (const char* body : {"18446744073709551616", "-9223372036854775809",
                           "99999999999999999999999999", "1.0", "0.1", "1e3", "-1E-2", "1e999"}) {
    CAPTURE(body);
    CHECK(refusal(body).reason == "invalid_number");
  }
  CHECK(refusal(R"({"amount":25.00})").param == "amount");
}

TEST_CASE("What is not RFC 8259 is refused") {
  for (const char* body :
       {"",         " ",          "{",   "}",        "{]",         "[1,]",      R"({"a":1,})",
        R"({a:1})", R"({'a':1})", "NaN", "Infinity", "-Infinity",  "nan",       "// x\n1",
        "/* x */1", "1 /* x */",  "01",  "+1",       "-",          ".5",        "1.",
        "0x10",     "True",       "nul", "[1 2]",    R"({"a" 1})", R"({"a":})", R"({1:2})",
        "1 2",      "{} {}",      "{}x", "\"a",      "\"\\x41\"",  "\"\\u12\"", "\"a\nb\"",
        "\"a\tb\""}) {
    CAPTURE(body);
    CHECK(refusal(body).reason == "invalid_json");
  }
}

TEST_CASE("A byte order mark is refused") {
  CHECK(refusal("\xEF\xBB\xBF{}").reason == "invalid_json");
}

TEST_CASE("NUL is refused in every place and form") {
  for (const std::string& body : {"{}\0"s, "{}\0garbage"s, "\0"s, "[1,\0 2]"s, "\"a\0b\""s,
                                  R"(["a\u0000b"])"s, R"({"a\u0000":1})"s}) {
    CAPTURE(body);
    CHECK(refusal(body).reason == "invalid_json");
  }
}

TEST_CASE("Lone surrogates are refused") {
  for (const char* body : {R"("\ud800")", R"("\udc00")", R"("\ud800\ud800")", R"("\ud800x")",
                           R"("\udc00\ud800")", R"({"\ud83d":1})"}) {
    CAPTURE(body);
    CHECK(refusal(body).reason == "invalid_json");
  }
}

TEST_CASE("What is not UTF-8 is refused") {
  for (const char* body : {"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
                           "\"\xe2\x82\"", "\x80", "{\"a\xfe\":1}"}) {
    CHECK(refusal(body).reason == "invalid_utf8");
  }
}

TEST_CASE("A key twice in one object is refused, at any depth and however it is escaped") {
  const auto check = [](const char* body, const char* key) {
    CAPTURE(body);
    const Error error = refusal(body);
    CHECK(error.reason == "duplicate_key");
    CHECK(error.param == key);
  };
  check(R"({"a":1,"a":2})", "a");
  check(R"({"a":1,"b":2,"\u0061":3})", "a");
  check(R"([{"x":{"k":{},"k":[]}}])", "k");
  check(R"({"":1,"":2})", "");
}

TEST_CASE("The same key in two objects is no duplicate") {
  CHECK(parse_strict(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})"));
}

TEST_CASE("32 levels are read and the 33rd is refused") {
  CHECK(parse_strict(nested(32)));
  CHECK(refusal(nested(33)).reason == "json_too_deep");
  std::string objects;
  for (int i = 0; i < 33; ++i) objects += R"({"a":)";
  CHECK(refusal(objects).reason == "json_too_deep");
}

TEST_CASE("A quarter of a megabyte of brackets costs no stack") {
  CHECK(refusal(std::string(256 * 1024, '[')).reason == "json_too_deep");
}

TEST_CASE("Wide bodies keep every element in its container") {
  std::string body = "[";
  for (int i = 0; i < 1000; ++i) {
    body += R"({"i":)" + std::to_string(i) + R"(,"l":[[],{"x":[1]}]},)";
  }
  body.back() = ']';
  const auto parsed = parse_strict(body);
  REQUIRE(parsed);
  REQUIRE(parsed->size() == 1000);
  CHECK((*parsed)[999]["i"] == 999);
  CHECK((*parsed)[500].dump() == R"({"i":500,"l":[[],{"x":[1]}]})");
}
