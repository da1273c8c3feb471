#include "ledger/thinning.hpp"

#include <chrono>
#include <cstddef>

namespace settled::ledger {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;

constexpr hours kAll{24};
constexpr days kHourly{31};  ///< with the day of which all are kept

}  // namespace

std::vector<std::uint64_t> superfluous(const std::vector<DatedCheckpoint>& all, Time now) {
  std::vector<std::uint64_t> out;
  for (std::size_t i = 1; i + 1 < all.size(); ++i) {
    const Time time = all[i].time;
    const Time next = all[i + 1].time;
    if (now - time <= kAll) break;
    const bool hourly = now - time <= kHourly;
    const bool last = hourly ? is_another_hour(time, next) : floor<days>(time) != floor<days>(next);
    if (!last) out.push_back(all[i].sequence);
  }
  return out;
}

bool is_another_hour(Time before, Time after) {
  return floor<hours>(before) != floor<hours>(after);
}

}  // namespace settled::ledger
