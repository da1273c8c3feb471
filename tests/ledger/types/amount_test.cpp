#include "ledger/types/amount.hpp"

#include <catch2/catch.hpp>

using settled::Amount;
using settled::Errc;
using settled::uint128;

namespace {

std::string parsed(std::string_view text, int decimals = 18) {
  const auto amount = Amount::parse(text, decimals);
  return amount ? amount->to_string() : amount.error().reason;
}

}  // namespace

TEST_CASE("amounts are printed with at least two decimals and no more than needed") {
  CHECK(parsed("1") == "1.00");
  CHECK(parsed("1.5") == "1.50");
  CHECK(parsed("0.000001") == "0.000001");
  CHECK(parsed("9999.123456") == "9999.123456");
  CHECK(parsed("0.000000000000000001") == "0.000000000000000001");
  CHECK(parsed("007.50") == "7.50");
  CHECK(parsed("0") == "0.00");
  CHECK(parsed("340282366920938463463.374607431768211455") ==
        "340282366920938463463.374607431768211455");
}

TEST_CASE("what is not plain digits with one point is no amount") {
  for (const char* text : {"", " ", "-1.00", "+1.00", "1e3", "1E3", "0x10", "1 ", " 1", "1.", ".5",
                           ".", "1,00", "1.2.3", "NaN", "Infinity", "\xD9\xA2\xD9\xA5", "1_0"}) {
    CAPTURE(text);
    CHECK(parsed(text) == "invalid_amount");
  }
  CHECK(parsed(std::string_view("1\0", 2)) == "invalid_amount");
}

TEST_CASE("digits beyond what is accepted are refused, even if they are zeros") {
  CHECK(parsed("1.0000001", 6) == "amount_too_precise");
  CHECK(parsed("1.0000000", 6) == "amount_too_precise");
  CHECK(parsed("1.000000", 6) == "1.00");
  CHECK(parsed("1.0", 0) == "amount_too_precise");
  CHECK(parsed("1.0000000000000000000") == "amount_too_precise");
}

TEST_CASE("an amount beyond 128 bits is refused, not wrapped") {
  CHECK(parsed("340282366920938463463.374607431768211456") == "amount_too_large");
  CHECK(parsed("340282366920938463464") == "amount_too_large");
  CHECK(parsed("340282366920938463463374607431768211456.00") == "amount_too_large");
  CHECK(parsed(std::string(100, '9')) == "amount_too_large");
}

TEST_CASE("base units convert exactly both ways or not at all") {
  const Amount amount = *Amount::parse("25.123456");
  CHECK(amount.to_base_units(6) == uint128{25'123'456});
  CHECK(settled::to_string(*amount.to_base_units(18)) == "25123456000000000000");
  CHECK(amount.to_base_units(5).error().reason == "amount_too_precise");
  CHECK(Amount::from_base_units(25'123'456, 6) == amount);
  CHECK(Amount::from_base_units(~uint128{0}, 18).has_value());
  CHECK(Amount::from_base_units(~uint128{0}, 17).error().reason == "amount_too_large");
}

TEST_CASE("sums and differences are checked") {
  const Amount most = Amount::from_units(~uint128{0});
  const Amount one = Amount::from_units(1);
  CHECK(most.plus(one).error().reason == "amount_too_large");
  CHECK(most.minus(one)->plus(one) == most);
  CHECK(one.minus(most).error().code == Errc::Rejected);
  CHECK(one.saturating_minus(most) == Amount{});
  CHECK(most.saturating_minus(one) == *most.minus(one));
}

TEST_CASE("basis points round down and never overflow") {
  CHECK(Amount::from_units(9'999).basis_points(1) == Amount::from_units(0));
  CHECK(Amount::from_units(10'000).basis_points(1) == Amount::from_units(1));
  CHECK(Amount::from_units(19'999).basis_points(5'000) == Amount::from_units(9'999));
  const Amount most = Amount::from_units(~uint128{0});
  CHECK(most.basis_points(10'000) == most);
  CHECK(most.basis_points(20'000).error().reason == "amount_too_large");
}

TEST_CASE("the stored form is sixteen bytes, big-endian") {
  const Amount amount = Amount::from_units((uint128{0x0102} << 64) | 0x03);
  CHECK(amount.stored() == std::string("\0\0\0\0\0\0\1\2\0\0\0\0\0\0\0\3", 16));
  CHECK(Amount::from_stored(amount.stored()) == amount);
  CHECK(Amount::from_stored("short").error().code == Errc::Corrupt);
}
