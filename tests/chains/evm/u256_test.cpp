#include "chains/evm/u256.hpp"

#include <limits>

#include <catch2/catch.hpp>

#include "ledger/types/hex.hpp"

using namespace settled;
using namespace settled::chains::evm;

namespace {

const U256 kMost = std::numeric_limits<U256>::max();

std::string reason(std::string_view text) {
  const auto value = parse_quantity(text);
  return value ? value->str() : value.error().reason;
}

std::string reason64(std::string_view text) {
  const auto value = parse_quantity64(text);
  return value ? std::to_string(*value) : value.error().reason;
}

}  // namespace

TEST_CASE("a word is 32 bytes, big-endian, both ways") {
  CHECK(to_hex(to_word(U256(0x0102))) == std::string(60, '0') + "0102");
  CHECK(to_hex(to_word(U256(0))) == std::string(64, '0'));
  CHECK(to_hex(to_word(kMost)) == std::string(64, 'f'));
  for (const U256& value : {U256(0), U256(1), U256(1) << 64, U256(1) << 255, kMost}) {
    CHECK(u256_from_bytes(to_word(value)) == value);
    CHECK(u256_from_bytes(to_minimal_bytes(value)) == value);
  }
  CHECK(to_minimal_bytes(U256(0)).empty());
  CHECK(to_minimal_bytes(U256(256)) == Bytes{1, 0});
  CHECK(u256_from_bytes(BytesView{}) == 0);
}

TEST_CASE("quantities are read with or without leading zeros and printed without") {
  CHECK(reason("0x0") == "0");
  CHECK(reason("0x00") == "0");
  CHECK(reason("0x400") == "1024");
  CHECK(reason("0x0400") == "1024");
  CHECK(reason("0xfF") == "255");
  CHECK(reason("0x" + std::string(64, 'f')) == kMost.str());
  CHECK(reason("0x0" + std::string(64, 'f')) == kMost.str());
  CHECK(reason64("0xffffffffffffffff") == "18446744073709551615");
  CHECK(reason64("0x0") == "0");
  CHECK(reason64("0x00000000000000000001") == "1");
  CHECK(to_quantity(std::uint64_t{0}) == "0x0");
  CHECK(to_quantity(std::uint64_t{1024}) == "0x400");
  CHECK(to_quantity(kMost) == "0x" + std::string(64, 'f'));
}

TEST_CASE("what is no quantity, or too large a one, is refused") {
  for (const char* text : {"", "0", "0x", "0X1", "x1", "10", "-0x1", "0x-1", "0x 1", "0x1 ", "0xg",
                           "0x0x1", "+0x1", "0x1.0"}) {
    CAPTURE(text);
    CHECK(reason(text) == "invalid_quantity");
    CHECK(reason64(text) == "invalid_quantity");
  }
  CHECK(reason("0x1" + std::string(64, '0')) == "quantity_too_large");
  CHECK(reason64("0x10000000000000000") == "quantity_too_large");
}

TEST_CASE("narrowing keeps the value or refuses") {
  const uint128 most = ~uint128{0};
  CHECK(narrow(U256(0)) == uint128{0});
  CHECK(narrow(widen(most)) == most);
  CHECK(narrow(widen(uint128{1} << 64)) == uint128{1} << 64);
  CHECK(narrow(U256(widen(most) + 1)).error().reason == "amount_too_large");
  CHECK(narrow(kMost).error().reason == "amount_too_large");
}

TEST_CASE("arithmetic beyond 256 bits throws and does not wrap") {
  CHECK_THROWS(U256(kMost + 1));
  CHECK_THROWS(U256(U256(0) - 1));
  CHECK_THROWS(U256(kMost * 2));
}
