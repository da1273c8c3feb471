#include "wallet/keys.hpp"

#include <algorithm>
#include <iterator>
#include <ostream>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "ledger/types/hex.hpp"
#include "tests/wallet/vectors.hpp"
#include "wallet/base58.hpp"
#include "wallet/bip32.hpp"
#include "wallet/secret.hpp"

namespace settled::wallet {
namespace {

using tests::hex;
using tests::load_vectors;
using tests::text;

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) { out << value; };
template <typename T>
concept Comparable = requires(const T& a, const T& b) { a == b; };
template <typename T>
constexpr bool kGuarded = !Printable<T> && !Comparable<T> && !std::is_copy_constructible_v<T> &&
                          !std::is_copy_assignable_v<T> && std::is_nothrow_move_constructible_v<T>;

static_assert(kGuarded<Secret>);
static_assert(kGuarded<PrivateKey>);
static_assert(kGuarded<ExtendedPrivateKey>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!std::is_constructible_v<PrivateKey, Bytes>);

constexpr std::string_view kOrder =
    "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

Bytes bytes_of(std::string_view text) {
  return from_hex(text).value();
}

PrivateKey key_of(std::string_view text) {
  return PrivateKey::from_bytes(bytes_of(text)).value();
}

std::string number(std::uint8_t value) {
  Bytes bytes(32);
  bytes.back() = value;
  return to_hex(bytes);
}

chains::evm::Signature signature_from(BytesView bytes) {
  chains::evm::Signature out;
  std::copy_n(bytes.begin(), 32, out.r.begin());
  std::copy_n(bytes.begin() + 32, 32, out.s.begin());
  out.recovery_id = bytes[64];
  return out;
}

TEST_CASE("a moved-from secret is empty and its text is wiped where it was taken") {
  std::string text = "correct horse";
  const std::size_t size = text.size();
  Secret first = Secret::taken_from(text);
  REQUIRE(text.empty());
  REQUIRE(std::all_of(text.data(), text.data() + size, [](char c) { return c == 0; }));
  Secret second = std::move(first);
  REQUIRE(first.empty());  // NOLINT(bugprone-use-after-move)
  REQUIRE(second.text() == "correct horse");
  second = Secret(4);
  REQUIRE(to_hex(second.view()) == "00000000");
}

TEST_CASE("a private key is 32 bytes from 1 to the order less one") {
  REQUIRE(PrivateKey::from_bytes(bytes_of(number(1))));
  Bytes largest = bytes_of(kOrder);
  REQUIRE(PrivateKey::from_bytes(largest).error().reason == "invalid_private_key");
  largest.back() -= 1;
  REQUIRE(PrivateKey::from_bytes(largest));
  REQUIRE_FALSE(PrivateKey::from_bytes(Bytes(32)));
  REQUIRE_FALSE(PrivateKey::from_bytes(Bytes(31, 1)));
  REQUIRE_FALSE(PrivateKey::from_bytes(Bytes(33, 1)));
  REQUIRE_FALSE(PrivateKey::from_bytes({}));
}

TEST_CASE("a sum of keys that is zero does not exist") {
  Bytes minus_one = bytes_of(kOrder);
  minus_one.back() -= 1;
  const PrivateKey one = key_of(number(1));
  REQUIRE(one.plus(minus_one).error().reason == "invalid_tweak");
  REQUIRE(PublicKey::of(one).plus(minus_one).error().reason == "invalid_tweak");
  REQUIRE(one.plus(bytes_of(kOrder)).error().reason == "invalid_tweak");
  const PrivateKey three = one.plus(bytes_of(number(2))).value();
  REQUIRE(to_hex(three.view()) == number(3));
  REQUIRE(PublicKey::of(three) == PublicKey::of(one).plus(bytes_of(number(2))).value());
}

TEST_CASE("public keys are read in both forms of SEC 1 and no other") {
  const PublicKey key = PublicKey::of(key_of(number(1)));
  // The generator, SEC 2 section 2.4.1.
  REQUIRE(to_hex(key.compressed()) ==
          "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
  Bytes uncompressed = {4};
  std::ranges::copy(key.uncompressed().bytes, std::back_inserter(uncompressed));
  REQUIRE(PublicKey::parse(uncompressed).value() == key);
  REQUIRE(PublicKey::parse(key.compressed()).value() == key);
  uncompressed[0] = 6;  // the hybrid form
  REQUIRE(PublicKey::parse(uncompressed).error().reason == "invalid_public_key");
  uncompressed[0] = 4;
  uncompressed.back() ^= 1;
  REQUIRE_FALSE(PublicKey::parse(uncompressed));
  REQUIRE_FALSE(PublicKey::parse(Bytes(33)));
  REQUIRE_FALSE(PublicKey::parse({}));
}

TEST_CASE("keys have the addresses that ethers.js gives them") {
  // ethers.js testcases/accounts, "one".
  REQUIRE(chains::evm::to_checksum(PublicKey::of(key_of(number(1))).address()) ==
          "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf");
  const auto cases = load_vectors("ethers.js/accounts.json");
  if (!cases) return;
  for (const auto& one : *cases) {
    INFO(one["name"]);
    const auto key = PrivateKey::from_bytes(hex(one["privateKey"]));
    REQUIRE(key);
    REQUIRE(chains::evm::to_checksum(PublicKey::of(*key).address()) == text(one["address"]));
  }
  REQUIRE(cases->size() == 259);
}

TEST_CASE("signatures are those of RFC 6979 with the lower s") {
  // wallet-core rust/tw_keypair/tests/secp256k1_sign.json, the first.
  const PrivateKey key = key_of("cc446e8442f76121d3fc366e0d0ab30920ad4d1f02010f2d715622ab261962a4");
  const auto digest = fixed_from_hex<chains::evm::Hash>(
                          "e47a0e9d0444a58e4aa423b92734280d9c754dbf05e488f69c496105236577ea")
                          .value();
  REQUIRE(sign_digest(key, digest) ==
          signature_from(bytes_of("bc70bd3d2e8ffdb2dc6ca44e19696e505b3c4890d51963f5eb387b1d21b70d06"
                                  "05f22f354e81e9821c1ce5f6e26b88b3207b030ad455cd27079bea14b3fc7d82"
                                  "01")));
  const auto cases = load_vectors("wallet-core/rust/tw_keypair/tests/secp256k1_sign.json");
  if (!cases) return;
  for (const auto& one : *cases) {
    const auto secret = PrivateKey::from_bytes(hex(one["secret"]));
    REQUIRE(secret);
    const auto hash = fixed_from<chains::evm::Hash>(hex(one["hash"]));
    const auto made = sign_digest(*secret, hash);
    REQUIRE(made == signature_from(hex(one["signature"])));
    REQUIRE(chains::evm::is_low_s(made.s));
    REQUIRE(chains::evm::recover(hash, made).value() == PublicKey::of(*secret).address());
  }
  REQUIRE(cases->size() == 100);
}

TEST_CASE("many threads sign with one context") {
  const PrivateKey key = key_of(number(7));
  const chains::evm::Hash digest = chains::evm::keccak256(as_bytes("threads"));
  const auto expected = sign_digest(key, digest);
  std::vector<int> differences(4);
  {
    std::vector<std::jthread> threads;
    for (int& count : differences) {
      threads.emplace_back([&] {
        for (int i = 0; i < 20; ++i) count += sign_digest(key, digest) == expected ? 0 : 1;
      });
    }
  }
  REQUIRE(differences == std::vector<int>(4));
}

TEST_CASE("generated keys differ and come from the given generator") {
  struct Ones final : Random {
    void fill(std::span<std::uint8_t> out) override { std::ranges::fill(out, 1); }
  } ones;
  REQUIRE(to_hex(PrivateKey::generate(ones).view()) == to_hex(Bytes(32, 1)));
  SystemRandom random;
  REQUIRE(to_hex(PrivateKey::generate(random).view()) !=
          to_hex(PrivateKey::generate(random).view()));
}

TEST_CASE("Base58Check keeps leading zeros and refuses what it did not write") {
  // Bitcoin wiki, "Technical background of version 1 Bitcoin addresses".
  constexpr std::string_view kAddress = "1PMycacnJaSqwwJqjawXBErnLsZ7RkXUAs";
  const Bytes payload = bytes_of("00f54a5851e9372b87810a8e60cdd2e7cfd80b6e31");
  REQUIRE(base58check_encode(payload).text() == kAddress);
  REQUIRE(to_hex(base58check_decode(kAddress)->view()) == to_hex(payload));
  for (const std::size_t zeros : {0U, 1U, 5U}) {
    const Bytes zero(zeros);
    REQUIRE(to_hex(base58check_decode(base58check_encode(zero).text())->view()) == to_hex(zero));
  }
  for (const std::string_view bad :
       {"", "1", "1PMycacnJaSqwwJqjawXBErnLsZ7RkXUAt", "1PMycacnJaSqwwJqjawXBErnLsZ7RkXUA0",
        "1PMycacnJaSqwwJqjawXBErnLsZ7RkXUAs ", "PMycacnJaSqwwJqjawXBErnLsZ7RkXUAs",
        "11PMycacnJaSqwwJqjawXBErnLsZ7RkXUAs", "\xC3\xA9"}) {
    INFO(bad);
    REQUIRE(base58check_decode(bad).error().reason == "invalid_base58");
  }
  REQUIRE_FALSE(base58check_decode(std::string(129, '1')));
}

}  // namespace
}  // namespace settled::wallet
