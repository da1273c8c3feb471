#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "chains/rpc/node.hpp"
#include "ledger/types/hex.hpp"
#include "tests/chains/rpc/scripted_node.hpp"

namespace settled::chains::rpc {
namespace {

using nlohmann::json;
constexpr const char* kUrl = "http://node/";

const Address kUsdc = fixed_of<Address>(0xc1);
const Address kUsdt = fixed_of<Address>(0xc2);
const evm::Hash kTransfer = fixed_of<evm::Hash>(0xdd);

Bytes item(BytesView view) {
  return {view.begin(), view.end()};
}

// One node that knows block 5, with what it tells about its logs.
struct World {
  World() {
    nodes.on(kUrl, "eth_getBlockByNumber", [this](const json&) { return header; });
    nodes.on(kUrl, "eth_getLogs", [this](const json& params) -> json {
      const bool by_hash = params.at(0).contains("blockHash");
      (by_hash ? asked_by_hash : asked) = params.at(0);
      return by_hash ? logs_by_hash : logs;
    });
  }
  Result<BlockWithLogs> block() {
    return http::run(io, node.block_with_logs(5, {kUsdc, kUsdt}, kTransfer));
  }
  Result<LogRange> range() { return http::run(io, node.logs(3, 5, {kUsdc}, kTransfer)); }

  boost::asio::io_context io;
  ScriptedNodes nodes;
  Node node{nodes, {"node", kUrl}};
  json header = block_json(5);
  json logs = json::array();
  json logs_by_hash = json::array();
  json asked;
  json asked_by_hash;
};

void expect_corrupt(const Error& error, const std::string& reason) {
  CHECK(error.code == Errc::Corrupt);
  CHECK(error.reason == reason);
}

}  // namespace

TEST_CASE("A block comes with its logs, sorted, from one request") {
  World world;
  world.logs = json::array({log_json(5, 9, kUsdt, kTransfer), log_json(5, 2, kUsdc, kTransfer)});
  const auto block = world.block();
  REQUIRE(block);
  CHECK(block->header.hash == hash_of_block(5));
  REQUIRE(block->logs.size() == 2);
  CHECK(block->logs[0].log_index == 2);
  CHECK(block->logs[0].address == kUsdc);
  CHECK(block->logs[0].topics == evm::Topics{kTransfer});
  CHECK(block->logs[0].data == Bytes{1});
  CHECK(block->logs[1].log_index == 9);
  CHECK(world.nodes.requests.size() == 1);
  CHECK(world.asked == json{{"address", {to_0x(kUsdc.view()), to_0x(kUsdt.view())}},
                            {"topics", {to_0x(kTransfer.view())}},
                            {"fromBlock", "0x5"},
                            {"toBlock", "0x5"}});
}

TEST_CASE("No logs are believed when the bloom excludes them") {
  World world;
  SECTION("a bloom of nothing") {}
  SECTION("a bloom of the address alone") {
    world.header = block_json(5, {item(kUsdc.view())});
  }
  SECTION("a bloom of the topic alone") {
    world.header = block_json(5, {item(kTransfer.view())});
  }
  const auto block = world.block();
  REQUIRE(block);
  CHECK(block->logs.empty());
  CHECK(world.nodes.requests.size() == 1);
}

TEST_CASE("Logs that the bloom allows and the node left out are asked for by hash") {
  World world;
  world.header = block_json(5, {item(kTransfer.view()), item(kUsdc.view()), item(kUsdt.view())});
  const json usdc = log_json(5, 1, kUsdc, kTransfer);
  const json usdt = log_json(5, 2, kUsdt, kTransfer);
  SECTION("there are none, twice") {
    REQUIRE(world.block());
    CHECK(world.asked_by_hash.at("blockHash") == to_0x(hash_of_block(5).view()));
    CHECK_FALSE(world.asked_by_hash.contains("fromBlock"));
  }
  SECTION("one address has none, twice") {
    world.logs = world.logs_by_hash = json::array({usdc});
    CHECK(world.block()->logs.size() == 1);
    CHECK(world.nodes.requests.size() == 2);
  }
  SECTION("all addresses have some: nothing to ask") {
    world.logs = json::array({usdc, usdt});
    CHECK(world.block()->logs.size() == 2);
    CHECK(world.nodes.requests.size() == 1);
  }
  SECTION("the second answer tells more") {
    world.logs = json::array({usdc});
    world.logs_by_hash = json::array({usdc, usdt});
    expect_corrupt(world.block().error(), "logs_disagree");
  }
  SECTION("the second answer is of another block") {
    world.logs_by_hash = json::array({usdc});
    world.logs_by_hash[0]["blockHash"] = to_0x(hash_of_block(6).view());
    expect_corrupt(world.block().error(), "logs_of_another_block");
  }
}

TEST_CASE("Logs that contradict the header or the question are refused") {
  World world;
  world.logs = json::array({log_json(5, 0, kUsdc, kTransfer), log_json(5, 1, kUsdc, kTransfer)});
  json& log = world.logs[1];
  SECTION("another block's hash") {
    log["blockHash"] = to_0x(hash_of_block(6).view());
    expect_corrupt(world.block().error(), "logs_of_another_block");
  }
  SECTION("another block's number") {
    log["blockNumber"] = "0x6";
    expect_corrupt(world.block().error(), "logs_of_another_block");
  }
  SECTION("all of another fork") {
    for (json& each : world.logs) each["blockHash"] = to_0x(hash_of_block(6).view());
    expect_corrupt(world.block().error(), "logs_of_another_block");
  }
  SECTION("another address") {
    log["address"] = to_0x(fixed_of<Address>(0x99).view());
    expect_corrupt(world.block().error(), "logs_not_asked_for");
  }
  SECTION("another topic, or none") {
    log["topics"] = GENERATE(json::array(), json::array({"0x" + std::string(64, '1')}));
    expect_corrupt(world.block().error(), "logs_not_asked_for");
  }
  SECTION("a log twice") {
    log["logIndex"] = "0x0";
    expect_corrupt(world.block().error(), "duplicate_log");
  }
  SECTION("a removed log") {
    log["removed"] = true;
    expect_corrupt(world.block().error(), "removed_log");
  }
  SECTION("a malformed log") {
    const auto spoil =
        GENERATE(std::pair("logIndex", json("0xffffffff")), std::pair("logIndex", json(1)),
                 std::pair("topics", json("0x")), std::pair("data", json("01")),
                 std::pair("data", json("0x0")), std::pair("address", json("0x01")),
                 std::pair("transactionHash", json(nullptr)), std::pair("removed", json("no")),
                 std::pair("topics", json::array({"a", "b", "c", "d", "e"})));
    log[spoil.first] = spoil.second;
    expect_corrupt(world.block().error(), "bad_answer");
  }
  SECTION("no list at all") {
    world.logs = GENERATE(json(nullptr), json::object(), json::array({1}), json("0x"));
    expect_corrupt(world.block().error(), "bad_answer");
  }
}

TEST_CASE("A null header is an unknown block, or a backend that lags behind its logs") {
  World world;
  world.header = nullptr;
  CHECK(world.block().error().reason == "no_such_block");
  world.logs = json::array({log_json(5, 0, kUsdc, kTransfer)});
  const Error error = world.block().error();
  CHECK(error.code == Errc::Unavailable);
  CHECK(error.reason == "lagging_backend");
}

TEST_CASE("A header of another block than asked for is refused") {
  World world;
  world.header = block_json(6);
  expect_corrupt(world.block().error(), "another_block");
  expect_corrupt(world.range().error(), "another_block");
}

TEST_CASE("A range comes with the header of its end, and its logs in order") {
  World world;
  world.logs = json::array({log_json(5, 0, kUsdc, kTransfer), log_json(3, 7, kUsdc, kTransfer),
                            log_json(3, 4, kUsdc, kTransfer)});
  const auto range = world.range();
  REQUIRE(range);
  CHECK(range->last.number == 5);
  REQUIRE(range->logs.size() == 3);
  CHECK(range->logs[0].log_index == 4);
  CHECK(range->logs[1].log_index == 7);
  CHECK(range->logs[2].block_number == 5);
  CHECK(world.asked.at("fromBlock") == "0x3");
}

TEST_CASE("A range's logs are held against the range and each other") {
  World world;
  world.logs = json::array({log_json(3, 0, kUsdc, kTransfer), log_json(3, 1, kUsdc, kTransfer)});
  SECTION("a lagging backend is no empty range") {
    world.logs = json::array();
    world.header = nullptr;
    CHECK(world.range().error().reason == "lagging_backend");
  }
  SECTION("below the range") {
    world.logs[0]["blockNumber"] = "0x2";
    expect_corrupt(world.range().error(), "logs_of_another_block");
  }
  SECTION("one number with two hashes") {
    world.logs[0]["blockHash"] = to_0x(hash_of_block(9).view());
    expect_corrupt(world.range().error(), "logs_of_another_block");
  }
  SECTION("the end with another hash than its header") {
    world.logs.push_back(log_json(5, 0, kUsdc, kTransfer));
    world.logs[2]["blockHash"] = to_0x(hash_of_block(9).view());
    expect_corrupt(world.range().error(), "logs_of_another_block");
  }
  SECTION("a log twice") {
    world.logs[1]["logIndex"] = "0x0";
    expect_corrupt(world.range().error(), "duplicate_log");
  }
  SECTION("a refusal of the range, however it is told") {
    if (GENERATE(true, false)) {
      world.nodes.on(kUrl, "eth_getLogs", [](const json&) -> json {
        throw rpc_error(-32005, "query returned more than 10000 results");
      });
    } else {
      world.nodes.on_request(kUrl, [](const http::Request&) -> Result<http::Response> {
        return fail(Errc::Corrupt, "body_too_large", "");
      });
    }
    CHECK(world.range().error().code == Errc::Rejected);
    CHECK(world.range().error().reason == "range_refused");
  }
}

}  // namespace settled::chains::rpc
