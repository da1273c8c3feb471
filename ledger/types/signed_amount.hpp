#pragma once

#include <string>

#include "ledger/types/amount.hpp"
#include "ledger/types/result.hpp"

namespace settled {

/// The difference of two amounts of one currency: what an account's balance or a line of a
/// statement is. Zero is never negative. No arithmetic that can wrap.
class SignedAmount {
 public:
  constexpr SignedAmount() = default;
  /// `plus` less `minus`; always fits.
  static constexpr SignedAmount between(Amount plus, Amount minus) {
    return minus > plus ? SignedAmount(minus.saturating_minus(plus), true)
                        : SignedAmount(plus.saturating_minus(minus), false);
  }
  static constexpr SignedAmount of(Amount size, bool negative) {
    return negative ? between(Amount{}, size) : between(size, Amount{});
  }

  constexpr Amount size() const { return size_; }
  constexpr bool negative() const { return negative_; }
  constexpr bool is_zero() const { return size_.is_zero(); }
  constexpr SignedAmount negated() const { return of(size_, !negative_); }
  constexpr bool operator==(const SignedAmount&) const = default;

  /// Invalid `amount_too_large` where the sum does not fit.
  Result<SignedAmount> plus(SignedAmount other) const;
  Result<SignedAmount> minus(SignedAmount other) const { return plus(other.negated()); }

  /// As of `Amount`, with a leading "-" below zero.
  std::string to_string() const;

 private:
  constexpr SignedAmount(Amount size, bool negative) : size_(size), negative_(negative) {}
  Amount size_;
  bool negative_ = false;
};

}  // namespace settled
