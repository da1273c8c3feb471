#include "wallet/base58.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "ledger/types/crypto.hpp"

namespace settled::wallet {
namespace {

constexpr std::string_view kAlphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
static_assert(kAlphabet.size() == 58);
constexpr std::size_t kChecksum = 4;
constexpr std::size_t kMaxPayload = 96;

std::array<std::uint8_t, kChecksum> checksum_of(BytesView payload) {
  const Hash256 hash = sha256(sha256(payload).view());
  std::array<std::uint8_t, kChecksum> out;
  std::copy_n(hash.bytes.begin(), kChecksum, out.begin());
  return out;
}

/// Adds `carry` to `number` times `factor`; `number` is little-endian in base `base`, its first
/// `used` digits are in use. Returns the digits used after.
std::size_t multiply_add(std::span<std::uint8_t> number, std::size_t used, unsigned factor,
                         unsigned base, unsigned carry) {
  for (std::size_t i = 0; i < used; ++i) {
    carry += number[i] * factor;
    number[i] = static_cast<std::uint8_t>(carry % base);
    carry /= base;
  }
  while (carry != 0) {
    INVARIANT(used < number.size());
    number[used++] = static_cast<std::uint8_t>(carry % base);
    carry /= base;
  }
  return used;
}

std::unexpected<Error> invalid(std::string detail) {
  return fail(Errc::Invalid, "invalid_base58", std::move(detail));
}

}  // namespace

Secret base58check_encode(BytesView payload) {
  INVARIANT(payload.size() <= kMaxPayload);
  Secret full(payload.size() + kChecksum);
  const auto tail = std::ranges::copy(payload, full.writable().begin()).out;
  std::ranges::copy(checksum_of(payload), tail);

  Secret digits(full.size() * 138 / 100 + 1);  // log(256) / log(58) is below 1.38
  std::size_t used = 0;
  std::size_t zeros = 0;
  for (const std::uint8_t byte : full.view()) {
    if (used == 0 && byte == 0) ++zeros;
    used = multiply_add(digits.writable(), used, 256, 58, byte);
  }
  Secret text(zeros + used);
  std::ranges::fill(text.writable().first(zeros), static_cast<std::uint8_t>('1'));
  for (std::size_t i = 0; i < used; ++i) {
    text.writable()[zeros + i] = static_cast<std::uint8_t>(kAlphabet[digits.view()[used - 1 - i]]);
  }
  return text;
}

Result<Secret> base58check_decode(std::string_view text) {
  if (text.size() > kMaxBase58Text) return invalid("longer than 128 characters");
  Secret number(text.size());
  std::size_t used = 0;
  std::size_t zeros = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return invalid("a character that is not of base 58");
    if (used == 0 && digit == 0) ++zeros;
    used = multiply_add(number.writable(), used, 58, 256, static_cast<unsigned>(digit));
  }
  if (zeros + used < kChecksum) return invalid("too short for a checksum");
  Secret full(zeros + used);
  for (std::size_t i = 0; i < used; ++i) {
    full.writable()[zeros + i] = number.view()[used - 1 - i];
  }
  const BytesView payload = full.view().first(full.size() - kChecksum);
  if (!std::ranges::equal(checksum_of(payload), full.view().last(kChecksum))) {
    return invalid("wrong checksum");
  }
  return Secret::copy_of(payload);
}

}  // namespace settled::wallet
