#pragma once

#include <string>
#include <vector>

#include "tests/sim/world.hpp"

namespace settled::sim {

/// Events of a plan by their ids: "3,7,12".
std::string ids_of(const Plan& plan);
/// The plan with those events alone.
Plan keep(Plan plan, const std::vector<std::size_t>& ids);

/// Takes events out of a plan that breaks an invariant for as long as it still breaks one. What is
/// left breaks none where any one event more is taken out.
Plan shrink(Plan plan, const WorldSettings& settings);

}  // namespace settled::sim
