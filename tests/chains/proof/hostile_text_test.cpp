#include <string>

#include <catch2/catch.hpp>

#include "tests/chains/proof/evidence_data.hpp"

// Answers that no honest node gives: cut off, nested, doubled, numbers without bounds.

using namespace settled;
using namespace settled::chains;
using namespace settled::chains::proof::tests;
using nlohmann::json;

namespace {

std::string refusal(std::string_view block, std::string_view receipts) {
  const auto proven = prove_block(block, receipts);
  return proven ? "" : proven.error().reason;
}

/// The text of an object with one more member in front, or at its end.
std::string with_member(const json& object, const std::string& member, bool in_front) {
  const std::string text = object.dump();
  if (in_front) return "{" + member + "," + text.substr(1);
  return text.substr(0, text.size() - 1) + "," + member + "}";
}

std::string member_text(const json& object, const char* name) {
  return json(name).dump() + ":" + object[name].dump();
}

}  // namespace

TEST_CASE("no piece of an answer passes for the whole") {
  const Answers told = answers(kTypes);
  const std::string block = told.block.dump();
  const std::string receipts = told.receipts.dump();
  REQUIRE(refusal(block, receipts).empty());
  for (std::size_t size = 0; size < block.size(); size += 7) {
    CHECK(refusal(block.substr(0, size), receipts) == "bad_answer");
  }
  for (std::size_t size = 0; size < receipts.size(); size += 31) {
    CHECK(refusal(block, receipts.substr(0, size)) == "bad_answer");
  }
}

TEST_CASE("a member told twice is refused, be it equal, null or first") {
  const Answers told = answers(kTypes);
  const bool in_front = GENERATE(false, true);
  const bool is_null = GENERATE(false, true);
  CAPTURE(in_front, is_null);
  for (const char* name : {"hash", "number", "receiptsRoot", "withdrawalsRoot", "transactions"}) {
    CAPTURE(name);
    const std::string again = is_null ? json(name).dump() + ":null" : member_text(told.block, name);
    CHECK(refusal(with_member(told.block, again, in_front), told.receipts.dump()) == "bad_answer");
  }
  for (const char* name : {"status", "type", "logs", "transactionHash", "cumulativeGasUsed"}) {
    CAPTURE(name);
    const json& receipt = told.receipts[0];
    const std::string again = is_null ? json(name).dump() + ":null" : member_text(receipt, name);
    Answers others = told;
    others.receipts.erase(0);
    const std::string rest = others.receipts.dump();
    const std::string list = "[" + with_member(receipt, again, in_front) + "," + rest.substr(1);
    CHECK(refusal(told.block.dump(), list) == "bad_answer");
  }
}

TEST_CASE("a name written with escapes is the same name") {
  const Answers told = answers(kTypes);
  const std::string again = "\"h\\u0061sh\":\"0x00\"";
  CHECK(refusal(with_member(told.block, again, true), told.receipts.dump()) == "bad_answer");
}

TEST_CASE("numbers beyond 64 bits, deep nests and broken text are no answers") {
  const Answers told = answers(kTypes);
  const std::string member =
      GENERATE(as<std::string>{}, "\"beside\":18446744073709551616", "\"beside\":1e999",
               "\"beside\":" + std::string(100, '[') + std::string(100, ']'),
               "\"beside\":\"\xc3\x28\"", "\"beside\":nul", "\"beside\"");
  CAPTURE(member);
  CHECK(refusal(with_member(told.block, member, false), told.receipts.dump()) == "bad_answer");
}

TEST_CASE("quantities without bounds are refused wherever they stand") {
  Answers told = answers(kTypes);
  const std::string endless = "0x" + std::string(100'000, 'f');
  const bool is_endless = GENERATE(false, true);
  const std::string value = is_endless ? endless : "0x1" + std::string(16, '0');
  SECTION("the header's number") {
    told.block["number"] = value;
  }
  SECTION("a base fee above 256 bits") {
    told.block["baseFeePerGas"] = endless;
  }
  SECTION("a receipt's gas") {
    told.receipts[0]["cumulativeGasUsed"] = value;
  }
  SECTION("a receipt's type") {
    told.receipts[0]["type"] = value;
  }
  SECTION("a receipt's place") {
    told.receipts[0]["transactionIndex"] = value;
  }
  SECTION("a log's place") {
    told.receipts[0]["logs"][0]["logIndex"] = value;
  }
  CHECK(told.refusal() == "bad_answer");
}

TEST_CASE("a type that would be cut to a known one is refused") {
  Answers told = answers(kTypes);
  told.receipts[0]["type"] = "0x100";
  CHECK(told.refusal() == "unsupported_receipt_type");
}
