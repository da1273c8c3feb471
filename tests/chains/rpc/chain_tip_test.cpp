#include "chains/rpc/chain_tip.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/chains/rpc/scripted_node.hpp"

namespace settled::chains::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Verdict = ChainTip::Verdict;

Header header(std::uint64_t number) {
  Header out;
  out.number = number;
  out.hash = hash_of_block(number);
  return out;
}

Heads at(std::uint64_t latest, std::optional<std::uint64_t> finalized = {}) {
  Heads out{.latest = header(latest), .finalized = {}};
  if (finalized) out.finalized = header(*finalized);
  return out;
}

struct Chain {
  explicit Chain(std::size_t nodes, std::size_t needed = 1)
      : tip(nodes, {.delta = 5, .needed = needed}) {}

  /// All nodes answer within one round; a node that is told 0 does not.
  std::uint64_t round(const std::vector<std::uint64_t>& latest) {
    now += seconds(1);
    for (std::size_t i = 0; i < latest.size(); ++i) {
      if (latest[i] > 0) heard = tip.hear(i, at(latest[i]), now);
    }
    const auto heads = tip.heads(now, now, {"one", "two", "three"});
    error = heads ? std::nullopt : std::optional(heads.error());
    return heads ? heads->latest.number : 0;
  }
  std::optional<std::uint64_t> final_of(const std::vector<Heads>& told) {
    now += seconds(1);
    for (std::size_t i = 0; i < told.size(); ++i) heard = tip.hear(i, told[i], now);
    const auto heads = tip.heads(now, now, {"one", "two", "three"});
    REQUIRE(heads);
    return heads->finalized ? std::optional(heads->finalized->number) : std::nullopt;
  }

  ChainTip tip;
  Time now = from_ms(1'000'000);
  ChainTip::Heard heard = {};
  std::optional<Error> error = {};
};

}  // namespace

TEST_CASE("The largest set of heads that lie close to one another is found") {
  CHECK(largest_cluster({100}, 5, false) == Cluster{100, 100, 1});
  CHECK(largest_cluster({100, 105, 106}, 5, false) == Cluster{105, 106, 2});
  CHECK(largest_cluster({100, 105, 106}, 5, true) == Cluster{100, 105, 2});
  CHECK(largest_cluster({500, 100, 102, 101, 501}, 5, false) == Cluster{100, 102, 3});
  CHECK(largest_cluster({100, 900}, 5, false) == Cluster{900, 900, 1});
  CHECK(largest_cluster({100, 900}, 5, true) == Cluster{100, 100, 1});
  CHECK(largest_cluster({0, UINT64_MAX}, 5, true) == Cluster{0, 0, 1});
}

TEST_CASE("The tip is the lower edge of what most nodes say") {
  Chain chain(3);
  CHECK(chain.round({103, 100, 102}) == 100);
  CHECK(chain.round({104, 104, 700}) == 104);
  CHECK(chain.tip.number() == 104);
}

TEST_CASE("The tip never goes back") {
  Chain chain(2);
  CHECK(chain.round({110, 0}) == 110);
  SECTION("where a node that is near it answers again") {
    CHECK(chain.round({110, 107}) == 110);
    CHECK(chain.tip.number() == 110);
    CHECK(chain.round({111, 110}) == 110);
    CHECK(chain.round({112, 112}) == 112);
  }
  SECTION("where no node reaches it any more: what they have is told, and is behind") {
    CHECK(chain.round({103, 104}) == 104);
    CHECK(chain.tip.number() == 110);
    CHECK(chain.heard.verdict == Verdict::Behind);
    CHECK(chain.heard.behind == 6);
    CHECK(chain.tip.is_behind(0));
  }
  SECTION("within five blocks nobody is behind") {
    chain.round({110, 105});
    CHECK(chain.heard.verdict == Verdict::Fits);
    CHECK(chain.heard.behind == 5);
    CHECK_FALSE(chain.tip.is_behind(1));
  }
}

TEST_CASE(
    "Two nodes that differ wildly: at first the lower counts, and the higher as time allows") {
  Chain chain(2);
  CHECK(chain.round({100, 40'000}) == 100);
  SECTION("never, while the lower one grows") {
    for (std::uint64_t i = 1; i < 100; ++i) REQUIRE(chain.round({100 + i, 40'000 + i}) == 100 + i);
    CHECK(chain.heard.verdict == Verdict::Implausible);
  }
  SECTION("where the lower one stands still, once a chain could have grown so far") {
    // 10,000 blocks at once and 100 a second: 40,000 from 100 on is 299 seconds.
    for (int i = 0; i < 298; ++i) REQUIRE(chain.round({100, 40'000}) == 100);
    CHECK(chain.heard.verdict == Verdict::Implausible);
    CHECK(chain.round({100, 40'000}) == 40'000);
  }
}

TEST_CASE("A head that the chain cannot have reached counts for nothing") {
  Chain chain(1);
  CHECK(chain.round({100}) == 100);
  CHECK(chain.round({100 + ChainTip::kJump + ChainTip::kBlocksPerSecond}) == 10'200);
  chain.round({10'200 + ChainTip::kJump + ChainTip::kBlocksPerSecond + 1});
  CHECK(chain.heard.verdict == Verdict::Implausible);
  REQUIRE(chain.error);
  CHECK(chain.error->reason == "no_quorum");
  CHECK(chain.tip.number() == 10'200);
  CHECK_FALSE(chain.tip.head_of(0));
  CHECK(chain.round({UINT64_MAX}) == 0);
  CHECK(chain.round({10'201}) == 10'201);
}

TEST_CASE("What was said a while ago counts no more, and a late answer holds nobody back") {
  Chain chain(3);
  CHECK(chain.round({100, 100, 100}) == 100);
  CHECK(chain.round({103, 0, 0}) == 103);
  chain.now += ChainTip::kStale;
  CHECK(chain.round({900, 0, 0}) == 900);
}

TEST_CASE("With a quorum no node is ahead of what so many have reached") {
  Chain chain(3, 2);
  CHECK(chain.round({9'000, 100, 0}) == 100);
  CHECK(chain.round({9'000, 101, 101}) == 101);
  CHECK(chain.round({9'000, 9'500, 101}) == 9'000);
  CHECK(chain.tip.number() == 9'000);
}

TEST_CASE("With a quorum a node that stands still holds up nobody who is enough") {
  Chain chain(3, 2);
  CHECK(chain.round({100, 100, 100}) == 100);
  CHECK(chain.round({103, 100, 102}) == 102);
  CHECK(chain.round({103, 100, 103}) == 103);
}

TEST_CASE("With a quorum one node alone is none, and each one's word is told") {
  Chain chain(2, 2);
  CHECK(chain.round({100, 0}) == 0);
  REQUIRE(chain.error);
  CHECK(chain.error->code == Errc::Unavailable);
  CHECK(chain.error->reason == "no_quorum");
  CHECK(chain.error->detail == "2 nodes must tell their head: one: block 100; two: nothing");
}

TEST_CASE("A block is final once more than half of the nodes call it so") {
  Chain chain(3);
  CHECK(chain.final_of({at(100), at(100), at(100)}) == std::nullopt);
  CHECK(chain.final_of({at(100, 99), at(100, 60), at(100, 50)}) == 60);
  CHECK(chain.final_of({at(100, 99), at(100, 61), at(100)}) == 61);
  CHECK(chain.final_of({at(101, 99), at(101), at(101)}) == 99);
}

TEST_CASE("A lower final block is not believed, until it has been the only one for a while") {
  Chain chain(2);
  CHECK(chain.final_of({at(100, 90), at(100, 90)}) == 90);
  for (int i = 0; i < 15; ++i) {
    REQUIRE(chain.final_of({at(100, 80), at(100, 90)}) == std::nullopt);
  }
  CHECK(chain.final_of({at(100, 90), at(100, 90)}) == 90);
  for (int i = 0; i < 15; ++i) {
    REQUIRE(chain.final_of({at(100, 80), at(100, 80)}) == std::nullopt);
  }
  CHECK(chain.final_of({at(100, 80), at(100, 80)}) == 80);
}

TEST_CASE("With a quorum one node alone makes no block final") {
  Chain chain(3, 2);
  CHECK(chain.final_of({at(100, 99), at(100), at(100)}) == std::nullopt);
  CHECK(chain.final_of({at(100, 99), at(100, 50), at(100)}) == 50);
  CHECK(chain.final_of({at(100, 100), at(100, 50), at(100, 51)}) == 51);
}

TEST_CASE("A node that takes back a final block is told of, unless all of it fell back") {
  Chain chain(1);
  CHECK(chain.final_of({at(100, 90)}) == 90);
  CHECK(chain.final_of({at(100, 80)}) == std::nullopt);
  CHECK(chain.heard.final_before == 90);
  CHECK(chain.final_of({at(101, 92)}) == 92);
  CHECK_FALSE(chain.heard.final_before);
  CHECK(chain.final_of({at(99, 80)}) == std::nullopt);
  CHECK_FALSE(chain.heard.final_before);
}

}  // namespace settled::chains::rpc
