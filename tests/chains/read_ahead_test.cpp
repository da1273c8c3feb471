#include "chains/read_ahead.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>

#include "ledger/types/crypto.hpp"
#include "tests/chains/fake_nodes.hpp"
#include "tests/chains/follower_rig.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::tests;
using Numbers = std::vector<std::uint64_t>;

namespace {

/// Holds each question for logs back until it is let go, in whatever order a test wants.
class HeldNodes final : public http::Transport {
 public:
  explicit HeldNodes(boost::asio::io_context& io) : io_(io) {}

  http::Task<Result<http::Response>> send(http::Request request, http::Limits limits) override {
    const auto from = first_block(request.body);
    if (from) {
      asked.push_back(*from);
      most_at_once = std::max(most_at_once, ++under_way);
      if (holds) co_await held(*from);
      --under_way;
      if (failing.contains(*from)) {
        failing.erase(failing.find(*from));
        co_return fail(Errc::Unavailable, "connect_failed", "as planned");
      }
    }
    co_return co_await inner.send(std::move(request), limits);
  }

  void let_go(std::uint64_t from) { gates_.at(from).cancel(); }

  FakeNodes inner;
  bool holds = false;
  Numbers asked;  ///< the first blocks of the ranges, in the order they were asked for
  std::multiset<std::uint64_t> failing;  ///< one failure for each
  int under_way = 0;
  int most_at_once = 0;

 private:
  static std::optional<std::uint64_t> first_block(const std::string& body) {
    const auto at = body.find("\"fromBlock\":\"0x");
    if (at == std::string::npos) return std::nullopt;
    return std::stoull(body.substr(at + 15), nullptr, 16);
  }
  http::Task<void> held(std::uint64_t from) {
    auto [gate, is_new] = gates_.try_emplace(from, io_);
    gate->second.expires_at(boost::asio::steady_timer::time_point::max());
    co_await gate->second.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }

  boost::asio::io_context& io_;
  std::map<std::uint64_t, boost::asio::steady_timer> gates_;
};

/// 12,000 blocks, of which every 500th pays. Made once: it takes longer than all that is tested.
const FakeNode& the_chain() {
  static const FakeNode chain = [] {
    FakeNode node;
    node.mine(1, "genesis");
    while (node.latest() < 12'000) {
      node.mine(499);
      node.mine_with({payment("tx" + std::to_string(node.latest() + 1), 1)});
    }
    return node;
  }();
  return chain;
}

/// That chain, read by ranges of 1,000.
class World {
 public:
  World() : nodes(io), settings(fake_settings()) {
    nodes.inner.add("http://node0") = the_chain();
    pool.emplace(nodes, clock, random,
                 rpc::NodePool::Settings{.chain_id = 31337,
                                         .nodes = {{.name = "node0", .url = "http://node0"}}});
    reader.emplace(settings, *pool, [](const auto&, const auto& to) { return to == address(1); });
    ahead.emplace(io.get_executor(), *reader);
  }

  void start(std::uint64_t head, std::uint64_t to) {
    ended.reset();
    const ReadAhead::Take take = [this](Reading reading) -> http::Task<bool> {
      for (const SeenBlock& block : reading.blocks) {
        if (!block.transfers.empty()) paid.push_back(block.block.number);
      }
      heads.push_back(reading.blocks.back().block.number);
      co_return heads.size() < stop_after;
    };
    boost::asio::co_spawn(io, ahead->run(head, to, true, take),
                          [this](std::exception_ptr thrown, Status status) {
                            REQUIRE(thrown == nullptr);
                            ended = std::move(status);
                          });
    settle();
  }
  /// Until everything waits for a gate.
  void settle() {
    io.restart();
    while (io.poll_one() > 0) {
    }
  }
  void let_go(std::uint64_t from) {
    nodes.let_go(from);
    settle();
  }
  /// How the turn ended, and it has.
  const Status& outcome() const {
    REQUIRE(ended);
    return *ended;
  }

  boost::asio::io_context io;
  HeldNodes nodes;
  ChainSettings settings;
  HastyClock clock;
  SystemRandom random;
  std::optional<rpc::NodePool> pool;
  std::optional<ChainReader> reader;
  std::optional<ReadAhead> ahead;
  Numbers heads;  ///< the last block of each window that was taken
  Numbers paid;
  std::size_t stop_after = ~std::size_t{0};
  std::optional<Status> ended;
};

Numbers every(std::uint64_t step, std::uint64_t first, std::uint64_t last) {
  Numbers out;
  for (std::uint64_t number = first; number <= last; number += step) out.push_back(number);
  return out;
}

}  // namespace

TEST_CASE("windows are read several at once and handed over in order, whichever comes first") {
  World world;
  world.nodes.holds = true;
  world.start(0, 1'000);
  CHECK(world.nodes.asked == Numbers{1, 251, 501, 751});
  world.let_go(751);
  world.let_go(251);
  CHECK(world.heads.empty());
  world.let_go(1);
  CHECK(world.heads == Numbers{250, 500});
  world.let_go(501);
  CHECK(world.heads == Numbers{250, 500, 750, 1'000});
  CHECK(world.paid == every(500, 500, 1'000));
  CHECK(world.outcome());
}

TEST_CASE("while the first window waits, what is read behind it is bounded") {
  World world;
  world.nodes.holds = true;
  world.start(0, 12'000);
  for (int i = 0; i < 40; ++i) {
    for (const std::uint64_t from : Numbers(world.nodes.asked)) {
      if (from != 1) world.let_go(from);
    }
  }
  CHECK(world.heads.empty());
  CHECK(world.nodes.asked.size() == ReadAhead::kMostHeld);
  world.nodes.holds = false;
  world.let_go(1);
  CHECK(world.outcome());
  CHECK(world.heads.back() == 12'000);
  CHECK(world.paid == every(500, 500, 12'000));
  CHECK(world.nodes.most_at_once == static_cast<int>(ReadAhead::kRangesAtOnce));
}

TEST_CASE("a window that fails once is asked again alone, and nothing behind it goes first") {
  World world;
  world.nodes.failing = {501};
  world.start(0, 12'000);
  CHECK(world.outcome());
  CHECK(std::ranges::is_sorted(world.heads));
  CHECK(world.paid == every(500, 500, 12'000));
  CHECK(std::ranges::count(world.nodes.asked, 501U) == 2);
  CHECK(std::ranges::count(world.nodes.asked, 1U) == 1);
}

TEST_CASE("a window that fails for good ends the turn behind what stands before it") {
  World world;
  world.nodes.failing = {501, 501};
  world.start(0, 12'000);
  REQUIRE_FALSE(world.outcome());
  CHECK(world.outcome().error().reason == "connect_failed");
  CHECK(world.paid == every(500, 500, 500));
  const Numbers asked = world.nodes.asked;
  // What was read behind it is not asked for again.
  world.start(500, 12'000);
  CHECK(world.outcome());
  CHECK(world.paid == every(500, 500, 12'000));
  for (const std::uint64_t from : world.nodes.asked) {
    INFO(from);
    CHECK(std::ranges::count(world.nodes.asked, from) == (from == 501 ? 3 : 1));
  }
}

TEST_CASE("what was read ahead is forgotten where the chain goes on from elsewhere") {
  World world;
  world.nodes.failing = {501, 501};
  world.start(0, 12'000);
  world.heads.clear();
  world.paid.clear();
  world.start(1'500, 12'000);
  CHECK(world.outcome());
  CHECK(world.paid == every(500, 2'000, 12'000));
}

TEST_CASE("when no more is wanted, what is under way is awaited and forgotten") {
  World world;
  world.nodes.holds = true;
  world.stop_after = 1;
  world.start(0, 12'000);
  world.let_go(1);
  CHECK(world.heads == Numbers{250});
  CHECK_FALSE(world.ended);
  for (const std::uint64_t from : Numbers(world.nodes.asked)) {
    if (from != 1) world.let_go(from);
  }
  CHECK(world.outcome());
  CHECK(world.heads == Numbers{250});
}

TEST_CASE("windows that are refused in the middle are split there, without a gap or an overlap") {
  World world;
  FakeNode& node = world.nodes.inner.nodes.at("http://node0");
  node.max_range = 37;
  world.start(0, 12'000);
  CHECK(world.outcome());
  CHECK(world.paid == every(500, 500, 12'000));
  CHECK(std::ranges::adjacent_find(world.heads, std::ranges::greater_equal()) == world.heads.end());
}
