#include "chains/evm/signature.hpp"

#include <catch2/catch.hpp>

#include "chains/evm/u256.hpp"
#include "ledger/types/hex.hpp"
#include "tests/chains/evm/account.hpp"
#include "tests/chains/evm/vectors.hpp"

using namespace settled;
using namespace settled::chains::evm;

namespace {

std::array<std::uint8_t, 32> word(std::string_view digits) {
  return fixed_from<Hash>(tests::unhex(digits)).bytes;
}

/// EIP-155's example: the digest, and its signature by the key of 32 times 0x46.
const Hash kDigest =
    *fixed_from_hex<Hash>("daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
Signature example() {
  return {word("28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"),
          word("67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"), 0};
}

std::string recovered(const Signature& signature) {
  const auto address = recover(kDigest, signature);
  return address ? to_checksum(*address) : address.error().reason;
}

constexpr const char* kOrder = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
constexpr const char* kHalf = "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0";
constexpr const char* kAboveHalf =
    "7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1";

}  // namespace

TEST_CASE("the signer of EIP-155's example is recovered") {
  CHECK(recovered(example()) == "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F");
  CHECK(recovered(example()) == to_checksum(tests::account_of(Bytes(32, 0x46))));
  Signature other = example();
  other.recovery_id = 1;
  CHECK(recovered(other) != recovered(example()));
}

TEST_CASE("the second signature that every signature has is refused") {
  Signature high = example();
  high.s = to_word(U256(u256_from_bytes(word(kOrder)) - u256_from_bytes(high.s)));
  high.recovery_id = 1;
  CHECK(recovered(high) == "invalid_signature");
  CHECK(is_low_s(word(kHalf)));
  CHECK_FALSE(is_low_s(word(kAboveHalf)));
}

TEST_CASE("r and s outside the group and other recovery ids are refused") {
  const auto with = [](auto change) {
    Signature signature = example();
    change(signature);
    return recovered(signature);
  };
  CHECK(with([](Signature& s) { s.r = {}; }) == "invalid_signature");
  CHECK(with([](Signature& s) { s.s = {}; }) == "invalid_signature");
  CHECK(with([](Signature& s) { s.r = word(kOrder); }) == "invalid_signature");
  CHECK(with([](Signature& s) { s.s = word(kOrder); }) == "invalid_signature");
  CHECK(with([](Signature& s) { s.r.fill(0xFF); }) == "invalid_signature");
  CHECK(with([](Signature& s) { s.recovery_id = 2; }) == "invalid_signature");
  CHECK(with([](Signature& s) { s.recovery_id = 27; }) == "invalid_signature");
  // No point of the curve has x = 5.
  CHECK(with([](Signature& s) { s.r = to_word(U256(5)); }) == "invalid_signature");
}

TEST_CASE("accounts of keys agree with ethers.js") {
  const auto vectors = tests::load_vectors("ethers.js/accounts.json");
  if (!vectors) return;
  for (const auto& vector : *vectors) {
    CAPTURE(vector["name"]);
    const Address account = tests::account_of(tests::unhex(vector["privateKey"]));
    CHECK(to_checksum(account) == tests::text(vector["address"]));
    CHECK(parse_address(tests::text(vector["address"])) == account);
  }
}

TEST_CASE("accounts of keys agree with ethereum/tests") {
  // Its `sig_of_emptystring` is left out: no Keccak, SHA-2 or zero digest of "" recovers its keys.
  const auto vectors = tests::load_vectors("ethereum-tests/BasicTests/keyaddrtest.json");
  if (!vectors) return;
  for (const auto& vector : *vectors) {
    CAPTURE(vector["seed"]);
    const auto seed = tests::text(vector["seed"]);
    const auto key = tests::unhex(vector["key"]);
    CHECK(to_hex(keccak256(as_bytes(seed)).view()) == tests::text(vector["key"]));
    CHECK(to_hex(tests::account_of(key).view()) == tests::text(vector["addr"]));
  }
}
