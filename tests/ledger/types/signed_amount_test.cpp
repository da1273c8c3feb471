#include "ledger/types/signed_amount.hpp"

#include <catch2/catch.hpp>

using namespace settled;

namespace {

SignedAmount whole(std::int64_t units) {
  const auto size = static_cast<uint128>(units < 0 ? -units : units);
  return SignedAmount::of(Amount::from_base_units(size, 0).value(), units < 0);
}
const Amount kLargest = Amount::from_units(~uint128{0});

}  // namespace

TEST_CASE("A signed amount adds as whole numbers do") {
  for (const std::int64_t a : {-7, -3, 0, 3, 7}) {
    for (const std::int64_t b : {-7, -3, 0, 3, 7}) {
      CAPTURE(a, b);
      CHECK(whole(a).plus(whole(b)) == whole(a + b));
      CHECK(whole(a).minus(whole(b)) == whole(a - b));
    }
  }
}

TEST_CASE("A signed amount is the difference of any two amounts, and zero has no sign") {
  CHECK(SignedAmount::between(Amount{}, kLargest).size() == kLargest);
  CHECK(SignedAmount::between(Amount{}, kLargest).negative());
  CHECK(SignedAmount::between(kLargest, kLargest) == SignedAmount{});
  CHECK_FALSE(SignedAmount::of(Amount{}, true).negative());
  CHECK(SignedAmount{}.negated() == SignedAmount{});
}

TEST_CASE("A signed amount that does not fit is refused on both sides of zero") {
  const SignedAmount most = SignedAmount::of(kLargest, false);
  CHECK(most.plus(whole(1)).error().reason == "amount_too_large");
  CHECK(most.negated().minus(whole(1)).error().reason == "amount_too_large");
  CHECK(most.plus(most.negated()) == SignedAmount{});
}

TEST_CASE("A signed amount prints its sign before the digits") {
  CHECK(whole(-25).to_string() == "-25.00");
  CHECK(whole(0).to_string() == "0.00");
  CHECK(SignedAmount::of(Amount::from_units(1), true).to_string() == "-0.000000000000000001");
}
