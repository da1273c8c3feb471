#include "chains/proof/header.hpp"

#include <set>

#include <catch2/catch.hpp>

#include "chains/evm/rlp.hpp"
#include "ledger/types/hex.hpp"
#include "tests/chains/proof/evidence_data.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::chains::proof;
using namespace settled::chains::proof::tests;
using nlohmann::json;

namespace {

std::string refusal(const json& block) {
  const auto proven = prove_header(block.dump());
  return proven ? "" : proven.error().reason;
}

/// The fields of the answer that the hash covers.
std::set<std::string> hashed_fields(const json& block) {
  const std::set<std::string> others = {"hash",         "size",   "totalDifficulty",
                                        "transactions", "uncles", "blockExtraData"};
  std::set<std::string> out;
  for (const auto& [name, value] : block.items()) {
    if (!others.contains(name)) out.insert(name);
  }
  return out;
}

}  // namespace

TEST_CASE("headers of every fork and chain hash to what their node tells") {
  const json headers = evidence_file("headers.json");
  CHECK(headers.size() == 14);
  for (const json& each : headers) {
    CAPTURE(each["chain"], each["fork"]);
    const json& block = each["block"];
    const auto proven = prove_header(block.dump());
    REQUIRE(proven.has_value());
    const evm::BlockHeader& header = proven->header;
    CHECK(to_0x(header.hash.view()) == block["hash"].get<std::string>());
    CHECK(to_0x(header.parent.view()) == block["parentHash"].get<std::string>());
    CHECK(to_0x(header.receipts_root.view()) == block["receiptsRoot"].get<std::string>());
    CHECK(to_0x(header.transactions_root.view()) == block["transactionsRoot"].get<std::string>());
    CHECK(to_0x(header.logs_bloom.view()) == block["logsBloom"].get<std::string>());
    CHECK(evm::to_quantity(header.number) == block["number"].get<std::string>());
    CHECK(evm::to_quantity(header.gas_used) == block["gasUsed"].get<std::string>());
    CHECK(evm::to_quantity(header.timestamp) == block["timestamp"].get<std::string>());
    CHECK(evm::decode_header(proven->encoded) == header);
  }
}

TEST_CASE("no field of a header can be changed unseen, and leaving one out forges nothing") {
  for (const json& each : evidence_file("headers.json")) {
    for (const std::string& name : hashed_fields(each["block"])) {
      CAPTURE(each["chain"], each["fork"], name);
      json forged = each["block"];
      flip(forged[name]);
      CHECK_FALSE(refusal(forged).empty());
      forged.erase(name);
      // A number that is zero is empty in RLP, as a missing one is: the header is the same then.
      const auto without = prove_header(forged.dump());
      if (without) CHECK(without->encoded == prove_header(each["block"].dump())->encoded);
    }
  }
}

TEST_CASE("a header is refused by name") {
  const json block = evidence_file("headers.json")[11]["block"];  // Osaka
  const auto [field, value, reason] = GENERATE(table<const char*, json, const char*>({
      {"hash", "0x0c376582eb04b8dd46f1bf950715e0fd3e6a57a49e670df60fb36862968e69cf",
       "header_hash_mismatch"},
      {"receiptsRoot", "0xa53df728f72f50c89f80a6e17c8ea32ddd21c097f65281c2e2c061e9015513fb",
       "header_hash_mismatch"},
      {"gasUsed", "0x21b03dc", "header_hash_mismatch"},
      {"requestsHash", nullptr, "header_hash_mismatch"},
      {"baseFeePerGas", nullptr, "header_hash_mismatch"},
      {"extDataHash", "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
       "header_hash_mismatch"},
      {"hash", nullptr, "bad_answer"},
      {"number", 26050794, "bad_answer"},
      {"number", "0x", "bad_answer"},
      {"number", "0x10000000000000000", "bad_answer"},
      {"nonce", "0x00000000000000", "bad_answer"},
      {"extraData", "0x123", "bad_answer"},
      {"extraData", "1234", "bad_answer"},
      {"miner", "4838b106fce9647bdf1e7877bf73ce8b0bad5f97", "bad_answer"},
      {"logsBloom", "0x00", "bad_answer"},
  }));
  CAPTURE(field, value);
  json forged = block;
  forged[field] = value;
  CHECK(refusal(forged) == reason);
}

TEST_CASE("what is beside a header's fields does not matter") {
  json block = evidence_file("headers.json")[11]["block"];
  block["milliTimestamp"] = "0x19e5635325e";
  block["l1BlockNumber"] = "0x1";
  block["size"] = nullptr;
  CHECK(refusal(block).empty());
}

TEST_CASE("what is no block is refused") {
  const std::string text =
      GENERATE(as<std::string>{}, "", "null", "[]", "{", "{}", "\"0x\"", "{\"hash\":\"0x00\"}",
               "{\"hash\":\"\xff\"}", std::string(100, '['));
  CAPTURE(text);
  const auto proven = prove_header(text);
  REQUIRE_FALSE(proven.has_value());
  CHECK(proven.error().reason == "bad_answer");
}

TEST_CASE("a header too large for any chain is not read") {
  json block = evidence_file("headers.json")[0]["block"];
  block["extraData"] = "0x" + std::string(140'000, '0');
  CHECK(refusal(block) == "bad_answer");
}
