#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "ledger/types/time.hpp"

namespace settled::chains::rpc {

/// What speaks against asking a node first, in points; 0 is a node without fault.
///   errors         0..1000: the share of questions that failed, in thousandths: each failure moves
///                  it a quarter of the way to 1000, each answer an eighth of the way to 0
///   lag            20 for each block behind the tip, at most 1000
///   disagreements  400 for each time that it alone told something else, at most 2000
/// Errors and disagreements halve in a minute and in ten minutes, since a node that is asked last
/// has no chance to mend its name. Whole numbers alone; told the time. Pure.
class NodeScore {
 public:
  void succeeded(Time now);
  void failed(Time now);
  void disagreed(Time now);
  void lags(std::uint64_t blocks);

  std::uint32_t points(Time now) const;
  /// Nodes of one rank are asked in the order of the settings: small differences change nothing.
  std::uint32_t rank(Time now) const { return points(now) / kRank; }

 private:
  static constexpr std::uint32_t kRank = 100;

  void decay(Time now);

  std::uint32_t errors_ = 0;
  std::uint32_t disagreements_ = 0;
  std::uint32_t lag_ = 0;
  std::optional<Time> decayed_;
};

/// How long the latest answers of a node took. Pure.
class Latencies {
 public:
  void add(std::chrono::milliseconds took);
  /// Of the latest 64, the 95th percentile by nearest rank; nothing before eight.
  std::optional<std::chrono::milliseconds> p95() const;

 private:
  static constexpr std::size_t kKept = 64;
  static constexpr std::size_t kEnough = 8;

  std::array<std::int64_t, kKept> took_ms_ = {};
  std::size_t count_ = 0;
};

}  // namespace settled::chains::rpc
