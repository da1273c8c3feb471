#include "chains/evm/address.hpp"

#include <catch2/catch.hpp>

#include "ledger/types/hex.hpp"

using namespace settled;
using namespace settled::chains::evm;

namespace {

std::string parsed(std::string_view text) {
  const auto address = parse_address(text);
  return address ? to_checksum(*address) : address.error().reason;
}

}  // namespace

TEST_CASE("the examples of EIP-55 are printed and read") {
  for (const std::string text :
       {"0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77", "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"}) {
    CAPTURE(text);
    CHECK(parsed(text) == text);
    CHECK(to_checksum(*fixed_from_hex<Address>(text)) == text);
  }
}

TEST_CASE("one letter case throughout carries no checksum and is accepted") {
  const std::string checksummed = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
  CHECK(parsed("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed") == checksummed);
  CHECK(parsed("0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED") == checksummed);
  CHECK(parsed("0x0000000000000000000000000000000000000001") ==
        "0x0000000000000000000000000000000000000001");
}

TEST_CASE("a wrong checksum or anything but 0x and 40 digits is no address") {
  for (const char* text :
       {"", "0x", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed0",
        " 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg",
        "0x0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeA",
        "0xé0Aeb6053F3E94C9b9A09f33669435E7Ef1BeAed"}) {
    CAPTURE(text);
    CHECK(parsed(text) == "invalid_address");
  }
}
