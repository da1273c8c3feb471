#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "ledger/types/hex.hpp"
#include "tests/chains/rpc/pool_world.hpp"

namespace settled::chains::rpc {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Durations = std::vector<milliseconds>;

/// Both nodes' chain ids are known, and eight answers of the first.
struct World : PoolWorld {
  explicit World(std::size_t count = 2) : PoolWorld(count) {
    REQUIRE(start());
    waits.over();
    for (int i = 0; i < 8; ++i) REQUIRE(latest());
    head(kTwo, 102);
  }
  auto ask() { return spawn(pool.call<Header>(&PoolWorld::ask_latest)); }
};

}  // namespace

TEST_CASE(
    "A read that takes longer than mostly is asked of the next node too, and the first answer "
    "counts") {
  World world;
  world.nodes.hold(kOne);
  const auto asked = world.ask();
  CHECK(world.nodes.holding(kOne) == 1);
  CHECK(world.waits.under_way() == Durations{milliseconds(100)});
  const std::size_t before = world.asked(kTwo);
  CHECK_FALSE(asked->value);

  world.waits.over();
  world.poll();
  REQUIRE(asked->value);
  CHECK(asked->value->value().number == 102);
  CHECK(world.asked(kTwo) == before + 1);
  CHECK(world.nodes.cancelled(kOne) == 1);
  CHECK(world.nodes.holding(kOne) == 0);
  CHECK(world.waits.under_way().empty());
}

TEST_CASE("A read that is answered in time is asked of nobody else") {
  World world;
  const std::size_t before = world.asked(kTwo);
  world.nodes.hold(kOne);
  const auto asked = world.ask();
  world.nodes.release(kOne);
  world.poll();
  REQUIRE(asked->value);
  CHECK(asked->value->value().number == 100);
  CHECK(world.asked(kTwo) == before);
  CHECK(world.waits.under_way().empty());
}

TEST_CASE("The slower node wins where the second one fails, and one read is asked twice at most") {
  World world(3);
  world.nodes.hold(kOne);
  const auto asked = world.ask();
  SECTION("fails") {
    world.fails(kTwo);
    world.waits.over();
    world.poll();
    CHECK_FALSE(asked->value);
    world.nodes.release(kOne);
    world.poll();
    REQUIRE(asked->value);
    CHECK(asked->value->value().number == 100);
  }
  SECTION("hangs") {
    world.nodes.hold(kTwo);
    const std::size_t before = world.asked(kThree);
    world.waits.over();
    world.poll();
    CHECK(world.nodes.holding(kTwo) == 1);
    CHECK(world.waits.under_way().empty());
    CHECK(world.asked(kThree) == before);
    CHECK_FALSE(asked->value);
    world.nodes.release(kTwo);
    world.poll();
    REQUIRE(asked->value);
    CHECK(asked->value->value().number == 102);
  }
}

TEST_CASE("A node that is outrun again and again is asked second") {
  World world;
  for (int i = 0; i < 3; ++i) {
    world.nodes.hold(kOne);
    const auto asked = world.ask();
    world.waits.over();
    world.poll();
    REQUIRE(asked->value);
    world.nodes.release(kOne);
  }
  const std::size_t before = world.asked(kOne);
  REQUIRE(world.latest());
  CHECK(world.asked(kOne) == before);
  CHECK(world.state(0) == NodeState::Ok);
  CHECK(world.node(0).score > 0);
}

TEST_CASE("A read that is given up leaves nothing behind at either node") {
  World world;
  world.nodes.hold(kOne);
  world.nodes.hold(kTwo);
  const auto asked = world.ask();
  world.waits.over();
  world.poll();
  REQUIRE(world.nodes.holding(kTwo) == 1);
  asked->cancel.emit(boost::asio::cancellation_type::terminal);
  world.poll();
  CHECK(asked->thrown);
  CHECK(world.nodes.cancelled(kOne) == 1);
  CHECK(world.nodes.cancelled(kTwo) == 1);
  CHECK(world.pool.under_way() == 0);
}

TEST_CASE("A probe that is given up keeps no question away from the node") {
  World world;
  world.fails(kOne);
  REQUIRE(world.latest()->number == 102);
  REQUIRE(world.state(0) == NodeState::Down);
  world.nodes.forget(kOne);
  world.clock.time += milliseconds(100);
  world.fails(kTwo);
  REQUIRE(world.latest());  // and the first one's chain id is known again
  world.fails(kOne);
  REQUIRE_FALSE(world.latest());
  world.nodes.forget(kOne);
  world.clock.time += milliseconds(100);

  world.nodes.hold(kOne);
  const auto probe = world.ask();
  REQUIRE(world.nodes.holding(kOne) == 1);
  CHECK(world.ask()->value->error().reason == "no_node");
  probe->cancel.emit(boost::asio::cancellation_type::terminal);
  world.poll();
  REQUIRE(world.nodes.cancelled(kOne) == 1);
  world.nodes.release(kOne);
  CHECK(world.latest());
}

TEST_CASE("A write is sent once to each node, however long it takes") {
  World world;
  const Bytes raw = {1, 2, 3};
  const auto takes = [raw](const json&) -> json { return to_0x(evm::keccak256(raw).view()); };
  world.nodes.on(kOne, "eth_sendRawTransaction", takes);
  world.nodes.on(kTwo, "eth_sendRawTransaction", takes);
  world.nodes.hold(kOne);
  world.nodes.hold(kTwo);
  const std::size_t before = world.nodes.requests.size();
  const auto sent = world.spawn(world.pool.broadcast({raw}));
  CHECK(world.waits.under_way().empty());
  world.waits.over();
  world.poll();
  CHECK(world.nodes.requests.size() == before + 2);
  CHECK_FALSE(sent->value);
}

TEST_CASE(
    "A node that hangs does not delay what another one has taken, and is sent it all the same") {
  World world;
  const Bytes raw = {1, 2, 3};
  const auto own = fixed_from<TxHash>(evm::keccak256(raw).view());
  const auto takes = [own](const json&) -> json { return to_0x(own.view()); };
  world.nodes.on(kOne, "eth_sendRawTransaction", takes);
  world.nodes.on(kTwo, "eth_sendRawTransaction", takes);
  world.nodes.hold(kOne);
  const auto sent = world.spawn(world.pool.broadcast({raw}));
  REQUIRE(sent->value);
  CHECK(sent->value->front() == own);
  CHECK(world.nodes.holding(kOne) == 1);
  CHECK(world.pool.under_way() == 1);
  world.nodes.release(kOne);
  world.poll();
  CHECK(world.pool.under_way() == 0);
  CHECK(world.nodes.cancelled(kOne) == 0);
}

TEST_CASE("What is refused by one node is not decided while another one may take it") {
  World world;
  const Bytes raw = {1, 2, 3};
  const auto own = fixed_from<TxHash>(evm::keccak256(raw).view());
  world.nodes.on(kOne, "eth_sendRawTransaction",
                 [own](const json&) -> json { return to_0x(own.view()); });
  world.nodes.on(kTwo, "eth_sendRawTransaction",
                 [](const json&) -> json { throw rpc_error(-32000, "nonce too low"); });
  world.nodes.hold(kOne);
  const auto sent = world.spawn(world.pool.broadcast({raw}));
  CHECK_FALSE(sent->value);
  world.nodes.release(kOne);
  world.poll();
  REQUIRE(sent->value);
  CHECK(sent->value->front() == own);
}

TEST_CASE("A node that hangs is sent no more than 64 things at once") {
  World world;
  const Bytes raw = {1, 2, 3};
  const auto takes = [raw](const json&) -> json { return to_0x(evm::keccak256(raw).view()); };
  world.nodes.on(kTwo, "eth_sendRawTransaction", takes);
  world.nodes.hold(kOne);
  for (int i = 0; i < 70; ++i) REQUIRE(world.spawn(world.pool.broadcast({raw}))->value);
  CHECK(world.nodes.holding(kOne) == 32);  // of 4 MiB each
  CHECK(world.pool.under_way() == 64);
}

TEST_CASE("Heads are asked of all nodes at once, and one that hangs is waited for 100 ms, once") {
  World world;
  world.head(kOne, 101);
  world.nodes.hold(kTwo);
  const auto heads = world.spawn(world.pool.heads());
  CHECK_FALSE(heads->value);
  CHECK(world.waits.under_way() == Durations{milliseconds(100)});
  world.waits.over();
  world.poll();
  REQUIRE(heads->value);
  CHECK(heads->value->value().latest.number == 101);
  CHECK(world.nodes.holding(kTwo) == 1);

  const auto again = world.spawn(world.pool.heads());
  REQUIRE(again->value);
  CHECK(world.nodes.holding(kTwo) == 1);
  world.clock.time += seconds(5);
  world.nodes.release(kTwo);
  world.poll();
  CHECK(world.pool.under_way() == 0);

  // It answered, but late: it is asked again, and not waited for.
  world.nodes.hold(kTwo);
  const auto third = world.spawn(world.pool.heads());
  CHECK(third->value);
  CHECK(world.nodes.holding(kTwo) == 1);
}

}  // namespace settled::chains::rpc
