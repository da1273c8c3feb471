#include "chains/evm/uri.hpp"

#include <catch2/catch.hpp>

using namespace settled;
using namespace settled::chains::evm;

TEST_CASE("a payment request names token, chain, payee and base units as ERC-681 says") {
  const Address usdc = *parse_address("0x833589fcd6edb6e08f4c7c32d4f71b54bda02913");
  const Address payee = *parse_address("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed");
  CHECK(payment_uri(usdc, 8453, payee, 25'000'000) ==
        "ethereum:0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913@8453/transfer"
        "?address=0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed&uint256=25000000");
  CHECK(payment_uri(usdc, 1, payee, ~uint128{0})
            .ends_with("&uint256=340282366920938463463374607431768211455"));
}
