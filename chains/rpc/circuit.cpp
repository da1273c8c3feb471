#include "chains/rpc/circuit.hpp"

#include <algorithm>

namespace settled::chains::rpc {
namespace {

using std::chrono::milliseconds;

/// A clock that was set back must not keep a node away for long.
bool is_within(Time now, Time until, milliseconds longest) {
  return now < until && until - now <= longest;
}

}  // namespace

bool Circuit::admits(Time now) const {
  if (failures_ == 0) return true;
  if (is_within(now, until_, kLongestRest)) return false;
  return !probe_ || !is_within(now, *probe_ + kProbeLasts, kProbeLasts);
}

std::uint64_t Circuit::begin(Time now) {
  if (failures_ == 0) return 0;
  probe_ = now;
  return ++probes_;
}

void Circuit::over(std::uint64_t probe) {
  if (probe == probes_) probe_.reset();
}

void Circuit::succeeded() {
  failures_ = 0;
  probe_.reset();
}

void Circuit::failed(Time now, std::uint16_t noise) {
  // Questions that were under way together fail together, and are one failure.
  if (failures_ > 0 && is_within(now, until_, kLongestRest)) return;
  const milliseconds whole = std::min(kFirstRest * (1 << std::min(failures_, 6U)), kLongestRest);
  until_ = now + whole - whole * noise / (4 * 65'536);
  probe_.reset();
  ++failures_;
}

}  // namespace settled::chains::rpc
