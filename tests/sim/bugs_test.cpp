#include <cstdint>
#include <string>

#include <catch2/catch.hpp>

#include "tests/sim/world.hpp"

namespace settled::sim {
namespace {

/// The first seed in which an invariant breaks, and which one; 0 where none of 1..`seeds` does.
std::uint64_t seed_that_catches(Bug bug, std::uint64_t seeds, std::string& broken) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    broken = World(make_plan(seed), {.bug = bug}).run().broken;
    if (!broken.empty()) return seed;
  }
  return 0;
}

TEST_CASE("Each bug that others had is caught within a few seeds") {
  struct Case {
    Bug bug;
    std::uint64_t seeds;
    const char* told;  // by a part of what the checks say
  };
  const Case cases[] = {
      {Bug::CreditByTransaction, 30, "the chain has"},
      {Bug::CursorJumps, 30, "the chain has"},
      {Bug::ErrorsSwallowed, 120, "the chain has"},
      {Bug::EmptyBelieved, 120, "the chain has"},
      {Bug::NoReorganisations, 30, "the chain has"},
      {Bug::AvailableBeforeFinal, 10, "is final in the books"},
      {Bug::StopsAtStranger, 30, "the chain has"},
      {Bug::PoisonTransaction, 30, "poison"},
      {Bug::FinalityOfHead, 10, "is final in the books"},
      {Bug::AnsweredBeforeSync, 60, "was acknowledged and is lost"},
      {Bug::WebhookGivesUp, 30, "was never acknowledged"},
      {Bug::AnyAnswerCounts, 30, "was never acknowledged"},
      {Bug::LateDropped, 30, "the chain has"},
      {Bug::DuplicateCredited, 60, "the chain has"},
      {Bug::StrangersDropped, 30, "the chain has"},
      {Bug::AmountAsFloat, 60, "the chain has"},
  };
  for (const Case& each : cases) {
    std::string broken;
    const std::uint64_t seed = seed_that_catches(each.bug, each.seeds, broken);
    INFO(to_string(each.bug) << " in seed " << seed << ": " << broken);
    CHECK(seed > 0);
    CHECK_THAT(broken, Catch::Contains(each.told));
  }
}

}  // namespace
}  // namespace settled::sim
