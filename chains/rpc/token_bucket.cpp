#include "chains/rpc/token_bucket.hpp"

#include <algorithm>

#include "ledger/types/result.hpp"

namespace settled::chains::rpc {

using std::chrono::milliseconds;

TokenBucket::TokenBucket(std::uint32_t calls_per_second)
    : per_second_(calls_per_second), thousandths_(per_second_ * 1'000) {
  INVARIANT(calls_per_second > 0);
}

std::optional<milliseconds> TokenBucket::take(Time now, std::size_t calls) {
  INVARIANT(calls <= largest_batch());
  // Neither a long silence nor a clock that was set back counts for more than filling it.
  constexpr std::int64_t kFills = kLongestWait.count() + 1'000;
  const std::int64_t passed =
      filled_ ? std::clamp<std::int64_t>((now - *filled_).count(), 0, kFills) : 0;
  thousandths_ = std::min(thousandths_ + passed * per_second_, per_second_ * 1'000);
  filled_ = now;
  const std::int64_t left = thousandths_ - static_cast<std::int64_t>(calls) * 1'000;
  const milliseconds wait{(std::max<std::int64_t>(-left, 0) + per_second_ - 1) / per_second_};
  if (wait > kLongestWait) return std::nullopt;
  thousandths_ = left;
  return wait;
}

}  // namespace settled::chains::rpc
