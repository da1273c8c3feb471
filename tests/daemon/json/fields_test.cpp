#include "daemon/json/fields.hpp"

#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "daemon/json/parse.hpp"

using namespace settled;
using daemon::json::Fields;
using daemon::json::parse_strict;
using nlohmann::json;

namespace {

json body_of(const std::string& text) {
  auto body = parse_strict(text);
  REQUIRE(body);
  return *body;
}

template <typename T>
void check_refused(const Result<T>& result, const std::string& reason, const std::string& param) {
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Errc::Invalid);
  CHECK(result.error().reason == reason);
  CHECK(result.error().param == param);
}

}  // namespace

TEST_CASE("An object is taken apart by type and nothing is left over") {
  const json body = body_of(
      R"({"amount":"25.00","currency":"USDC","expires_in":60,"live":false,"events":["*"],
          "accept":[{"chain":"base"}],"nested":{"x":1},"metadata":{"b":"2","a":"1"}})");
  Fields fields(body);
  CHECK(fields.amount("amount")->to_string() == "25.00");
  CHECK(*fields.text("currency", 10) == "USDC");
  CHECK(*fields.integer("expires_in", 1, 100) == 60);
  CHECK(*fields.boolean("live") == false);
  CHECK(*fields.string_list("events", 5, 10) == std::vector<std::string>{"*"});
  auto accept = fields.objects("accept", 4);
  REQUIRE(accept);
  REQUIRE(accept->size() == 1);
  CHECK(*accept->front().text("chain", 10) == "base");
  CHECK(accept->front().done());
  auto nested = fields.object("nested");
  REQUIRE(nested);
  check_refused(nested->done(), "unknown_field", "nested.x");
  CHECK(*fields.metadata() ==
        std::vector<std::pair<std::string, std::string>>{{"a", "1"}, {"b", "2"}});
  CHECK(fields.done());
}

TEST_CASE("A field that nobody asked for is named") {
  const json body = body_of(R"({"a":"x","zz":1,"b":2})");
  Fields fields(body);
  REQUIRE(fields.text("a", 5));
  check_refused(fields.done(), "unknown_field", "b");
  REQUIRE(fields.optional_integer("b", 0, 9));
  check_refused(fields.done(), "unknown_field", "zz");
}

TEST_CASE("A field that is missing is named") {
  const json body = json::object();
  Fields fields(body, "accept[1]");
  check_refused(fields.text("chain", 5), "missing_field", "accept[1].chain");
  check_refused(fields.amount("amount"), "missing_field", "accept[1].amount");
  check_refused(fields.object("o"), "missing_field", "accept[1].o");
}

TEST_CASE("Optional fields may be absent or null") {
  const json body = body_of(R"({"t":null,"a":null,"i":null,"b":null,"l":null,"o":null,"x":null})");
  Fields fields(body);
  CHECK(*fields.optional_text("t", 5) == std::nullopt);
  CHECK(*fields.optional_amount("a") == std::nullopt);
  CHECK(*fields.optional_integer("i", 0, 1) == std::nullopt);
  CHECK(*fields.optional_boolean("b") == std::nullopt);
  CHECK(*fields.optional_string_list("l", 1, 1) == std::nullopt);
  CHECK_FALSE(fields.optional_object("o")->has_value());
  CHECK_FALSE(fields.optional_objects("x", 1)->has_value());
  CHECK(*fields.optional_text("none", 5) == std::nullopt);
  CHECK(fields.metadata()->empty());
  CHECK_FALSE(fields.has("t"));
  CHECK(fields.done());
  check_refused(fields.text("t", 5), "invalid_type", "t");
}

TEST_CASE("A value of another type is refused") {
  const json body = body_of(R"({"n":1,"s":"x","l":[1],"o":{}})");
  Fields fields(body);
  check_refused(fields.text("n", 5), "invalid_type", "n");
  check_refused(fields.optional_text("l", 5), "invalid_type", "l");
  check_refused(fields.integer("s", 0, 5), "invalid_type", "s");
  check_refused(fields.boolean("n"), "invalid_type", "n");
  check_refused(fields.string_list("s", 5, 5), "invalid_type", "s");
  check_refused(fields.string_list("l", 5, 5), "invalid_type", "l[0]");
  check_refused(fields.object("l"), "invalid_type", "l");
  check_refused(fields.objects("o", 5), "invalid_type", "o");
  check_refused(fields.objects("l", 5), "invalid_type", "l[0]");
}

TEST_CASE("A body that is no object fails at every field") {
  for (const json& body : {json::array(), json("x"), json(1), json(nullptr)}) {
    Fields fields(body);
    check_refused(fields.text("a", 5), "invalid_type", "");
    check_refused(fields.optional_text("a", 5), "invalid_type", "");
    check_refused(fields.metadata(), "invalid_type", "");
    check_refused(fields.done(), "invalid_type", "");
    CHECK_FALSE(fields.has("a"));
  }
}

TEST_CASE("Texts are bounded in code points") {
  const json body = body_of(R"({"five":"ééé€😀","empty":""})");
  Fields fields(body);
  CHECK(fields.text("five", 5));
  check_refused(fields.text("five", 4), "too_long", "five");
  check_refused(fields.optional_text("five", 4), "too_long", "five");
  check_refused(fields.text("empty", 4), "empty_value", "empty");
  CHECK(*fields.optional_text("empty", 4) == "");
}

TEST_CASE("Money is a string of at most six decimals, more than zero") {
  const auto read = [](const char* value) {
    const json body = body_of(std::string(R"({"amount":)") + value + "}");
    Fields fields(body);
    return fields.amount("amount");
  };
  CHECK(read(R"("0.000001")")->to_string() == "0.000001");
  CHECK(read(R"("12")")->to_string() == "12.00");
  for (const char* value :
       {"25", "true", "null", "[]", "{}", R"("")", R"("0")", R"("0.00")", R"("-1")", R"("+1")",
        R"("1e3")", R"("1.")", R"(".5")", R"(" 1")", R"("1,000")", R"("0x10")", R"("1 USDC")"}) {
    CAPTURE(value);
    const std::string reason = std::string(value) == "null" ? "invalid_type" : "invalid_amount";
    check_refused(read(value), reason, "amount");
  }
  check_refused(read(R"("0.0000001")"), "amount_too_precise", "amount");
  check_refused(read(R"("999999999999999999999999")"), "amount_too_large", "amount");
}

TEST_CASE("Integers are bounded") {
  const json body = body_of(R"({"a":0,"b":-5,"c":18446744073709551615,"d":9223372036854775807})");
  Fields fields(body);
  check_refused(fields.integer("a", 1, 9), "out_of_range", "a");
  CHECK(*fields.integer("a", 0, 9) == 0);
  check_refused(fields.integer("b", 0, 9), "out_of_range", "b");
  CHECK(*fields.integer("b", -9, 9) == -5);
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
  check_refused(fields.integer("c", -1, kLargest), "out_of_range", "c");
  CHECK(*fields.integer("d", 0, kLargest) == kLargest);
}

TEST_CASE("Lists are bounded") {
  const json body = body_of(R"({"l":["a","b","c"],"e":[],"h":["a",""],"o":[{},{}]})");
  Fields fields(body);
  CHECK(fields.string_list("l", 3, 1));
  check_refused(fields.string_list("l", 2, 1), "too_many_items", "l");
  check_refused(fields.string_list("e", 2, 1), "empty_value", "e");
  check_refused(fields.string_list("h", 2, 1), "empty_value", "h[1]");
  CHECK(fields.objects("o", 2));
  check_refused(fields.objects("o", 1), "too_many_items", "o");
}

TEST_CASE("Metadata is bounded in keys, lengths and types") {
  const auto read = [](const json& metadata) {
    const json body = {{"metadata", metadata}};
    Fields fields(body);
    return fields.metadata();
  };
  json fifty = json::object();
  for (int i = 0; i < 50; ++i) fifty["k" + std::to_string(i)] = "v";
  CHECK(read(fifty)->size() == 50);
  fifty["one more"] = "v";
  check_refused(read(fifty), "invalid_metadata", "metadata");

  const auto times = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "é";
    return text;
  };
  CHECK(read({{times(40), times(500)}}));
  check_refused(read({{times(41), "v"}}), "invalid_metadata", "metadata");
  check_refused(read({{"k", times(501)}}), "invalid_metadata", "metadata.k");
  check_refused(read({{"", "v"}}), "invalid_metadata", "metadata");
  check_refused(read({{"k", 1}}), "invalid_metadata", "metadata.k");
  check_refused(read({{"k", nullptr}}), "invalid_metadata", "metadata.k");
  check_refused(read({{"k", json::object()}}), "invalid_metadata", "metadata.k");
  check_refused(read(json::array()), "invalid_type", "metadata");
}
