#include "chains/rpc/node_score.hpp"

#include <algorithm>

namespace settled::chains::rpc {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t kWhole = 1'000;
constexpr std::uint32_t kLagPerBlock = 20;
constexpr std::uint32_t kDisagreement = 400;
constexpr std::uint32_t kMaxDisagreements = 2'000;
constexpr milliseconds kStep{10'000};
constexpr std::int64_t kMostSteps = 1'000;  // all is forgotten by then

}  // namespace

void NodeScore::succeeded(Time now) {
  decay(now);
  errors_ -= (errors_ + 7) / 8;
}

void NodeScore::failed(Time now) {
  decay(now);
  errors_ += (kWhole - errors_) / 4;
}

void NodeScore::disagreed(Time now) {
  decay(now);
  disagreements_ = std::min(disagreements_ + kDisagreement, kMaxDisagreements);
}

void NodeScore::lags(std::uint64_t blocks) {
  lag_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(blocks, kWhole / kLagPerBlock)) *
         kLagPerBlock;
}

std::uint32_t NodeScore::points(Time now) const {
  NodeScore aged = *this;
  aged.decay(now);
  return aged.errors_ + aged.disagreements_ + aged.lag_;
}

void NodeScore::decay(Time now) {
  if (!decayed_ || now < *decayed_) decayed_ = now;
  const std::int64_t steps = std::min((now - *decayed_) / kStep, kMostSteps);
  for (std::int64_t i = 0; i < steps; ++i) {
    errors_ = errors_ * 891 / 1'000;                   // the sixth root of a half
    disagreements_ = disagreements_ * 9'885 / 10'000;  // the sixtieth
  }
  *decayed_ += steps * kStep;
}

void Latencies::add(milliseconds took) {
  took_ms_[count_ % kKept] = std::max<std::int64_t>(took.count(), 0);
  ++count_;
}

std::optional<milliseconds> Latencies::p95() const {
  if (count_ < kEnough) return std::nullopt;
  const std::size_t kept = std::min(count_, kKept);
  std::array<std::int64_t, kKept> sorted = took_ms_;
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(kept);
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>((kept * 95 + 99) / 100 - 1);
  std::nth_element(sorted.begin(), at, end);
  return milliseconds{*at};
}

}  // namespace settled::chains::rpc
