#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "ledger/types/time.hpp"

namespace settled::chains::rpc {

/// How many calls a node is asked in a second: as many at once as one second brings, after that
/// evenly. What comes too early is not dropped but told how long to wait; whoever asks first goes
/// first. Whole numbers alone; told the time. Pure.
class TokenBucket {
 public:
  /// Nobody is made to wait longer than this: so much is the queue's bound.
  static constexpr std::chrono::milliseconds kLongestWait{10'000};

  /// REQUIRES: 1 to 1,000,000.
  explicit TokenBucket(std::uint32_t calls_per_second);

  /// More calls never travel together: a full bucket pays for as many within the longest wait.
  std::size_t largest_batch() const {
    return static_cast<std::size_t>(per_second_ * kLongestWait.count() / 1'000);
  }

  /// Takes the right to `calls` calls and tells how long to wait before they are made. Nothing, and
  /// nothing is taken, where that is longer than `kLongestWait`. REQUIRES: at most `largest_batch`.
  std::optional<std::chrono::milliseconds> take(Time now, std::size_t calls);

 private:
  std::int64_t per_second_;  // also: thousandths of a call for each millisecond
  std::int64_t thousandths_;
  std::optional<Time> filled_;
};

}  // namespace settled::chains::rpc
