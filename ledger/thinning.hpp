#pragma once

#include <cstdint>
#include <vector>

#include "ledger/types/time.hpp"

namespace settled::ledger {

/// A checkpoint in the store.
struct DatedCheckpoint {
  std::uint64_t sequence = 0;
  Time time;
};

/// The sequences of those that the store keeps no longer at `now`: of the last 24 hours it keeps
/// all, of the 30 days before the last of each hour (UTC), of what is older the last of each day;
/// the first and the last of `all` always. What is kept is decided the same way whatever went
/// before. REQUIRES: `all` is in ascending order, of both. Pure.
std::vector<std::uint64_t> superfluous(const std::vector<DatedCheckpoint>& all, Time now);

/// Whether the hour has turned between two moments: often enough to look for what is superfluous.
bool is_another_hour(Time before, Time after);

}  // namespace settled::ledger
