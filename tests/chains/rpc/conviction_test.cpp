#include <algorithm>
#include <chrono>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "chains/rpc/pool.hpp"
#include "tests/chains/rpc/pool_world.hpp"

namespace settled::chains::rpc {
namespace {

using std::chrono::seconds;

/// Two nodes that answer; `lying` is convicted for whatever it answers.
struct World : PoolWorld {
  World() { REQUIRE(start()); }
  /// Which node's answer was taken; the reason where none was.
  std::string ask() {
    const auto answer =
        http::run(io, pool.call<std::string>([this](Node& node) { return judged(&node); }));
    return answer ? *answer : answer.error().reason;
  }
  NodeHealth first() const { return node(0); }

  bool lies = true;

 private:
  Task<Result<std::string>> judged(Node* node) {
    CO_TRY_OK(co_await node->block(std::uint64_t{100}));
    if (lies && node->name() == "one") {
      const Error error{Errc::Corrupt, "log_index_gap", "log 3 is missing"};
      pool.convict(*node, error);
      co_return std::unexpected(error);
    }
    co_return node->name();
  }
};

}  // namespace

TEST_CASE("A convicted node is named, set aside, and the next one asked") {
  World world;
  CHECK(world.ask() == "two");
  CHECK(world.first().state == NodeState::Distrusted);
  CHECK(world.first().detail == "log_index_gap: log 3 is missing");
  CHECK(world.first().forgeries == 1);
  CHECK(world.pool.health()[1].forgeries == 0);
  CHECK(world.forgeries == std::vector<std::string>{"one log_index_gap"});
  CHECK(world.ask() == "two");
  CHECK(world.forgeries.size() == 1);
}

TEST_CASE("Neither a later answer nor a failure brings a convicted node back early") {
  World world;
  CHECK(world.ask() == "two");
  world.recheck();
  CHECK(world.first().state == NodeState::Distrusted);
  world.clock.time += seconds(5) - std::chrono::milliseconds(1);
  world.recheck();
  CHECK(world.first().state == NodeState::Distrusted);
  world.clock.time += std::chrono::milliseconds(1);
  world.lies = false;
  world.recheck();
  CHECK(world.first().state == NodeState::Ok);
  CHECK(world.first().forgeries == 1);
  CHECK(world.ask() == "one");
}

TEST_CASE("Each conviction sets a node aside for twice as long, up to ten minutes") {
  World world;
  for (const int rest : {5, 10, 20, 40, 80, 160, 320, 600, 600}) {
    world.recheck();
    CHECK(world.ask() == "two");
    const std::size_t convictions = world.forgeries.size();
    world.clock.time += seconds(rest) - std::chrono::milliseconds(1);
    CHECK(world.ask() == "two");
    CHECK(world.forgeries.size() == convictions);
    world.clock.time += std::chrono::milliseconds(1);
  }
  CHECK(world.first().forgeries == 9);
}

TEST_CASE("A question that was under way when its node was convicted does not clear it") {
  World world;
  const auto late =
      http::run(world.io, world.pool.call<bool>([&](Node& node) -> Task<Result<bool>> {
        world.pool.convict(node, {Errc::Corrupt, "receipts_root_mismatch", ""});
        co_return true;
      }));
  CHECK(late);
  CHECK(world.first().state == NodeState::Distrusted);
}

TEST_CASE("Convictions of one moment count once") {
  World world;
  const auto asked =
      http::run(world.io, world.pool.call<bool>([&](Node& node) -> Task<Result<bool>> {
        for (int i = 0; i < 3; ++i) world.pool.convict(node, {Errc::Corrupt, "log_index_gap", ""});
        co_return true;
      }));
  CHECK(asked);
  CHECK(world.first().forgeries == 1);
}

TEST_CASE("A clock that was set back does not keep a convicted node away for ever") {
  World world;
  CHECK(world.ask() == "two");
  world.clock.time -= seconds(3'600);
  world.lies = false;
  world.recheck();
  CHECK(world.first().state == NodeState::Ok);
}

}  // namespace settled::chains::rpc
