#pragma once

#include <cstdint>
#include <cstdio>
#include <string_view>

namespace settled::sim {

/// Everything that happens, in order, as one number: two runs are the same where it is. FNV-1a.
class Trace {
 public:
  explicit Trace(bool shown = false) : shown_(shown) {}

  void note(std::int64_t now_ms, std::string_view what) {
    for (int i = 0; i < 8; ++i) add(static_cast<std::uint8_t>(now_ms >> (8 * i)));
    for (const char c : what) add(static_cast<std::uint8_t>(c));
    if (shown_) {
      std::printf("%8lld.%03d %.*s\n", static_cast<long long>(now_ms / 1000),
                  static_cast<int>(now_ms % 1000), static_cast<int>(what.size()), what.data());
    }
  }
  std::uint64_t digest() const { return digest_; }
  bool shown() const { return shown_; }

 private:
  void add(std::uint8_t byte) { digest_ = (digest_ ^ byte) * 0x100000001B3ULL; }

  std::uint64_t digest_ = 0xCBF29CE484222325ULL;
  const bool shown_;
};

}  // namespace settled::sim
