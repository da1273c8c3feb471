#include "tests/bench/figures.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <sstream>
#include <thread>

namespace settled::bench {
namespace {

/// Four digits are more than repeats.
std::string number(double value) {
  std::ostringstream out;
  out.precision(4);
  if (std::abs(value) >= 1000) {
    out << std::fixed;
    out.precision(0);
  }
  out << value;
  return out.str();
}

}  // namespace

double seconds_since(SteadyTime begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double microseconds_since(SteadyTime begin) {
  return seconds_since(begin) * 1e6;
}

double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

void settle() {
  constexpr auto kLook = std::chrono::milliseconds(50);
  constexpr double kIdle = 0.002;  // seconds of processor in one look
  for (double before = cpu_seconds();;) {
    std::this_thread::sleep_for(kLook);
    const double now = cpu_seconds();
    if (now - before < kIdle) return;
    before = now;
  }
}

double percentile(std::vector<double> samples, double share) {
  if (samples.empty()) return 0;
  const double rank = std::ceil(share * static_cast<double>(samples.size()));
  const auto at = static_cast<std::ptrdiff_t>(std::max(rank, 1.0)) - 1;
  std::nth_element(samples.begin(), samples.begin() + at, samples.end());
  return samples[static_cast<std::size_t>(at)];
}

std::string to_json(const Figure& figure) {
  const bool compared = figure.reference.value_or(0) > 0;
  std::string out = R"({"bench":")" + figure.bench + R"(","value":)" + number(figure.value) +
                    R"(,"unit":")" + figure.unit + R"(","reference":)";
  out += compared ? number(*figure.reference) : "null";
  out += R"(,"ratio":)";
  out += compared ? number(figure.value / *figure.reference) : "null";
  for (const auto& [name, value] : figure.extra) out += ",\"" + name + "\":" + number(value);
  return out + "}";
}

}  // namespace settled::bench
