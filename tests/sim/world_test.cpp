#include "tests/sim/world.hpp"

#include <catch2/catch.hpp>

#include "tests/sim/shrink.hpp"

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

TEST_CASE("A plan that breaks an invariant is shrunk until every event that is left is needed") {
  const WorldSettings settings{.bug = Bug::StrangersDropped};
  Plan plan;
  for (std::uint64_t seed = 1; plan.events.empty(); ++seed) {
    REQUIRE(seed < 100);
    if (!World(make_plan(seed), settings).run().broken.empty()) plan = make_plan(seed);
  }
  const Plan least = shrink(plan, settings);
  INFO(ids_of(plan) << " became " << ids_of(least));
  CHECK(least.events.size() < plan.events.size());
  CHECK_FALSE(World(least, settings).run().broken.empty());
  CHECK(World(least, {}).run().broken == "");
  for (const Event& event : least.events) {
    Plan less = least;
    std::erase_if(less.events, [&](const Event& each) { return each.id == event.id; });
    CHECK(World(less, settings).run().broken == "");
  }
}

TEST_CASE("Of a plan the events that are named are kept, and each happens as it did in the whole") {
  const Plan plan = make_plan(1);
  const Plan kept = keep(plan, {plan.events.front().id, plan.events.back().id});
  REQUIRE(kept.events.size() == 2);
  CHECK(to_string(kept.events.front()) == to_string(plan.events.front()));
  CHECK(to_string(kept.events.back()) == to_string(plan.events.back()));
  CHECK(kept.chains.size() == plan.chains.size());
}

}  // namespace
}  // namespace settled::sim
