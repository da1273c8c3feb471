#include "chains/rpc/node.hpp"

#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "ledger/types/hex.hpp"
#include "tests/chains/rpc/scripted_node.hpp"

namespace settled::chains::rpc {
namespace {

using nlohmann::json;
constexpr const char* kUrl = "http://node/";

struct World {
  boost::asio::io_context io;
  ScriptedNodes nodes;
  Node node{nodes, {"node", kUrl}};

  void on(const std::string& method, ScriptedNodes::Answer answer) {
    nodes.on(kUrl, method, std::move(answer));
  }
  void on(const std::string& method, json result) {
    nodes.on(kUrl, method, [result](const json&) { return result; });
  }
  json last_params() const { return json::parse(nodes.requests.back().body).at("params"); }
};

const Address kAlice = fixed_of<Address>(0xa1);
const Address kToken = fixed_of<Address>(0xcc);

}  // namespace

TEST_CASE("Quantities are read as the node tells them") {
  World world;
  world.on("eth_chainId", "0x7a69");
  CHECK(http::run(world.io, world.node.chain_id()) == 31337U);
  world.on("eth_getBalance", "0x" + std::string(64, 'f'));
  const auto balance = http::run(world.io, world.node.balance(kAlice, Tag::Latest));
  REQUIRE(balance);
  CHECK(evm::to_quantity(*balance) == "0x" + std::string(64, 'f'));
  world.on("eth_getTransactionCount", "0x10");
  CHECK(http::run(world.io, world.node.transaction_count(kAlice, Tag::Pending)) == 16U);
  CHECK(world.last_params() == json::array({to_0x(kAlice.view()), "pending"}));
  world.on("eth_getCode", "0x");
  CHECK(http::run(world.io, world.node.has_code(kToken)) == false);
  world.on("eth_getCode", "0x60");
  CHECK(http::run(world.io, world.node.has_code(kToken)) == true);
}

TEST_CASE("Malformed quantities are corrupt answers") {
  World world;
  world.on("eth_chainId", GENERATE(json("1"), json(1), json("0x"), json("0xg"), json(nullptr),
                                   json("0x10000000000000000"), json::array(), json(1.5)));
  const auto id = http::run(world.io, world.node.chain_id());
  REQUIRE_FALSE(id);
  CHECK(id.error().code == Errc::Corrupt);
  CHECK(id.error().reason == "bad_answer");
}

TEST_CASE("A block is asked for by tag, number and hash, and is the one asked for") {
  World world;
  world.on("eth_getBlockByNumber", block_json(5));
  world.on("eth_getBlockByHash", block_json(5));
  const auto ask = [&](BlockTag tag) { return http::run(world.io, world.node.block(tag)); };
  const auto header = ask(std::uint64_t{5});
  REQUIRE(header);
  CHECK(header->number == 5);
  CHECK(header->hash == hash_of_block(5));
  CHECK(header->parent == hash_of_block(4));
  CHECK(to_ms(header->time) == 100'000);
  CHECK(header->base_fee == U256(7));
  CHECK(world.last_params() == json::array({"0x5", false}));
  CHECK(ask(Tag::Safe));
  CHECK(world.last_params() == json::array({"safe", false}));
  CHECK(ask(hash_of_block(5)));
  CHECK(ask(std::uint64_t{6}).error().reason == "another_block");
  CHECK(ask(hash_of_block(6)).error().reason == "another_block");
  CHECK(http::run(world.io, world.node.headers({5, 5}))->size() == 2);
  CHECK(http::run(world.io, world.node.headers({5, 6})).error().reason == "another_block");
}

TEST_CASE("A null block is not found") {
  World world;
  world.on("eth_getBlockByNumber", json(nullptr));
  const auto header = http::run(world.io, world.node.block(std::uint64_t{9}));
  REQUIRE_FALSE(header);
  CHECK(header.error().code == Errc::NotFound);
  CHECK(header.error().reason == "no_such_block");
  CHECK(http::run(world.io, world.node.headers({9})).error().reason == "no_such_block");
}

TEST_CASE("A block that lacks a field, or holds nonsense in one, is corrupt") {
  World world;
  const std::string field = GENERATE("number", "hash", "parentHash", "timestamp", "logsBloom");
  const json value = GENERATE(json(), json("0x12g"), json(7), json(nullptr), json(std::string("7")),
                              json("0xffffffffffffffff"));
  json block = block_json(5);
  if (value.is_null()) {
    block.erase(field);
  } else {
    block[field] = value;
  }
  CAPTURE(field, value);
  world.on("eth_getBlockByNumber", block);
  const auto header = http::run(world.io, world.node.block(std::uint64_t{5}));
  REQUIRE_FALSE(header);
  CHECK(header.error().code == Errc::Corrupt);
}

TEST_CASE("Heads come from one request, with or without a finalized block") {
  World world;
  json finalized;
  bool refuses = false;
  world.on("eth_getBlockByNumber", [&](const json& params) {
    if (params.at(0) == "latest") return block_json(100);
    if (refuses) throw rpc_error(-32602, "invalid block tag");
    return finalized;
  });
  CHECK_FALSE(http::run(world.io, world.node.heads())->finalized);
  finalized = block_json(64);
  const auto heads = http::run(world.io, world.node.heads());
  REQUIRE(heads);
  CHECK(heads->latest.number == 100);
  CHECK(heads->finalized->number == 64);
  finalized = block_json(101);
  CHECK(http::run(world.io, world.node.heads()).error().code == Errc::Corrupt);
  refuses = true;
  CHECK_FALSE(http::run(world.io, world.node.heads())->finalized);
  CHECK(world.nodes.requests.size() == 4);
}

TEST_CASE("Receipts are matched with the transactions asked for") {
  World world;
  const auto known = fixed_of<TxHash>(1);
  const auto unknown = fixed_of<TxHash>(2);
  json receipt = receipt_json(known);
  world.on("eth_getTransactionReceipt", [&](const json& params) -> json {
    if (params.at(0) == to_0x(unknown.view())) return nullptr;
    return receipt;
  });
  const auto ask = [&](std::vector<TxHash> hashes) {
    return http::run(world.io, world.node.receipts(std::move(hashes)));
  };
  SECTION("in order, with gaps") {
    const auto receipts = ask({unknown, known});
    REQUIRE(receipts);
    CHECK_FALSE(receipts->at(0));
    REQUIRE(receipts->at(1));
    CHECK(receipts->at(1)->succeeded);
    CHECK(receipts->at(1)->fee() == uint128{21000} * 1'000'000'000);
  }
  SECTION("a rollup's data fee is part of the fee") {
    receipt["l1Fee"] = "0x5";
    CHECK(ask({known})->at(0)->fee() == uint128{21000} * 1'000'000'000 + 5);
  }
  SECTION("a fee beyond all sense is an error, not a wrapped number") {
    receipt["effectiveGasPrice"] = "0x" + std::string(64, 'f');
    CHECK(ask({known})->at(0)->fee().error().code == Errc::Invalid);
    receipt["effectiveGasPrice"] = "0x" + std::string(32, 'f');
    CHECK(ask({known})->at(0)->fee().error().code == Errc::Invalid);
  }
  SECTION("another transaction's") {
    CHECK(ask({fixed_of<TxHash>(3)}).error().reason == "another_transaction");
  }
  SECTION("without a status, or with an odd one") {
    receipt["status"] = "0x2";
    CHECK(ask({known}).error().reason == "bad_answer");
    receipt.erase("status");
    CHECK(ask({known}).error().reason == "bad_answer");
  }
  SECTION("with logs of another transaction") {
    receipt["logs"] = json::array({log_json(5, 0, kToken, fixed_of<evm::Hash>(1))});
    CHECK(ask({known}).error().reason == "bad_answer");
  }
}

TEST_CASE("Calls and estimates carry their arguments and keep reverts apart") {
  World world;
  world.on("eth_call", "0x0102");
  const auto answer = http::run(
      world.io, world.node.call(kToken, Bytes{0xab}, hash_of_block(1), std::optional(kAlice)));
  CHECK(answer == Bytes{1, 2});
  CHECK(
      world.last_params() ==
      json::array({{{"from", to_0x(kAlice.view())}, {"to", to_0x(kToken.view())}, {"data", "0xab"}},
                   {{"blockHash", to_0x(hash_of_block(1).view())}, {"requireCanonical", true}}}));

  world.on("eth_estimateGas", [](const json& params) -> json {
    if (params.at(0).at("data") == "0x02") throw rpc_error(3, "execution reverted: no");
    return "0x5208";
  });
  const auto gas = http::run(
      world.io, world.node.estimate_gas({{kAlice, kToken, Bytes{1}}, {kAlice, kToken, Bytes{2}}}));
  REQUIRE(gas);
  CHECK(gas->at(0) == 21000U);
  CHECK(gas->at(1).error().reason == "reverted");
}

TEST_CASE("Fees are the next base fee and the median of what was paid") {
  World world;
  const auto history = [](const std::vector<std::string>& rewards) {
    json out = {{"oldestBlock", "0x1"}, {"baseFeePerGas", {"0x1", "0x2", "0x9"}}};
    out["gasUsedRatio"] = {0.5, 0.25};
    out["reward"] = json::array();
    for (const std::string& reward : rewards) out["reward"].push_back(json::array({reward}));
    return out;
  };
  world.on("eth_maxPriorityFeePerGas", "0x3b9aca00");
  world.on("eth_feeHistory", history({"0x5", "0x0", "0x64", "0x7"}));
  const auto fees = http::run(world.io, world.node.fees());
  REQUIRE(fees);
  CHECK(fees->base_fee == 9);
  CHECK(fees->priority_fee == 7);
  CHECK(world.last_params() == json::array({"0xa", "latest", json::array({50})}));
  world.on("eth_feeHistory", history({"0x0", "0x0"}));
  CHECK(http::run(world.io, world.node.fees())->priority_fee == 1'000'000'000);
  world.on("eth_feeHistory", json{{"baseFeePerGas", json::array()}});
  CHECK(http::run(world.io, world.node.fees()).error().reason == "bad_answer");
}

TEST_CASE("A sent transaction is taken, had already, or refused, by its own hash alone") {
  World world;
  const Bytes raw = {0x02, 0xf8};
  const auto own = fixed_from<TxHash>(evm::keccak256(raw).view());
  const auto send = [&] { return http::run(world.io, world.node.send_raw({raw})).value().front(); };
  world.on("eth_sendRawTransaction", to_0x(own.view()));
  CHECK(send() == own);
  CHECK(world.last_params() == json::array({"0x02f8"}));
  world.on("eth_sendRawTransaction",
           [](const json&) -> json { throw rpc_error(-32000, "already known"); });
  CHECK(send() == own);
  world.on("eth_sendRawTransaction",
           [](const json&) -> json { throw rpc_error(-32000, "nonce too low"); });
  CHECK(send().error().reason == "nonce_too_low");
  world.on("eth_sendRawTransaction", to_0x(fixed_of<TxHash>(9).view()));
  CHECK(send().error().reason == "another_transaction");
  world.on("eth_sendRawTransaction", json(nullptr));
  CHECK(send().error().code == Errc::Corrupt);
}

TEST_CASE("A transaction is told with its receipt, or waiting, or not at all") {
  World world;
  const auto hash = fixed_of<TxHash>(9);
  json transaction = {{"hash", to_0x(hash.view())},
                      {"blockNumber", "0x5"},
                      {"from", to_0x(kAlice.view())},
                      {"to", to_0x(kToken.view())},
                      {"value", "0x2a"}};
  json receipt = receipt_json(hash);
  world.on("eth_getTransactionByHash", [&](const json&) { return transaction; });
  world.on("eth_getTransactionReceipt", [&](const json&) { return receipt; });
  const auto ask = [&] { return http::run(world.io, world.node.transaction(hash)); };

  const auto mined = ask();
  REQUIRE(mined);
  CHECK(mined->transaction.block_number == 5U);
  CHECK(mined->transaction.from == kAlice);
  CHECK(mined->transaction.to == kToken);
  CHECK(mined->transaction.value == 42);
  CHECK(mined->receipt.has_value());

  SECTION("it waits, and makes a contract") {
    transaction["blockNumber"] = nullptr;
    transaction["to"] = nullptr;
    receipt = nullptr;
    const auto waiting = ask();
    REQUIRE(waiting);
    CHECK_FALSE(waiting->transaction.block_number.has_value());
    CHECK_FALSE(waiting->transaction.to.has_value());
    CHECK_FALSE(waiting->receipt.has_value());
  }
  SECTION("the node knows of none") {
    transaction = nullptr;
    CHECK(ask().error().reason == "no_such_transaction");
  }
  SECTION("another one, or another one's receipt") {
    transaction["hash"] = to_0x(fixed_of<TxHash>(8).view());
    CHECK(ask().error().reason == "another_transaction");
    transaction["hash"] = to_0x(hash.view());
    receipt = receipt_json(fixed_of<TxHash>(8));
    CHECK(ask().error().reason == "another_transaction");
  }
  SECTION("malformed") {
    const char* field = GENERATE("hash", "from", "value", "blockNumber", "to");
    transaction[field] = "0xzz";
    CHECK(ask().error().code == Errc::Corrupt);
  }
}

}  // namespace settled::chains::rpc
