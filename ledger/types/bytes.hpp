#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace settled {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

/// A fixed number of bytes with a meaning. Two of the same size and another `Tag` do not convert.
template <std::size_t N, typename Tag>
struct FixedBytes {
  static constexpr std::size_t kSize = N;
  std::array<std::uint8_t, N> bytes{};

  constexpr auto operator<=>(const FixedBytes&) const = default;
  constexpr BytesView view() const { return bytes; }
  /// The raw bytes as a string, the form that stored records and keys hold.
  std::string raw() const { return {bytes.begin(), bytes.end()}; }
  constexpr bool is_zero() const { return *this == FixedBytes{}; }
};

using Hash256 = FixedBytes<32, struct Hash256Tag>;  ///< SHA-256 of something of ours

inline BytesView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// REQUIRES: `bytes.size() == T::kSize`; check sizes of foreign bytes before.
template <typename T>
T fixed_from(BytesView bytes) {
  T out;
  std::memcpy(out.bytes.data(), bytes.data(), T::kSize);
  return out;
}
template <typename T>
T fixed_from(std::string_view raw) {
  return fixed_from<T>(as_bytes(raw));
}

/// Hashes any FixedBytes whose bytes an attacker cannot choose freely at no cost: hashes,
/// addresses.
struct FixedBytesHash {
  template <std::size_t N, typename Tag>
  std::size_t operator()(const FixedBytes<N, Tag>& value) const {
    static_assert(N >= 16);
    std::uint64_t low;
    std::uint64_t high;
    std::memcpy(&low, value.bytes.data() + N - 8, 8);
    std::memcpy(&high, value.bytes.data() + N - 16, 8);
    return low ^ (high * 0x9E3779B97F4A7C15ULL);
  }
};

}  // namespace settled
