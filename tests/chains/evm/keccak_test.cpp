#include "chains/evm/keccak.hpp"

#include <catch2/catch.hpp>

#include "ledger/types/hex.hpp"
#include "tests/chains/evm/vectors.hpp"

using namespace settled;
using namespace settled::chains::evm;

TEST_CASE("keccak is the original submission's and not NIST's SHA3") {
  // Yellow paper, section 4.1: the code hash of an account without code.
  CHECK(to_hex(keccak256(BytesView{}).view()) ==
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
}

TEST_CASE("keccak of pieces is keccak of what they join to") {
  CHECK(keccak256({as_bytes("trans"), as_bytes(""), as_bytes("fer")}) ==
        keccak256(as_bytes("transfer")));
}

TEST_CASE("keccak agrees with the hashes of ethers.js") {
  const auto vectors = tests::load_vectors("ethers.js/hashes.json");
  if (!vectors) return;
  for (const auto& vector : *vectors) {
    CAPTURE(vector["name"]);
    CHECK(to_0x(keccak256(tests::unhex(vector["data"])).view()) ==
          tests::text(vector["keccak256"]));
  }
}
