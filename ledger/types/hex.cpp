#include "ledger/types/hex.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace settled {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

constexpr std::size_t kBlock = 16;  // bytes decoded at once

// 0 to 15; above, where it is no digit. By masks, for which every vector unit has instructions: a
// block is done at once.
constexpr std::uint8_t digit_value(std::uint8_t c) {
  const auto decimal = static_cast<std::uint8_t>(c - '0');
  const auto letter = static_cast<std::uint8_t>((c | 0x20U) - 'a');
  const std::uint8_t is_decimal = decimal < 10 ? 0xFF : 0;
  const std::uint8_t is_letter = letter < 6 ? 0xFF : 0;
  return static_cast<std::uint8_t>((decimal & is_decimal) | ((letter + 10) & is_letter) |
                                   ~(is_decimal | is_letter));
}

std::string_view without_prefix(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  return text;
}

using Block = std::array<std::uint8_t, 2 * kBlock>;

/// Decodes one block; what is above 15 anywhere in `seen` was no digit. Of a size that is known and
/// in memory that nothing else is in, so that a compiler makes vector instructions of it.
inline void decode_block(const char* digits, std::uint8_t* out, Block& seen) {
  Block text;
  std::memcpy(text.data(), digits, text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[i] = digit_value(text[i]);
    seen[i] |= text[i];
  }
  // Pairs of digits as numbers of 16 bits: the digit that comes first is the lower half.
  static_assert(std::endian::native == std::endian::little);
  std::array<std::uint16_t, kBlock> pairs;
  std::memcpy(pairs.data(), text.data(), text.size());
  std::array<std::uint8_t, kBlock> bytes;
  for (std::size_t i = 0; i < kBlock; ++i) {
    bytes[i] = static_cast<std::uint8_t>(pairs[i] << 4U | pairs[i] >> 8U);
  }
  std::memcpy(out, bytes.data(), bytes.size());
}

std::unexpected<Error> no_digit() {
  return fail(Errc::Invalid, "invalid_hex", "a character is not a hexadecimal digit");
}

}  // namespace

std::string to_hex(BytesView bytes) {
  std::string out(bytes.size() * 2, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out[2 * i] = kDigits[bytes[i] >> 4];
    out[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  return out;
}

std::string to_0x(BytesView bytes) {
  return "0x" + to_hex(bytes);
}

/// Nodes' answers are hexadecimal for the most part.
bool decode_hex(std::string_view digits, std::span<std::uint8_t> out) {
  if (digits.size() != out.size() * 2) return false;
  Block seen{};
  std::size_t done = 0;
  for (; done + kBlock <= out.size(); done += kBlock) {
    decode_block(digits.data() + 2 * done, out.data() + done, seen);
  }
  if (const std::size_t left = out.size() - done; left > 0) {
    std::array<char, 2 * kBlock> text;
    std::array<std::uint8_t, kBlock> bytes;
    text.fill('0');
    std::copy_n(digits.data() + 2 * done, 2 * left, text.data());
    decode_block(text.data(), bytes.data(), seen);
    std::copy_n(bytes.data(), left, out.data() + done);
  }
  std::uint8_t above = 0;
  for (const std::uint8_t value : seen) above |= value;
  return above <= 15;
}

Result<Bytes> from_hex(std::string_view text) {
  const std::string_view digits = without_prefix(text);
  if (digits.size() % 2 != 0) {
    return fail(Errc::Invalid, "invalid_hex", "an odd number of hexadecimal digits");
  }
  Bytes out(digits.size() / 2);
  if (!decode_hex(digits, out)) return no_digit();
  return out;
}

Status from_hex(std::string_view text, std::span<std::uint8_t> out) {
  const std::string_view digits = without_prefix(text);
  if (digits.size() != out.size() * 2) {
    return fail(Errc::Invalid, "invalid_hex",
                "expected " + std::to_string(out.size()) + " bytes of hexadecimal digits");
  }
  if (!decode_hex(digits, out)) return no_digit();
  return {};
}

}  // namespace settled
