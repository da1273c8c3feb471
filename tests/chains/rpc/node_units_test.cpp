#include <chrono>
#include <cstdint>

#include <catch2/catch.hpp>

#include "chains/rpc/circuit.hpp"
#include "chains/rpc/node_score.hpp"
#include "chains/rpc/node_standing.hpp"
#include "chains/rpc/token_bucket.hpp"

namespace settled::chains::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Time kNow = from_ms(1'000'000);
const Error kTimeout{Errc::Timeout, "timeout", "too slow"};

}  // namespace

TEST_CASE("A circuit opens with a failure, lets one probe through and closes with an answer") {
  Circuit circuit;
  CHECK(circuit.admits(kNow));
  circuit.failed(kNow, 0);
  CHECK_FALSE(circuit.admits(kNow + milliseconds(99)));
  const Time half_open = kNow + milliseconds(100);
  REQUIRE(circuit.admits(half_open));
  circuit.begin(half_open);
  CHECK_FALSE(circuit.admits(half_open));
  CHECK_FALSE(circuit.admits(half_open + Circuit::kProbeLasts - milliseconds(1)));
  CHECK(circuit.admits(half_open + Circuit::kProbeLasts));
  circuit.failed(half_open, 0);
  CHECK_FALSE(circuit.admits(half_open + milliseconds(199)));
  CHECK(circuit.admits(half_open + milliseconds(200)));
  circuit.succeeded();
  CHECK(circuit.is_closed());
  CHECK(circuit.admits(half_open));
}

TEST_CASE("A probe that ends without a word about the node makes way for the next one") {
  Circuit circuit;
  CHECK(circuit.begin(kNow) == 0);
  circuit.failed(kNow, 0);
  const Time half_open = kNow + milliseconds(100);
  const std::uint64_t first = circuit.begin(half_open);
  CHECK(first != 0);
  circuit.over(0);  // a question of before the failure
  CHECK_FALSE(circuit.admits(half_open));
  circuit.over(first);
  CHECK(circuit.admits(half_open));
  CHECK_FALSE(circuit.is_closed());

  const std::uint64_t second = circuit.begin(half_open);
  CHECK(second != first);
  circuit.over(first);
  CHECK_FALSE(circuit.admits(half_open));
  circuit.failed(half_open, 0);
  circuit.over(second);
  CHECK_FALSE(circuit.admits(half_open + milliseconds(199)));
  CHECK(circuit.admits(half_open + milliseconds(200)));
}

TEST_CASE("A circuit stays open for twice as long each time, and for 5 s at most") {
  Circuit circuit;
  Time now = kNow;
  for (const int rest : {100, 200, 400, 800, 1600, 3200, 5000, 5000}) {
    circuit.failed(now, 0);
    CHECK_FALSE(circuit.admits(now + milliseconds(rest - 1)));
    now += milliseconds(rest);
    CHECK(circuit.admits(now));
  }
}

TEST_CASE(
    "Questions that fail together are one failure, and noise shortens the rest by a quarter") {
  Circuit circuit;
  for (int i = 0; i < 16; ++i) circuit.failed(kNow, 65'535);
  CHECK(circuit.failures() == 1);
  CHECK_FALSE(circuit.admits(kNow + milliseconds(75)));
  CHECK(circuit.admits(kNow + milliseconds(76)));
}

TEST_CASE("A circuit does not stay open for a clock that was set back") {
  Circuit circuit;
  circuit.failed(kNow, 0);
  CHECK(circuit.admits(kNow - seconds(3'600)));
}

TEST_CASE("A score rises with failures, falls with answers and with time") {
  NodeScore score;
  CHECK(score.points(kNow) == 0);
  score.failed(kNow);
  CHECK(score.points(kNow) == 250);
  score.failed(kNow);
  CHECK(score.points(kNow) == 437);
  score.succeeded(kNow);
  CHECK(score.points(kNow) == 382);
  CHECK(score.points(kNow + seconds(9)) == 382);
  const auto minute = score.points(kNow + seconds(60));
  CHECK(minute >= 186);
  CHECK(minute <= 191);
  CHECK(score.points(kNow + seconds(3'600)) == 0);
  CHECK(score.points(kNow - seconds(3'600)) == 382);
  for (int i = 0; i < 100; ++i) score.failed(kNow);
  CHECK(score.points(kNow) <= 1'000);
  for (int i = 0; i < 100; ++i) score.succeeded(kNow);
  CHECK(score.points(kNow) == 0);
}

TEST_CASE("Disagreement weighs more than failure and is forgotten later; lag is what it is now") {
  NodeScore score;
  score.disagreed(kNow);
  CHECK(score.points(kNow) == 400);
  CHECK(score.points(kNow + seconds(60)) > 360);
  const auto later = score.points(kNow + seconds(600));
  CHECK(later > 150);
  CHECK(later < 205);
  for (int i = 0; i < 9; ++i) score.disagreed(kNow);
  CHECK(score.points(kNow) == 2'000);
  NodeScore lagging;
  lagging.lags(3);
  CHECK(lagging.points(kNow) == 60);
  CHECK(lagging.rank(kNow) == 0);
  lagging.lags(UINT64_MAX);
  CHECK(lagging.points(kNow) == 1'000);
  CHECK(lagging.rank(kNow) == 10);
  lagging.lags(0);
  CHECK(lagging.points(kNow) == 0);
}

TEST_CASE("The 95th percentile is of the latest 64 answers, and unknown before eight") {
  Latencies latencies;
  for (int i = 1; i <= 7; ++i) latencies.add(milliseconds(i));
  CHECK_FALSE(latencies.p95());
  latencies.add(milliseconds(8));
  CHECK(latencies.p95() == milliseconds(8));
  for (int i = 1; i <= 64; ++i) latencies.add(milliseconds(i));
  CHECK(latencies.p95() == milliseconds(61));
  for (int i = 0; i < 64; ++i) latencies.add(milliseconds(-5));
  CHECK(latencies.p95() == milliseconds(0));
}

TEST_CASE("A bucket lets one second's calls through at once, and the rest evenly") {
  TokenBucket bucket(10);
  CHECK(bucket.take(kNow, 10) == milliseconds(0));
  CHECK(bucket.take(kNow, 1) == milliseconds(100));
  CHECK(bucket.take(kNow, 2) == milliseconds(300));
  CHECK(bucket.take(kNow + milliseconds(300), 1) == milliseconds(100));
  CHECK(bucket.take(kNow + seconds(60), 10) == milliseconds(0));
  CHECK(bucket.take(kNow + seconds(60), 1) == milliseconds(100));
}

TEST_CASE("A bucket drops nothing within ten seconds, and takes nothing beyond") {
  TokenBucket bucket(1);
  CHECK(bucket.largest_batch() == 10);
  CHECK(bucket.take(kNow, 10) == seconds(9));
  CHECK(bucket.take(kNow, 1) == seconds(10));
  CHECK_FALSE(bucket.take(kNow, 1));
  CHECK(bucket.take(kNow + seconds(1), 1) == seconds(10));
}

TEST_CASE("A clock that was set back empties no bucket and fills none") {
  TokenBucket bucket(10);
  CHECK(bucket.take(kNow, 10) == milliseconds(0));
  CHECK(bucket.take(kNow - seconds(3'600), 1) == milliseconds(100));
  CHECK(bucket.take(kNow - seconds(3'599), 1) == milliseconds(0));
}

TEST_CASE(
    "Throttled is not down: the node rests as long as it asks, and nothing is held against it") {
  NodeStanding standing;
  standing.succeeded(kNow);
  standing.failed(kNow, {Errc::Unavailable, "throttled", "429"}, seconds(20), 0);
  CHECK(standing.state() == NodeState::Throttled);
  CHECK(standing.score().points(kNow) == 0);
  standing.succeeded(kNow);  // a question that was under way
  CHECK(standing.state() == NodeState::Throttled);
  CHECK_FALSE(standing.admits(kNow + milliseconds(19'999)));
  CHECK(standing.admits(kNow + seconds(20)));
  standing.failed(kNow, {Errc::Unavailable, "throttled", "429"}, seconds(86'400), 0);
  CHECK(standing.admits(kNow + seconds(600)));
}

TEST_CASE("A pruned node is set aside with that reason for a minute") {
  NodeStanding standing;
  standing.failed(kNow, {Errc::Unavailable, "pruned", "missing trie node"}, seconds(1), 0);
  CHECK(standing.state() == NodeState::Distrusted);
  CHECK(standing.reason() == "pruned");
  CHECK(standing.detail() == "pruned: missing trie node");
  CHECK_FALSE(standing.admits(kNow + milliseconds(59'999)));
  CHECK(standing.admits(kNow + seconds(60)));
}

TEST_CASE("A node that dissents keeps that in its detail until it agrees") {
  NodeStanding standing;
  standing.succeeded(kNow);
  const Error other{Errc::Corrupt, "nodes_disagree", "block 7 is 0xab"};
  CHECK(standing.dissents(kNow, other, false));
  CHECK_FALSE(standing.dissents(kNow, other, false));
  CHECK(standing.state() == NodeState::Ok);
  CHECK(standing.detail() == "nodes_disagree: block 7 is 0xab");
  CHECK(standing.disagreements() == 2);
  CHECK(standing.admits(kNow));
  standing.agrees();
  CHECK(standing.detail().empty());
  CHECK(standing.dissents(kNow, other, true));
  CHECK(standing.state() == NodeState::Distrusted);
  CHECK_FALSE(standing.admits(kNow + milliseconds(4'999)));
  CHECK_FALSE(standing.dissents(kNow, other, true));
  CHECK(standing.admits(kNow + seconds(5)));
  CHECK(standing.convict(kNow + seconds(5), kTimeout));
  CHECK_FALSE(standing.admits(kNow + milliseconds(14'999)));
  CHECK(standing.forgeries() == 1);
}

TEST_CASE(
    "A read is worth asking twice after 100 ms at the soonest, and 1 s where nothing is known") {
  NodeStanding standing;
  CHECK(standing.hedge_after() == seconds(1));
  for (int i = 0; i < 8; ++i) standing.took(milliseconds(3));
  CHECK(standing.hedge_after() == milliseconds(100));
  for (int i = 0; i < 8; ++i) standing.took(milliseconds(450));
  CHECK(standing.hedge_after() == milliseconds(450));
}

}  // namespace settled::chains::rpc
