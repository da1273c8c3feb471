#include "tests/sim/shrink.hpp"

#include <algorithm>
#include <utility>

namespace settled::sim {
namespace {

Plan without(const Plan& plan, std::size_t from, std::size_t count) {
  Plan out = plan;
  const auto begin = out.events.begin() + static_cast<std::ptrdiff_t>(from);
  out.events.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
  return out;
}

}  // namespace

std::string ids_of(const Plan& plan) {
  std::string out;
  for (const Event& event : plan.events) {
    out += (out.empty() ? "" : ",") + std::to_string(event.id);
  }
  return out;
}

Plan keep(Plan plan, const std::vector<std::size_t>& ids) {
  std::erase_if(plan.events,
                [&](const Event& event) { return std::ranges::find(ids, event.id) == ids.end(); });
  return plan;
}

Plan shrink(Plan plan, const WorldSettings& settings) {
  // Halves first, then smaller pieces, then one by one until none can go.
  for (std::size_t piece = std::max<std::size_t>(plan.events.size() / 2, 1);;) {
    bool smaller = false;
    for (std::size_t at = 0; at < plan.events.size();) {
      Plan less = without(plan, at, std::min(piece, plan.events.size() - at));
      if (World(less, settings).run().broken.empty()) {
        at += piece;
      } else {
        plan = std::move(less);
        smaller = true;
      }
    }
    if (piece == 1 && !smaller) return plan;
    if (!smaller || piece > plan.events.size()) piece = std::max<std::size_t>(piece / 2, 1);
  }
}

}  // namespace settled::sim
