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
#include "tests/chains/rpc/scripted_node.hpp"

namespace settled::chains::rpc {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

const std::string kOne = "http://one/";
const std::string kTwo = "http://two/";

struct SetClock final : Clock {
  Time now() const override { return time; }
  Time time = from_ms(1'000'000);
};

struct Zeros final : Random {
  void fill(std::span<std::uint8_t> out) override { std::ranges::fill(out, std::uint8_t{0}); }
};

// Two nodes of chain 1, at block 100 both.
struct World {
  World() {
    for (const std::string& url : {kOne, kTwo}) {
      nodes.on(url, "eth_chainId", [](const json&) { return "0x1"; });
      head(url, 100);
    }
  }
  void head(const std::string& url, std::uint64_t number) {
    nodes.on(url, "eth_getBlockByNumber", [number](const json& params) -> json {
      if (params.at(0) == "latest") return block_json(number);
      return nullptr;
    });
  }
  void fails(const std::string& url, Error error) {
    nodes.on_request(url, [error](const http::Request&) -> Result<http::Response> {
      return std::unexpected(error);
    });
  }
  void fails(const std::string& url) { fails(url, {Errc::Timeout, "timeout", "too slow"}); }

  Status start() { return http::run(io, pool.start()); }
  Result<Header> latest() {
    return http::run(io, pool.call<Header>([](Node& node) { return node.block(Tag::Latest); }));
  }
  void recheck() {
    http::run(io, [](NodePool& nodes_of_chain) -> Task<bool> {
      co_await nodes_of_chain.recheck();
      co_return true;
    }(pool));
  }
  NodeState state(std::size_t index) const { return pool.health()[index].state; }
  std::size_t asked(const std::string& url) const {
    return static_cast<std::size_t>(std::ranges::count(nodes.requests, url, &http::Request::url));
  }

  boost::asio::io_context io;
  ScriptedNodes nodes;
  SetClock clock;
  Zeros random;
  NodePool pool{nodes, clock, random, {1, 5, {{"one", kOne}, {"two", kTwo}}}};
};

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
  CHECK(world.pool.health()[0].detail == "chain id 5 instead of 1");
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
