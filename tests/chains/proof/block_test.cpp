#include "chains/proof/block.hpp"

#include <map>

#include <catch2/catch.hpp>

#include "chains/evm/abi.hpp"
#include "chains/evm/receipt.hpp"
#include "chains/proof/receipts.hpp"
#include "ledger/types/hex.hpp"
#include "tests/chains/proof/evidence_data.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::chains::proof;
using namespace settled::chains::proof::tests;
using nlohmann::json;

TEST_CASE("blocks with receipts of every type are proven") {
  const auto [name, logs] = GENERATE(table<const char*, std::size_t>({
      {kMainnet, 463},            // types 0 and 2
      {kTypes, 5},                // types 0 to 4, and a transaction that failed
      {"anvil_deposit.json", 2},  // a deposit of the OP Stack
      {"frontier_1.json", 0},     // state roots instead of a status
      {"prague_54.json", 11},
  }));
  CAPTURE(name);
  const Answers told = answers(name);
  const auto proven = told.prove();
  REQUIRE(proven.has_value());
  CHECK(to_0x(proven->header.header.hash.view()) == told.block["hash"].get<std::string>());
  CHECK(proven->receipts.root() == proven->header.header.receipts_root);
  CHECK(proven->logs.size() == logs);
}

TEST_CASE("the logs of a proven block are those of its receipts, in order") {
  const Answers told = answers(kMainnet);
  const auto proven = told.prove();
  REQUIRE(proven.has_value());
  std::size_t index = 0;
  for (const json& receipt : told.receipts) {
    for (const json& log : receipt["logs"]) {
      const rpc::Log& ours = proven->logs.at(index);
      CHECK(ours.log_index == index++);
      CHECK(to_0x(ours.address.view()) == log["address"].get<std::string>());
      CHECK(to_0x(ours.data) == log["data"].get<std::string>());
      CHECK(to_0x(ours.tx_hash.view()) == log["transactionHash"].get<std::string>());
      CHECK(ours.topics.size() == log["topics"].size());
    }
  }
  CHECK(index == proven->logs.size());
}

TEST_CASE("a block without transactions has no logs, and that is proven too") {
  Answers told = answers(kMainnet);
  // The genesis block of the execution-apis' chain.
  told.block = evidence_file("headers.json")[0]["block"];
  told.receipts = json::array();
  const auto proven = told.prove();
  REQUIRE(proven.has_value());
  CHECK(proven->logs.empty());
  CHECK(proven->receipts.root() == evm::empty_trie_root());
}

TEST_CASE("full transactions in a block count as their hashes do") {
  Answers told = answers(kTypes);
  for (json& transaction : told.block["transactions"]) {
    transaction = json{{"hash", transaction}, {"nonce", "0x0"}};
  }
  CHECK(told.refusal().empty());
}

TEST_CASE("deposits from before Canyon are encoded without the nonce that nodes tell") {
  const json file = evidence_file("op_goerli_receipts.json");
  std::vector<Bytes> encoded;
  for (json receipt : file["receipts"]) {
    // What the vector leaves out: the places, and the bloom, which is made from the logs.
    const json place = {{"blockHash", "0x" + std::string(64, '0')},
                        {"blockNumber", "0x1"},
                        {"transactionIndex", "0x0"},
                        {"logIndex", "0x0"},
                        {"transactionHash", receipt["transactionHash"]}};
    for (json& log : receipt["logs"]) log.update(place);
    receipt.update(place);
    receipt["logsBloom"] = "0x" + std::string(512, '0');
    const auto document = rpc::Document::parse(receipt.dump());
    REQUIRE(document.has_value());
    auto told = read_receipt(rpc::fields::root(*document));
    REQUIRE(told.has_value());
    told->receipt.logs_bloom = evm::bloom_of(told->receipt.logs);
    encoded.push_back(evm::encode_receipt(told->receipt));
    const auto decoded = evm::decode_receipt(encoded.back());
    CHECK(decoded == told->receipt);
  }
  const evm::ListTrie trie(encoded);
  CHECK(to_0x(trie.root().view()) == file["root"].get<std::string>());
}
