#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace settled::tests {

/// Takes a big-endian number of `width` bytes and as many bytes as it says, or what is left.
inline std::optional<std::string_view> take_part(std::string_view& bytes, std::size_t width) {
  if (bytes.size() < width) return std::nullopt;
  std::size_t size = 0;
  for (const char c : bytes.substr(0, width)) size = (size << 8U) | static_cast<std::uint8_t>(c);
  bytes.remove_prefix(width);
  const std::string_view part = bytes.substr(0, size);
  bytes.remove_prefix(part.size());
  return part;
}

}  // namespace settled::tests
