#include "ledger/types/amount.hpp"

#include <algorithm>
#include <array>

namespace settled {
namespace {

constexpr uint128 kMax = ~uint128{0};

constexpr std::array<std::uint64_t, 19> kPowersOfTen = [] {
  std::array<std::uint64_t, 19> powers{};
  std::uint64_t power = 1;
  for (auto& each : powers) {
    each = power;
    power *= 10;
  }
  return powers;
}();

constexpr std::uint64_t power_of_ten(int exponent) {
  return kPowersOfTen.at(static_cast<std::size_t>(exponent));
}

std::unexpected<Error> too_large() {
  return fail(Errc::Invalid, "amount_too_large", "the amount does not fit 128 bits of 10^-18");
}

bool append_digit(uint128& value, char c) {
  const auto digit = static_cast<unsigned>(c - '0');
  if (value > (kMax - digit) / 10) return false;
  value = value * 10 + digit;
  return true;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

Result<Amount> Amount::parse(std::string_view text, int max_decimals) {
  INVARIANT(max_decimals >= 0 && max_decimals <= kDecimals);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  const bool digits_only =
      std::ranges::all_of(whole, is_digit) && std::ranges::all_of(fraction, is_digit);
  if (whole.empty() || !digits_only || (point != std::string_view::npos && fraction.empty())) {
    return fail(Errc::Invalid, "invalid_amount",
                "an amount is digits with at most one decimal point, such as \"25.00\"");
  }
  if (fraction.size() > static_cast<std::size_t>(max_decimals)) {
    return fail(Errc::Invalid, "amount_too_precise",
                "at most " + std::to_string(max_decimals) + " decimals are accepted");
  }
  uint128 units = 0;
  for (const char c : whole) {
    if (!append_digit(units, c)) return too_large();
  }
  for (std::size_t i = 0; i < kDecimals; ++i) {
    if (!append_digit(units, i < fraction.size() ? fraction[i] : '0')) return too_large();
  }
  return Amount(units);
}

Result<Amount> Amount::from_base_units(uint128 base_units, int decimals) {
  INVARIANT(decimals >= 0 && decimals <= kDecimals);
  const std::uint64_t scale = power_of_ten(kDecimals - decimals);
  if (base_units > kMax / scale) return too_large();
  return Amount(base_units * scale);
}

Result<uint128> Amount::to_base_units(int decimals) const {
  INVARIANT(decimals >= 0 && decimals <= kDecimals);
  const std::uint64_t scale = power_of_ten(kDecimals - decimals);
  if (units_ % scale != 0) {
    return fail(Errc::Invalid, "amount_too_precise",
                "the token has " + std::to_string(decimals) + " decimals");
  }
  return units_ / scale;
}

Result<Amount> Amount::from_stored(std::string_view bytes) {
  if (bytes.size() != kBytes) {
    return fail(Errc::Corrupt, "corrupt_amount", "a stored amount has 16 bytes");
  }
  uint128 units = 0;
  for (const char c : bytes) units = (units << 8) | static_cast<std::uint8_t>(c);
  return Amount(units);
}

std::string Amount::stored() const {
  std::string out(kBytes, '\0');
  uint128 rest = units_;
  for (std::size_t i = kBytes; i-- > 0;) {
    out[i] = static_cast<char>(static_cast<std::uint8_t>(rest & 0xFF));
    rest >>= 8;
  }
  return out;
}

Result<Amount> Amount::plus(Amount other) const {
  if (other.units_ > kMax - units_) return too_large();
  return Amount(units_ + other.units_);
}

Result<Amount> Amount::minus(Amount other) const {
  if (other.units_ > units_) {
    return fail(Errc::Rejected, "amount_below_zero", "the amount would fall below zero");
  }
  return Amount(units_ - other.units_);
}

Result<Amount> Amount::basis_points(std::uint32_t basis_points) const {
  constexpr std::uint32_t kWhole = 10'000;
  // Split so that the product cannot overflow for any share of at most the whole.
  const uint128 quotient = units_ / kWhole;
  const uint128 remainder = units_ % kWhole;
  if (basis_points != 0 && quotient > kMax / basis_points) return too_large();
  return Amount(quotient * basis_points).plus(Amount(remainder * basis_points / kWhole));
}

std::string Amount::to_string() const {
  const uint128 scale = power_of_ten(kDecimals);
  std::string fraction = settled::to_string(units_ % scale);
  fraction.insert(0, static_cast<std::size_t>(kDecimals) - fraction.size(), '0');
  const std::size_t last = fraction.find_last_not_of('0');
  fraction.resize(std::max<std::size_t>(2, last == std::string::npos ? 0 : last + 1));
  return settled::to_string(units_ / scale) + "." + fraction;
}

std::string to_string(uint128 value) {
  std::string out;
  do {
    out.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  std::ranges::reverse(out);
  return out;
}

Result<uint128> parse_uint128(std::string_view digits) {
  uint128 value = 0;
  if (digits.empty()) return fail(Errc::Invalid, "invalid_integer", "no digits");
  for (const char c : digits) {
    if (!is_digit(c)) return fail(Errc::Invalid, "invalid_integer", "not a decimal digit");
    if (!append_digit(value, c)) return fail(Errc::Invalid, "invalid_integer", "over 128 bits");
  }
  return value;
}

}  // namespace settled
