#include "chains/evm/u256.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <ranges>

#include "ledger/types/hex.hpp"

namespace settled::chains::evm {
namespace {

constexpr std::string_view kPrefix = "0x";

bool is_digit(char c) {
  return ('0' <= c && c <= '9') || ('a' <= c && c <= 'f') || ('A' <= c && c <= 'F');
}

/// The digits of a quantity without prefix and leading zeros; "" is zero.
Result<std::string_view> significant_digits(std::string_view text) {
  const bool prefixed = text.starts_with(kPrefix) && text.size() > kPrefix.size();
  const std::string_view digits = prefixed ? text.substr(kPrefix.size()) : std::string_view{};
  if (!prefixed || !std::ranges::all_of(digits, is_digit)) {
    return fail(Errc::Invalid, "invalid_quantity", "a quantity is 0x and hexadecimal digits");
  }
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

}  // namespace

std::array<std::uint8_t, 32> to_word(const U256& value) {
  const Bytes minimal = to_minimal_bytes(value);
  std::array<std::uint8_t, 32> word{};
  std::ranges::copy_backward(minimal, word.end());
  return word;
}

Bytes to_minimal_bytes(const U256& value) {
  Bytes out;
  if (!value.is_zero()) boost::multiprecision::export_bits(value, std::back_inserter(out), 8);
  return out;
}

U256 u256_from_bytes(BytesView big_endian) {
  INVARIANT(big_endian.size() <= 32);
  // By words of 64 bits, of which the number is made: a byte at a time takes ten times as long.
  std::array<std::uint8_t, 32> bytes{};
  std::ranges::copy(big_endian | std::views::reverse, bytes.begin());
  static_assert(std::endian::native == std::endian::little);
  const auto words = std::bit_cast<std::array<std::uint64_t, 4>>(bytes);
  U256 value;
  boost::multiprecision::import_bits(value, words.data(), words.data() + words.size(), 64, false);
  return value;
}

Result<U256> parse_quantity(std::string_view text) {
  TRY(const std::string_view digits, significant_digits(text));
  if (digits.size() > 64) {
    return fail(Errc::Invalid, "quantity_too_large", "the quantity exceeds 256 bits");
  }
  std::string even(digits.size() % 2, '0');
  even += digits;
  TRY(const Bytes bytes, from_hex(even));
  return u256_from_bytes(bytes);
}

Result<std::uint64_t> parse_quantity64(std::string_view text) {
  TRY(const std::string_view digits, significant_digits(text));
  if (digits.size() > 16) {
    return fail(Errc::Invalid, "quantity_too_large", "the quantity exceeds 64 bits");
  }
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

std::string to_quantity(const U256& value) {
  std::string digits = to_hex(to_minimal_bytes(value));
  if (digits.starts_with('0')) digits.erase(0, 1);
  if (digits.empty()) digits = "0";
  return digits.insert(0, kPrefix);
}

std::string to_quantity(std::uint64_t value) {
  return to_quantity(U256(value));
}

Result<uint128> narrow(const U256& value) {
  const Bytes bytes = to_minimal_bytes(value);
  if (bytes.size() > sizeof(uint128)) {
    return fail(Errc::Invalid, "amount_too_large", "the amount exceeds 128 bits");
  }
  uint128 out = 0;
  for (const std::uint8_t byte : bytes) out = (out << 8) | byte;
  return out;
}

U256 widen(uint128 value) {
  U256 out(static_cast<std::uint64_t>(value >> 64));
  out <<= 64;
  out |= U256(static_cast<std::uint64_t>(value));
  return out;
}

std::string to_decimal(const U256& value) {
  return value.str();
}

}  // namespace settled::chains::evm
