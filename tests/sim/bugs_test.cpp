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
  constexpr std::uint64_t kSeeds = 60;
  constexpr const char* kSums = "the chain has";
  constexpr const char* kRows = "is not in the books";
  struct Case {
    Bug bug;
    const char* told;  // a part of what the checks say
    const char* or_told = told;
  };
  const Case cases[] = {
      {Bug::CreditByTransaction, kSums, kRows},
      {Bug::CursorJumps, kSums, kRows},
      {Bug::ErrorsSwallowed, kSums, kRows},
      {Bug::EmptyBelieved, kSums, kRows},
      {Bug::NoReorganisations, kSums, kRows},
      {Bug::AvailableBeforeFinal, "is final in the books"},
      {Bug::StopsAtStranger, kSums, kRows},
      {Bug::PoisonTransaction, "poison"},
      {Bug::FinalityOfHead, "is final in the books"},
      {Bug::AnsweredBeforeSync, "was acknowledged and is lost"},
      {Bug::WebhookGivesUp, "was never acknowledged"},
      {Bug::AnyAnswerCounts, "was never acknowledged"},
      {Bug::LateDropped, kSums, kRows},
      // Far behind the head the second of the two does not follow any more, and nothing goes on.
      {Bug::CreditInTwoCommits, kSums, "block_not_next"},
      {Bug::DuplicateCredited, kSums, kRows},
      {Bug::StrangersDropped, kSums, kRows},
      {Bug::AmountAsFloat, kSums, kRows},
  };
  for (const Case& each : cases) {
    std::string broken;
    const std::uint64_t seed = seed_that_catches(each.bug, kSeeds, broken);
    INFO(to_string(each.bug) << " in seed " << seed << ": " << broken);
    CHECK(seed > 0);
    CHECK_THAT(broken, Catch::Contains(each.told) || Catch::Contains(each.or_told));
  }
}

}  // namespace
}  // namespace settled::sim
