#include <map>

#include <catch2/catch.hpp>

#include "chains/evm/abi.hpp"
#include "chains/evm/bloom.hpp"
#include "chains/evm/transaction.hpp"
#include "ledger/types/hex.hpp"
#include "tests/chains/evm/vectors.hpp"

using namespace settled;
using namespace settled::chains::evm;
using nlohmann::json;
using settled::chains::evm::tests::text;
using settled::chains::evm::tests::unhex;

namespace {

/// Mainnet's block 18,000,000: the block in the first answer, its logs in the second.
struct MainnetBlock {
  json header;
  json logs;
};

std::optional<MainnetBlock> load_block() {
  auto block = tests::load_vectors("shovel/jrpc2/testdata/block-18000000.json");
  auto logs = tests::load_vectors("shovel/jrpc2/testdata/logs-18000000.json");
  if (!block || !logs) return {};
  return MainnetBlock{(*block)[0]["result"], (*logs)[1]["result"]};
}

std::vector<Hash> topics_of(const json& log) {
  std::vector<Hash> topics;
  for (const json& topic : log["topics"]) {
    topics.push_back(*fixed_from_hex<Hash>(text(topic)));
  }
  return topics;
}

U256 quantity(const json& object, const char* name) {
  return object.contains(name) ? *parse_quantity(text(object[name])) : U256(0);
}

SignedTransaction mined(const json& given) {
  SignedTransaction out;
  Transaction& transaction = out.transaction;
  transaction.kind = static_cast<TransactionKind>(quantity(given, "type"));
  if (given.contains("chainId")) {
    transaction.chain_id = *parse_quantity64(text(given["chainId"]));
  }
  transaction.nonce = static_cast<std::uint64_t>(quantity(given, "nonce"));
  transaction.gas_limit = static_cast<std::uint64_t>(quantity(given, "gas"));
  if (transaction.kind == TransactionKind::DynamicFee) {
    transaction.max_fee_per_gas = quantity(given, "maxFeePerGas");
    transaction.max_priority_fee_per_gas = quantity(given, "maxPriorityFeePerGas");
  } else {
    transaction.gas_price = quantity(given, "gasPrice");
  }
  if (given["to"].is_string()) transaction.to = *parse_address(text(given["to"]));
  transaction.value = quantity(given, "value");
  transaction.data = unhex(given["input"]);
  for (const json& entry : given.value("accessList", json::array())) {
    AccessListEntry& added = transaction.access_list.emplace_back(
        *parse_address(text(entry["address"])), std::vector<Hash>{});
    for (const json& key : entry["storageKeys"]) {
      added.storage_keys.push_back(*fixed_from_hex<Hash>(text(key)));
    }
  }
  const auto v = static_cast<std::uint64_t>(quantity(given, "v"));
  const bool legacy = transaction.kind == TransactionKind::Legacy;
  out.signature = {to_word(quantity(given, "r")), to_word(quantity(given, "s")),
                   static_cast<std::uint8_t>(legacy ? (v + 1) % 2 : v)};
  return out;
}

}  // namespace

TEST_CASE("the bloom of a mainnet block is the one of its logs") {
  const auto block = load_block();
  if (!block) return;
  const auto expected = *fixed_from_hex<Bloom>(text(block->header["logsBloom"]));
  Bloom bloom;
  for (const json& log : block->logs) {
    add_to(bloom, unhex(log["address"]));
    for (const Hash& topic : topics_of(log)) add_to(bloom, topic.view());
  }
  CHECK(block->logs.size() == 291);
  CHECK(bloom == expected);
  CHECK(may_contain(expected, kTransferTopic.view()));
  CHECK(may_contain(expected, unhex("dac17f958d2ee523a2206206994597c13d831ec7")));
  CHECK_FALSE(may_contain(expected, Bytes(20, 0x01)));
}

TEST_CASE("the stablecoin transfers of a mainnet block are all decoded") {
  const auto block = load_block();
  if (!block) return;
  std::map<std::string, int> transfers;
  for (const json& log : block->logs) {
    const auto event = decode_transfer_event(topics_of(log), unhex(log["data"]));
    if (event) ++transfers[text(log["address"])];
  }
  CHECK(transfers["0xdac17f958d2ee523a2206206994597c13d831ec7"] == 45);  // USDT
  CHECK(transfers["0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48"] == 13);  // USDC
}

TEST_CASE("the calldata of direct transfers agrees with the events of their transactions") {
  const auto block = load_block();
  if (!block) return;
  int compared = 0;
  for (const json& transaction : block->header["transactions"]) {
    const auto call = decode_transfer(unhex(transaction["input"]));
    if (!call || transaction["to"] != "0xdac17f958d2ee523a2206206994597c13d831ec7") continue;
    for (const json& log : block->logs) {
      if (log["transactionHash"] != transaction["hash"]) continue;
      const auto event = decode_transfer_event(topics_of(log), unhex(log["data"]));
      REQUIRE(event.has_value());
      CHECK(TransferCall{event->to, event->value} == *call);
      CHECK(to_0x(event->from.view()) == text(transaction["from"]));
      ++compared;
    }
  }
  CHECK(compared > 0);
}

TEST_CASE("the transactions of a mainnet block have the hashes and senders that it tells") {
  const auto block = load_block();
  if (!block) return;
  for (const json& given : block->header["transactions"]) {
    CAPTURE(given["hash"]);
    const SignedTransaction expected = mined(given);
    const Bytes raw = encode_signed(expected.transaction, expected.signature);
    CHECK(to_0x(hash_of(raw).view()) == text(given["hash"]));
    CHECK(decode_signed(raw) == expected);
    CHECK(to_0x(sender(expected)->view()) == text(given["from"]));
  }
}
