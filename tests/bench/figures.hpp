#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace settled::bench {

using SteadyTime = std::chrono::steady_clock::time_point;

double seconds_since(SteadyTime begin);
double microseconds_since(SteadyTime begin);
/// What this process has had of the processors, all threads together.
double cpu_seconds();
/// Waits until no other thread of this process has anything to do. A store goes on compacting after
/// its last write was answered: the work of one must neither be lost nor fall into another's turn.
void settle();

/// The value that this share of the samples does not exceed; 0 of no samples. `share` in (0, 1].
double percentile(std::vector<double> samples, double share);

/// One line of the benchmark's result. `extra` holds further numbers by name.
struct Figure {
  std::string bench;
  double value = 0;
  std::string unit;
  std::optional<double> reference;  ///< in the same unit; the ratio is value / reference
  std::vector<std::pair<std::string, double>> extra;
};

/// {"bench":..,"value":..,"unit":..,"reference":..,"ratio":..,<extra>} with null where there is
/// none.
std::string to_json(const Figure& figure);

}  // namespace settled::bench
