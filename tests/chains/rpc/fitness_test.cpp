#include <chrono>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/chains/rpc/pool_world.hpp"

namespace settled::chains::rpc {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

json syncing(std::uint64_t current, std::uint64_t highest) {
  return {{"currentBlock", evm::to_quantity(current)}, {"highestBlock", evm::to_quantity(highest)}};
}

}  // namespace

TEST_CASE("A node that is syncing is set aside with that reason until it is done") {
  PoolWorld world;
  const json told = GENERATE(syncing(10, 16), json{{"msgCount", 7}});
  world.nodes.on(kOne, "eth_syncing", [told](const json&) { return told; });
  REQUIRE(world.start());
  CHECK(world.state(0) == NodeState::Lagging);
  CHECK(world.node(0).reason == "syncing");
  const std::size_t before = world.asked(kOne);
  CHECK(world.latest());
  CHECK(world.asked(kOne) == before);
  world.nodes.on(kOne, "eth_syncing", [](const json&) { return false; });
  world.clock.time += milliseconds(4'999);
  world.recheck();
  CHECK(world.node(0).reason == "syncing");
  world.clock.time += milliseconds(1);
  world.recheck();
  CHECK(world.state(0) == NodeState::Ok);
  CHECK(world.node(0).reason.empty());
}

TEST_CASE("A node that was down and comes back unfit rests for that alone") {
  PoolWorld world(1);
  REQUIRE(world.start());
  world.fails(kOne);
  REQUIRE(world.heads().error().reason == "timeout");
  world.nodes.forget(kOne);
  milliseconds rest{};
  SECTION("of another chain") {
    world.nodes.on(kOne, "eth_chainId", [](const json&) { return "0x5"; });
    rest = seconds(5);
  }
  SECTION("throttled") {
    world.nodes.on_request(kOne, [](const http::Request&) -> Result<http::Response> {
      return answered("slow down", 429, {{"retry-after", "2"}});
    });
    rest = seconds(2);
  }
  SECTION("in words that nobody knows") {
    world.nodes.on(kOne, "eth_chainId",
                   [](const json&) -> json { throw rpc_error(-32099, "the moon is full"); });
    rest = milliseconds(200);  // it has not answered what is asked of every node
  }
  world.clock.time += milliseconds(100);
  REQUIRE_FALSE(world.heads());
  world.nodes.forget(kOne);
  world.nodes.on(kOne, "eth_chainId", [](const json&) { return "0x1"; });

  const std::size_t before = world.asked(kOne);
  world.clock.time += rest - milliseconds(1);
  CHECK(world.heads().error().reason == "no_node");
  CHECK(world.asked(kOne) == before);
  world.clock.time += milliseconds(1);
  CHECK(world.heads());
  CHECK(world.state(0) == NodeState::Ok);
}

TEST_CASE("A node that says it is syncing and lacks a few blocks is used") {
  PoolWorld world;
  world.nodes.on(kOne, "eth_syncing", [](const json&) { return syncing(11, 16); });
  REQUIRE(world.start());
  CHECK(world.state(0) == NodeState::Ok);
}

TEST_CASE("A node that has thrown the past away is set aside as pruned, and the next one asked") {
  PoolWorld world;
  world.head(kOne, 5'000);
  world.head(kTwo, 5'000);
  REQUIRE(world.start());
  REQUIRE(world.heads());
  const auto asked = [&](std::function<Task<Result<Header>>(Node&)> ask) {
    return http::run(world.io, world.pool.call<Header>(std::move(ask)));
  };
  SECTION("it answers null for a block that is far below its own head") {
    world.nodes.on(kTwo, "eth_getBlockByNumber", [](const json&) { return block_json(3'976); });
    const auto ask = [](Node& node) -> Task<Result<Header>> {
      CO_TRY(const auto headers, co_await node.headers({3'976}));
      co_return headers.front();
    };
    CHECK(asked(ask)->number == 3'976);
    CHECK(world.node(0).detail == "pruned: the node lacks block 3976 though its head is 5000");
  }
  SECTION("it says so") {
    world.nodes.on(kOne, "eth_getBlockByNumber",
                   [](const json&) -> json { throw rpc_error(-32000, "missing trie node 0xab"); });
    CHECK(asked(&PoolWorld::ask_latest)->number == 5'000);
  }
  CHECK(world.state(0) == NodeState::Distrusted);
  CHECK(world.node(0).reason == "pruned");
  world.clock.time += milliseconds(59'999);
  const std::size_t before = world.asked(kOne);
  CHECK(world.latest());
  CHECK(world.asked(kOne) == before);
}

TEST_CASE("A node that lacks a block near its head lags, and is not pruned") {
  PoolWorld world;
  world.head(kOne, 5'000);
  REQUIRE(world.start());
  REQUIRE(world.heads());
  const auto near = http::run(world.io, world.pool.call<std::vector<Header>>(
                                            [](Node& node) { return node.headers({3'977}); }));
  CHECK(near.error().code == Errc::NotFound);
  CHECK(world.node(0).reason.empty());
}

TEST_CASE("Receipts that a node lacks are lagging near its head and pruned far below") {
  PoolWorld world;
  world.head(kOne, 5'000);
  world.nodes.on(kOne, "eth_getBlockReceipts", [](const json&) { return nullptr; });
  Node node(world.nodes, {"one", kOne});
  REQUIRE(http::run(world.io, node.heads()));
  const auto reason = [&](std::uint64_t number) {
    const auto asked = world.spawn(node.receipts_document({}, number));
    REQUIRE(asked->value);
    return asked->value->error().reason;
  };
  CHECK(reason(3'977) == "lagging_backend");
  CHECK(reason(3'976) == "pruned");
  CHECK(reason(UINT64_MAX) == "lagging_backend");
}

TEST_CASE("A node whose head cannot be is named and set aside, and leads nobody") {
  PoolWorld world;
  REQUIRE(world.start());
  REQUIRE(world.heads());
  world.head(kOne, 1'000'000'000);
  CHECK(world.heads()->latest.number == 100);
  CHECK(world.state(0) == NodeState::Distrusted);
  CHECK(world.node(0).reason == "implausible_head");
  CHECK(world.node(0).detail ==
        "implausible_head: the node says that block 1000000000 is the latest, when the chain was "
        "at 100");
  CHECK(world.incidents == Lines{"one implausible_head"});
  world.clock.time += seconds(5);
  CHECK(world.heads()->latest.number == 100);
  CHECK(world.incidents.size() == 1);
  CHECK(world.pool.tip() == 100);
  world.head(kOne, 101);
  world.clock.time += seconds(5);
  CHECK(world.heads());
  CHECK(world.state(0) == NodeState::Ok);
}

TEST_CASE("A final block that a node takes back is told of, and the lower one not believed") {
  PoolWorld world(1);
  world.head(kOne, 100, 90);
  REQUIRE(world.start());
  CHECK(world.heads()->finalized->number == 90);
  world.head(kOne, 101, 80);
  CHECK_FALSE(world.heads()->finalized);
  CHECK(world.incidents == Lines{"one finality_regress"});
}

TEST_CASE("With a quorum one node alone moves neither the tip nor the final block") {
  PoolWorld world(3, 2);
  for (const std::string& url : {kOne, kTwo, kThree}) world.head(url, 100, 90);
  REQUIRE(world.start());
  REQUIRE(world.heads());
  world.head(kOne, 5'000, 4'999);
  CHECK(world.heads()->latest.number == 100);
  CHECK(world.heads()->finalized->number == 90);
  CHECK(world.pool.tip() == 100);
  world.fails(kTwo);
  world.fails(kThree);
  const auto alone = world.heads();
  REQUIRE_FALSE(alone);
  CHECK(alone.error().reason == "no_quorum");
  CHECK(alone.error().detail ==
        "2 nodes must tell their head: one: block 5000; two: nothing; three: nothing");
}

TEST_CASE("A node that fails more than it answers is asked after one that does not") {
  PoolWorld world;
  REQUIRE(world.start());
  for (int i = 0; i < 4; ++i) {
    world.fails(kOne);
    CHECK(world.latest());
    world.nodes.forget(kOne);
    world.clock.time += seconds(5);
    world.recheck();
  }
  CHECK(world.state(0) == NodeState::Ok);
  CHECK(world.node(0).score >= 100);
  std::size_t before = world.asked(kOne);
  CHECK(world.latest());
  CHECK(world.asked(kOne) == before);
  world.clock.time += seconds(600);
  CHECK(world.latest());
  CHECK(world.asked(kOne) == before + 1);
}

}  // namespace settled::chains::rpc
