#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/types/result.hpp"

namespace settled {

using uint128 = unsigned __int128;

/// An amount of one currency: an unsigned integer of 10^-18 units in 128 bits, so that every token
/// of up to 18 decimals is exact and amounts of one currency from chains with different decimals
/// add up. The largest is about 3.4 * 10^20 whole units. There is no conversion to or from floating
/// point, and no arithmetic that can wrap.
class Amount {
 public:
  static constexpr int kDecimals = 18;
  static constexpr std::size_t kBytes = 16;

  constexpr Amount() = default;
  static constexpr Amount from_units(uint128 units) { return Amount(units); }

  /// The one parser of money: digits, optionally a point and at most `max_decimals` digits more.
  /// No sign, exponent, blank, leading or trailing point. Errors: Invalid `invalid_amount`,
  /// `amount_too_precise`, `amount_too_large`. "007.5" is 7.5: leading zeros are harmless.
  static Result<Amount> parse(std::string_view text, int max_decimals = kDecimals);

  /// On-chain integers. REQUIRES: 0 <= decimals <= 18. Error: Invalid `amount_too_large`.
  static Result<Amount> from_base_units(uint128 base_units, int decimals);
  /// Error: Invalid `amount_too_precise` where the token cannot express the amount.
  Result<uint128> to_base_units(int decimals) const;

  /// Sixteen bytes, big-endian: the stored form. Error: Corrupt unless 16 bytes.
  static Result<Amount> from_stored(std::string_view bytes);
  std::string stored() const;

  constexpr uint128 units() const { return units_; }
  constexpr bool is_zero() const { return units_ == 0; }
  constexpr auto operator<=>(const Amount&) const = default;

  /// Invalid `amount_too_large` where the sum does not fit.
  Result<Amount> plus(Amount other) const;
  /// Rejected `amount_below_zero` where `other` is larger.
  Result<Amount> minus(Amount other) const;
  /// The difference, or zero where `other` is larger.
  constexpr Amount saturating_minus(Amount other) const {
    return Amount(other.units_ > units_ ? 0 : units_ - other.units_);
  }
  /// This amount's share of `basis_points` / 10,000, rounded down.
  Result<Amount> basis_points(std::uint32_t basis_points) const;

  /// The one printer of money: at least two decimals, no more than needed: "25.00", "0.000001".
  std::string to_string() const;

 private:
  explicit constexpr Amount(uint128 units) : units_(units) {}
  uint128 units_ = 0;
};

std::string to_string(uint128 value);
/// Decimal digits only. Error: Invalid.
Result<uint128> parse_uint128(std::string_view digits);

}  // namespace settled
