#include "chains/rpc/node_gate.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/chains/rpc/pool_world.hpp"

namespace settled::chains::rpc {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using Entered = Result<NodeGate::Pass>;
constexpr std::size_t kMiB = std::size_t{1} << 20;

struct World {
  explicit World(NodeGate::Settings settings) : gate(clock, waits.wait(), settings) {}

  std::shared_ptr<Spawned<Entered>> enter(std::size_t calls, std::size_t bytes) {
    return spawn_on(io, gate.enter(calls, bytes));
  }
  void poll() { poll_all(io); }

  boost::asio::io_context io;
  SetClock clock;
  ScriptedWaits waits;
  NodeGate gate;
};

}  // namespace

TEST_CASE("So many bytes are let in at once, and the next waits its turn") {
  World world({.max_bytes_under_way = 100});
  auto first = world.enter(1, 60);
  auto second = world.enter(1, 40);
  REQUIRE(first->value);
  REQUIRE(second->value);
  CHECK(world.gate.bytes_under_way() == 100);
  auto third = world.enter(1, 50);
  auto fourth = world.enter(1, 10);
  CHECK_FALSE(third->value);
  second.reset();
  world.poll();
  CHECK_FALSE(third->value);
  CHECK_FALSE(fourth->value);  // first come, first served
  first.reset();
  world.poll();
  CHECK(third->value);
  CHECK(fourth->value);
  CHECK(world.gate.bytes_under_way() == 60);
  third.reset();
  fourth.reset();
  CHECK(world.gate.bytes_under_way() == 0);
}

TEST_CASE("Who gives up waiting holds up nobody, and takes nothing along") {
  World world({.max_bytes_under_way = 100});
  auto first = world.enter(1, 80);
  auto second = world.enter(1, 90);
  auto third = world.enter(1, 20);
  CHECK_FALSE(third->value);
  second->cancel.emit(boost::asio::cancellation_type::terminal);
  world.poll();
  CHECK(second->thrown);
  CHECK(third->value);
  CHECK(world.gate.bytes_under_way() == 100);
  SECTION("also where its turn came at that moment") {
    auto fourth = world.enter(1, 100);
    third.reset();
    first.reset();  // its turn is here, and it has not gone on
    CHECK(world.gate.bytes_under_way() == 100);
    fourth->cancel.emit(boost::asio::cancellation_type::terminal);
    world.poll();
    fourth.reset();
    CHECK(world.gate.bytes_under_way() == 0);
  }
}

TEST_CASE("The queue has a bound") {
  World world({.max_bytes_under_way = 10, .max_waiting = 2});
  const auto first = world.enter(1, 10);
  const auto second = world.enter(1, 10);
  const auto third = world.enter(1, 10);
  CHECK(world.gate.waiting() == 2);
  const auto fourth = world.enter(1, 10);
  REQUIRE(fourth->value);
  CHECK(fourth->value->error().reason == "overloaded");
}

TEST_CASE("Calls beyond those of a second wait, and none is dropped") {
  World world({.max_requests_per_second = 2});
  CHECK(world.enter(2, 1)->value);
  const auto third = world.enter(1, 1);
  const auto fourth = world.enter(1, 1);
  CHECK(world.waits.under_way() == std::vector{milliseconds(500), milliseconds(1'000)});
  CHECK(world.gate.waiting() == 2);
  CHECK_FALSE(third->value);
  world.waits.over();
  world.poll();
  CHECK(third->value);
  CHECK(fourth->value);
  CHECK(world.gate.waiting() == 0);
}

TEST_CASE("A node's calls are paced by the settings, each call of a batch for itself") {
  PoolWorld world;
  Endpoint endpoint{"one", kOne};
  endpoint.max_requests_per_second = 4;
  NodePool::Settings settings{.chain_id = 1, .nodes = {endpoint}};
  settings.wait = world.waits.wait();
  NodePool pool(world.nodes, world.clock, world.random, settings);
  REQUIRE(http::run(world.io, pool.start()));  // two calls
  REQUIRE(http::run(world.io, pool.heads()));  // two more
  const std::size_t before = world.nodes.requests.size();
  const auto third = world.spawn(pool.heads());
  CHECK_FALSE(third->value);
  CHECK(world.nodes.requests.size() == before);
  CHECK(world.waits.under_way() == std::vector{milliseconds(500)});
  CHECK(pool.health()[0].state == NodeState::Ok);
  world.waits.over();
  world.poll();
  REQUIRE(third->value);
  CHECK(third->value->has_value());
}

TEST_CASE("Answers are asked for small, and once more in full where they are larger") {
  PoolWorld world;
  NodeGate gate(world.clock, world.waits.wait(), {});
  Node node(world.nodes, {"one", kOne}, &gate);
  SECTION("a usual answer") {
    REQUIRE(http::run(world.io, node.chain_id()));
    REQUIRE(world.nodes.limits.size() == 1);
    CHECK(world.nodes.limits[0].max_body_bytes == 4 * kMiB);
  }
  SECTION("a larger one") {
    int asked = 0;
    world.nodes.on_request(kOne, [&](const http::Request&) -> Result<http::Response> {
      if (++asked == 1) return fail(Errc::Corrupt, "body_too_large", "");
      return answered(R"({"jsonrpc":"2.0","id":1,"result":"0x1"})");
    });
    CHECK(http::run(world.io, node.chain_id()) == 1U);
    REQUIRE(world.nodes.limits.size() == 2);
    CHECK(world.nodes.limits[1].max_body_bytes == 64 * kMiB);
  }
  SECTION("one that is too large altogether") {
    world.nodes.on_request(kOne, [](const http::Request&) -> Result<http::Response> {
      return fail(Errc::Corrupt, "body_too_large", "");
    });
    CHECK(http::run(world.io, node.chain_id()).error().reason == "body_too_large");
    CHECK(world.nodes.limits.size() == 2);
  }
  CHECK(gate.bytes_under_way() == 0);
}

TEST_CASE("Sixteen answers of any size at once are never more than 128 MiB of one node") {
  PoolWorld world;
  NodeGate gate(world.clock, world.waits.wait(), {});
  Node node(world.nodes, {"one", kOne}, &gate);
  std::size_t most = 0;
  world.nodes.on_request(kOne, [&](const http::Request&) -> Result<http::Response> {
    most = std::max(most, gate.bytes_under_way());
    return fail(Errc::Corrupt, "body_too_large", "");
  });
  world.nodes.hold(kOne);
  std::vector<std::shared_ptr<Spawned<Result<Document>>>> asked;
  for (int i = 0; i < 16; ++i) asked.push_back(world.spawn(node.receipts_document({})));
  CHECK(world.nodes.holding(kOne) == 8);  // of 16 MiB
  CHECK(gate.bytes_under_way() == 128 * kMiB);
  for (int round = 0; round < 40; ++round) {
    world.nodes.release(kOne);
    world.nodes.hold(kOne);
    world.poll();
    CHECK(world.nodes.holding(kOne) <= 8);
    CHECK(gate.bytes_under_way() <= 128 * kMiB);
  }
  for (const auto& each : asked) {
    REQUIRE(each->value);
    CHECK(each->value->error().reason == "body_too_large");
  }
  CHECK(most == 128 * kMiB);
  CHECK(gate.bytes_under_way() == 0);
}

}  // namespace settled::chains::rpc
