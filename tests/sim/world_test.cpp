#include "tests/sim/world.hpp"

#include <catch2/catch.hpp>

namespace settled::sim {
namespace {

TEST_CASE("The same seed is the same world, in everything that happens") {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const Outcome first = World(make_plan(seed), {}).run();
    const Outcome second = World(make_plan(seed), {}).run();
    INFO("seed " << seed << ": " << first.broken);
    CHECK(first.broken.empty());
    CHECK(first.digest == second.digest);
    CHECK(first.lasted_ms == second.lasted_ms);
    CHECK(first.commits == second.commits);
  }
}

TEST_CASE("Another seed is another world") {
  const std::uint64_t first = World(make_plan(1), {}).run().digest;
  const std::uint64_t second = World(make_plan(2), {}).run().digest;
  CHECK(first != second);
}

}  // namespace
}  // namespace settled::sim
