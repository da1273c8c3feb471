#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <span>

#include "ledger/types/crypto.hpp"

namespace settled::sim {

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  /// 0 .. below - 1. REQUIRES: below > 0.
  std::uint64_t below(std::uint64_t below) { return next() % below; }
  std::int64_t between(std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(most - least + 1)));
  }
  /// True in `percent` of a hundred.
  bool chance(unsigned percent) { return below(100) < percent; }
  template <typename T, std::size_t N>
  const T& pick(const std::array<T, N>& from) {
    return from[below(N)];
  }

 private:
  std::uint64_t state_;
};

/// What a program draws, one byte after the other: how many at a time does not matter.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : dice_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    const std::lock_guard lock(mutex_);
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(dice_.next());
  }

 private:
  std::mutex mutex_;
  Dice dice_;
};

}  // namespace settled::sim
