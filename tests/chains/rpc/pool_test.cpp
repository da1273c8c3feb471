#include "chains/rpc/pool.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "ledger/types/hex.hpp"
#include "tests/chains/rpc/pool_world.hpp"

namespace settled::chains::rpc {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

using World = PoolWorld;

}  // namespace

TEST_CASE("Nodes are told apart by health words") {
  CHECK(to_string(NodeState::Ok) == "ok");
  CHECK(to_string(NodeState::Distrusted) == "distrusted");
}

TEST_CASE("Questions go to the first node while it answers") {
  World world;
  CHECK(world.state(0) == NodeState::Down);
  REQUIRE(world.start());
  CHECK(world.state(0) == NodeState::Ok);
  CHECK(world.pool.health()[1].last_success == world.clock.time);
  REQUIRE(world.latest());
  REQUIRE(world.latest());
  CHECK(world.asked(kOne) == 3);
  CHECK(world.asked(kTwo) == 1);
}

TEST_CASE("A node that fails is passed over, rests longer each time, and comes back") {
  World world;
  REQUIRE(world.start());
  world.fails(kOne);
  CHECK(world.latest());
  CHECK(world.state(0) == NodeState::Down);
  CHECK(world.pool.health()[0].detail == "timeout: too slow");
  const std::size_t before = world.asked(kOne);
  CHECK(world.latest());
  CHECK(world.asked(kOne) == before);

  for (const int rest : {100, 200, 400, 800, 1600, 3200, 5000, 5000}) {
    const std::size_t asked = world.asked(kOne);
    world.clock.time += milliseconds(rest - 1);
    world.recheck();
    CHECK(world.asked(kOne) == asked);
    world.clock.time += milliseconds(1);
    world.recheck();
    CHECK(world.asked(kOne) == asked + 1);
  }
  world.nodes.forget(kOne);
  world.clock.time += milliseconds(5000);
  world.recheck();
  CHECK(world.state(0) == NodeState::Ok);
}

TEST_CASE("Every failure that another node may not share goes on to it") {
  World world;
  REQUIRE(world.start());
  world.fails(kOne,
              GENERATE(Error{Errc::Unavailable, "connect_failed", ""},
                       Error{Errc::Timeout, "timeout", ""}, Error{Errc::Corrupt, "bad_http", ""}));
  CHECK(world.latest());
}

TEST_CASE("A refusal is an answer, and the node stays ok") {
  World world;
  REQUIRE(world.start());
  for (const std::string& url : {kOne, kTwo}) {
    world.nodes.on(url, "eth_getBlockByNumber",
                   [](const json&) -> json { throw rpc_error(-32000, "block range too large"); });
  }
  const std::size_t before = world.asked(kTwo);
  CHECK(world.latest().error().reason == "range_refused");
  CHECK(world.state(0) == NodeState::Ok);
  CHECK(world.asked(kTwo) == before);
}

TEST_CASE("An error that no dialect explains sends the question on and is held against nobody") {
  World world;
  REQUIRE(world.start());
  world.nodes.on(kOne, "eth_getBlockByNumber",
                 [](const json&) -> json { throw rpc_error(-32603, "Internal error"); });
  CHECK(world.latest());
  CHECK(world.latest());
  CHECK(world.state(0) == NodeState::Ok);
  world.nodes.on(kTwo, "eth_getBlockByNumber",
                 [](const json&) -> json { throw rpc_error(-32603, "Internal error"); });
  CHECK(world.latest().error().reason == "rpc_error");
}

TEST_CASE("What one node has not found another one may know") {
  World world;
  REQUIRE(world.start());
  world.nodes.on(kOne, "eth_getBlockByNumber", [](const json&) { return nullptr; });
  CHECK(world.latest());
  world.fails(kTwo);
  const auto neither = world.latest();
  CHECK(neither.error().code == Errc::NotFound);
  CHECK(world.state(0) == NodeState::Ok);
}

TEST_CASE("A throttled node rests for as long as it asks") {
  World world;
  REQUIRE(world.start());
  world.nodes.on_request(kOne, [](const http::Request&) -> Result<http::Response> {
    return answered("", 429, {{"retry-after", "20"}});
  });
  CHECK(world.latest());
  CHECK(world.state(0) == NodeState::Throttled);
  world.nodes.forget(kOne);
  const std::size_t before = world.asked(kOne);
  world.clock.time += milliseconds(19'999);
  world.fails(kTwo);
  CHECK_FALSE(world.latest());
  CHECK(world.asked(kOne) == before);
  world.clock.time += milliseconds(1);
  CHECK(world.latest());
  CHECK(world.state(0) == NodeState::Ok);
}

TEST_CASE("When all nodes rest there is none") {
  World world;
  world.fails(kOne);
  world.fails(kTwo);
  CHECK(world.start().error().reason == "no_node");
  const auto header = world.latest();
  CHECK(header.error().code == Errc::Unavailable);
  CHECK(header.error().reason == "no_node");
}

TEST_CASE("A node of another chain is never used until it answers right") {
  World world;
  world.nodes.on(kOne, "eth_chainId", [](const json&) { return "0x5"; });
  world.head(kOne, 999);
  REQUIRE(world.start());
  CHECK(world.state(0) == NodeState::Distrusted);
  CHECK(world.node(0).reason == "wrong_chain_id");
  CHECK(world.node(0).detail == "wrong_chain_id: chain id 5 instead of 1");
  CHECK(world.incidents == std::vector<std::string>{"one wrong_chain_id"});
  world.clock.time += milliseconds(60'000);
  CHECK(world.latest()->number == 100);
  world.fails(kTwo);
  CHECK(world.latest().error().reason != "");
  world.nodes.on(kOne, "eth_chainId", [](const json&) { return "0x1"; });
  world.clock.time += milliseconds(60'000);
  CHECK(world.latest()->number == 999);
  CHECK(world.state(0) == NodeState::Ok);
}

TEST_CASE("A node whose head stays behind is lagging, and asked last") {
  World world;
  REQUIRE(world.start());
  const auto heads = [&] { return http::run(world.io, world.pool.heads()); };
  CHECK(heads()->latest.number == 100);
  world.head(kTwo, 200);
  world.fails(kOne);
  CHECK(heads()->latest.number == 200);
  world.nodes.forget(kOne);
  world.clock.time += milliseconds(100);
  world.fails(kTwo);
  const auto behind = heads();
  REQUIRE(behind);
  CHECK(behind->latest.number == 100);
  CHECK(world.state(0) == NodeState::Lagging);
  world.nodes.forget(kTwo);
  world.clock.time += milliseconds(10'000);
  CHECK(heads()->latest.number == 200);
  world.head(kOne, 199);
  world.recheck();
  CHECK(world.state(0) == NodeState::Ok);
}

TEST_CASE("A broadcast goes to all nodes, and the best outcome counts") {
  World world;
  REQUIRE(world.start());
  const Bytes raw = {1, 2, 3};
  const auto own = fixed_from<TxHash>(evm::keccak256(raw).view());
  const auto takes = [own](const json&) -> json { return to_0x(own.view()); };
  const auto refuses = [](const json&) -> json { throw rpc_error(-32000, "nonce too low"); };
  const auto send = [&] { return http::run(world.io, world.pool.broadcast({raw})).front(); };
  SECTION("both take it") {
    world.nodes.on(kOne, "eth_sendRawTransaction", takes);
    world.nodes.on(kTwo, "eth_sendRawTransaction", takes);
    CHECK(send() == own);
    CHECK(world.asked(kOne) == 2);
    CHECK(world.asked(kTwo) == 2);
  }
  SECTION("one refuses, one takes") {
    const bool first = GENERATE(true, false);
    world.nodes.on(first ? kOne : kTwo, "eth_sendRawTransaction", takes);
    world.nodes.on(first ? kTwo : kOne, "eth_sendRawTransaction", refuses);
    CHECK(send() == own);
  }
  SECTION("one refuses, one fails") {
    const bool first = GENERATE(true, false);
    world.nodes.on(first ? kOne : kTwo, "eth_sendRawTransaction", refuses);
    world.fails(first ? kTwo : kOne);
    CHECK(send().error().reason == "nonce_too_low");
  }
  SECTION("both fail, and are tried although they rest") {
    world.fails(kOne);
    world.fails(kTwo);
    CHECK(send().error().reason == "timeout");
    CHECK(world.state(0) == NodeState::Down);
    world.nodes.forget(kTwo);
    world.nodes.on(kTwo, "eth_sendRawTransaction", takes);
    CHECK(send() == own);
  }
  SECTION("a node of another chain is sent nothing") {
    world.nodes.on(kOne, "eth_chainId", [](const json&) { return "0x5"; });
    world.nodes.on(kOne, "eth_sendRawTransaction", takes);
    NodePool fresh(world.nodes, world.clock, world.random, {1, 5, {{"one", kOne}}});
    CHECK_FALSE(http::run(world.io, fresh.broadcast({raw})).front());
    CHECK(world.asked(kOne) == 2);
  }
}

}  // namespace settled::chains::rpc
