#include "chains/rpc/log_fields.hpp"

#include <catch2/catch.hpp>

#include "chains/rpc/decode.hpp"
#include "tests/chains/proof/evidence_data.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::chains::proof::tests;
using nlohmann::json;

namespace {

Result<std::vector<rpc::Log>> parse_logs(std::string_view text) {
  TRY(const rpc::Document document, rpc::Document::parse(text));
  TRY(const auto logs, rpc::fields::array(rpc::fields::root(document), "list of logs"));
  std::vector<rpc::Log> out;
  for (const rpc::fields::Value log : logs) {
    TRY(out.emplace_back(), rpc::read_log(log));
  }
  return out;
}

}  // namespace

TEST_CASE("logs from text are the logs from a tree") {
  json logs = json::array();
  for (const json& receipt : answers(kMainnet).receipts) {
    for (const json& log : receipt["logs"]) logs.push_back(log);
  }
  const auto from_text = parse_logs(logs.dump());
  const auto from_tree = rpc::decode_logs(logs);
  REQUIRE(from_text.has_value());
  REQUIRE(from_tree.has_value());
  CHECK(from_text->size() == 463);
  CHECK(*from_text == *from_tree);
}

TEST_CASE("both readers of logs refuse the same") {
  const auto [field, value] = GENERATE(table<const char*, json>({
      {"address", nullptr},
      {"address", "0x5fbdb2315678afecb367f032d93f642f64180a"},
      {"address", "5fbdb2315678afecb367f032d93f642f64180aa3"},
      {"topics", nullptr},
      {"topics", "0x"},
      {"topics", json::array({"0x00"})},
      {"topics", json::array({1})},
      {"data", nullptr},
      {"data", "0x0"},
      {"data", "0xzz"},
      {"data", json::array()},
      {"blockHash", nullptr},
      {"blockNumber", "3"},
      {"blockNumber", 3},
      {"transactionHash", "0x00"},
      {"transactionIndex", "0x80000000"},
      {"logIndex", "0xffffffff"},
      {"logIndex", "0x"},
      {"removed", true},
      {"removed", "no"},
  }));
  CAPTURE(field, value);
  json logs = answers(kTypes).receipts[0]["logs"];
  REQUIRE(parse_logs(logs.dump()).has_value());
  logs[0][field] = value;
  const auto from_text = parse_logs(logs.dump());
  const auto from_tree = rpc::decode_logs(logs);
  REQUIRE_FALSE(from_text.has_value());
  REQUIRE_FALSE(from_tree.has_value());
  CHECK(from_text.error().reason == from_tree.error().reason);
}

TEST_CASE("a field of a log that is there twice is refused, one that nobody knows is not") {
  json log = answers(kTypes).receipts[0]["logs"][0];
  log["removed"] = nullptr;
  log["blockTimestamp"] = "0x1";
  const std::string text = "[" + log.dump() + "]";
  REQUIRE(parse_logs(text).has_value());
  const std::size_t end = text.size() - 2;
  for (const auto& [name, value] : log.items()) {
    CAPTURE(name);
    std::string twice = text;
    twice.insert(end, ",\"" + name + "\":" + value.dump());
    const auto logs = parse_logs(twice);
    REQUIRE(logs.has_value() == (name == "blockTimestamp"));
    if (!logs) CHECK(logs.error().reason == "bad_answer");
  }
}

TEST_CASE("what is no list of logs is refused") {
  const std::string text =
      GENERATE(as<std::string>{}, "", "null", "{}", "[", "[null]", "[[]]", "[{}]", "[] []",
               "[\"\xc3\x28\"]", std::string(80, '[') + std::string(80, ']'));
  CAPTURE(text);
  const auto logs = parse_logs(text);
  REQUIRE_FALSE(logs.has_value());
  CHECK(logs.error().reason == "bad_answer");
}

TEST_CASE("no logs are an answer") {
  const auto logs = parse_logs(" [ ] ");
  REQUIRE(logs.has_value());
  CHECK(logs->empty());
}
