#include "chains/evm/bloom.hpp"

#include <catch2/catch.hpp>

#include "ledger/types/hex.hpp"
#include "tests/chains/evm/vectors.hpp"

using namespace settled;
using namespace settled::chains::evm;

TEST_CASE("what was added may be contained, and an empty filter contains nothing") {
  Bloom bloom;
  CHECK_FALSE(may_contain(bloom, as_bytes("testtest")));
  add_to(bloom, as_bytes("testtest"));
  add_to(bloom, as_bytes("hallo"));
  CHECK(may_contain(bloom, as_bytes("testtest")));
  CHECK(may_contain(bloom, as_bytes("hallo")));
  CHECK_FALSE(may_contain(bloom, as_bytes("tes")));
  CHECK_FALSE(may_contain(bloom, as_bytes("lo")));
}

TEST_CASE("an item sets three bits, counted from the end") {
  // keccak256("") begins c5d2 4601 86f7: bits 0x5d2, 0x601, 0x6f7.
  Bloom bloom;
  add_to(bloom, BytesView{});
  Bloom expected;
  for (const std::size_t bit : {0x5D2U, 0x601U, 0x6F7U}) {
    expected.bytes[255 - bit / 8] |= static_cast<std::uint8_t>(1U << (bit % 8));
  }
  CHECK(bloom == expected);
}
