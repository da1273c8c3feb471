#include <catch2/catch.hpp>

#include "tests/sim/world.hpp"

namespace settled::sim {
namespace {

constexpr std::uint64_t kSeeds = 1'000;

TEST_CASE("A thousand worlds keep the promises") {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Outcome outcome = World(make_plan(seed), {}).run();
    INFO("tests/sim/run --seeds " << seed);
    CHECK(outcome.broken == "");
  }
}

}  // namespace
}  // namespace settled::sim
