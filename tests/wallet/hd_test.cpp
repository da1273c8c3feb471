#include <string>
#include <string_view>
#include <thread>

#include <catch2/catch.hpp>

#include "ledger/types/crypto.hpp"
#include "ledger/types/hex.hpp"
#include "tests/wallet/vectors.hpp"
#include "wallet/bip32.hpp"
#include "wallet/bip39.hpp"
#include "wallet/bip39_words.hpp"
#include "wallet/deposit_addresses.hpp"

namespace settled::wallet {
namespace {

using tests::hex;
using tests::load_vectors;
using tests::text;

/// The mnemonic that anvil and hardhat start with.
constexpr std::string_view kTestMnemonic =
    "test test test test test test test test test test test junk";

ExtendedPrivateKey master_of(std::string_view mnemonic) {
  return ExtendedPrivateKey::from_seed(seed_from_mnemonic(mnemonic)->view()).value();
}

std::string account_xpub() {
  return master_of(kTestMnemonic).derive_path("m/44'/60'/0'")->neuter().xpub();
}

TEST_CASE("the BIP-32 test vectors are derived by every way") {
  const auto fixtures = load_vectors("bitcoinjs-bip32/test/fixtures/index.json");
  if (!fixtures) return;
  int derived = 0;
  for (const auto& tree : (*fixtures)["valid"]) {
    const bool bitcoin = text(tree["network"]) == "bitcoin";
    const auto check = [&](const ExtendedPrivateKey& node, const nlohmann::json& expected) {
      REQUIRE(to_hex(node.key().view()) == text(expected["privKey"]));
      const ExtendedPublicKey neutered = node.neuter();
      REQUIRE(to_hex(neutered.key().compressed()) == text(expected["pubKey"]));
      REQUIRE(to_hex(neutered.chain_code().view()) == text(expected["chainCode"]));
      REQUIRE(to_hex(neutered.fingerprint().view()) == text(expected["fingerprint"]));
      if (bitcoin) {
        REQUIRE(neutered.xpub() == text(expected["base58"]));
        REQUIRE(node.xprv().text() == text(expected["base58Priv"]));
        REQUIRE(ExtendedPublicKey::parse(neutered.xpub())->xpub() == neutered.xpub());
        REQUIRE(ExtendedPrivateKey::parse(node.xprv().text())->xprv().text() == node.xprv().text());
      } else {
        const auto word = text(expected["base58"]);
        REQUIRE(ExtendedPublicKey::parse(word).error().reason == "invalid_extended_key");
      }
    };
    const auto& root = tree["master"];
    const auto master = root.contains("seed") ? ExtendedPrivateKey::from_seed(hex(root["seed"]))
                                              : ExtendedPrivateKey::parse(text(root["base58Priv"]));
    REQUIRE(master);
    check(*master, root);
    for (const auto& child : tree["children"]) {
      INFO(child["path"]);
      const std::string path = text(child["path"]);
      const auto node = master->derive_path(path);
      REQUIRE(node);
      check(*node, child);
      const auto parent = master->derive_path(path.substr(0, path.rfind('/')))->neuter();
      const std::uint32_t index = child["index"].get<std::uint32_t>();
      const auto by_public_key = parent.derive(index);
      REQUIRE(by_public_key.has_value() == (index < kHardened));
      if (by_public_key) {
        REQUIRE(by_public_key->xpub() == node->neuter().xpub());
        REQUIRE(parent.derive_key(index).value() == by_public_key->key());
      }
      ++derived;
    }
  }
  REQUIRE(derived == 13);
}

/// BIP-32, test vector 5: private keys 0 and n, points off the curve, prefixes and versions that do
/// not fit the key, a master key with a parent or a number.
struct Halves {
  std::string_view first;
  std::string_view second;
};
constexpr Halves kForbiddenPublic[] = {
    {"xpub661MyMwAqRbcEYS8w7XLSVeEsBXy79zSzH1J8vCdxAZningWLdN3zgtU6",
     "LBpB85b3D2yc8sfvZU521AAwdZafEz7mnzBBsz4wKY5fTtTQBm"},
    {"xpub661MyMwAqRbcEYS8w7XLSVeEsBXy79zSzH1J8vCdxAZningWLdN3zgtU6",
     "Txnt3siSujt9RCVYsx4qHZGc62TG4McvMGcAUjeuwZdduYEvFn"},
    {"xpub661MyMwAqRbcEYS8w7XLSVeEsBXy79zSzH1J8vCdxAZningWLdN3zgtU6",
     "N8ZMMXctdiCjxTNq964yKkwrkBJJwpzZS4HS2fxvyYUA4q2Xe4"},
    {"xpub661no6RGEX3uJkY4bNnPcw4URcQTrSibUZ4NqJEw5eBkv7ovTwgiT91XX",
     "27VbEXGENhYRCf7hyEbWrR3FewATdCEebj6znwMfQkhRYHRLpJ"},
    {"xpub661MyMwAuDcm6CRQ5N4qiHKrJ39Xe1R1NyfouMKTTWcguwVcfrZJaNvhp",
     "ebzGerh7gucBvzEQWRugZDuDXjNDRmXzSZe4c7mnTK97pTvGS8"},
    {"", ""},
    {"xpub", ""},
    {"not an ", "extended key"},
};
constexpr Halves kForbiddenPrivate[] = {
    {"xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzF",
     "93Y5wvzdUayhgkkFoicQZcP3y52uPPxFnfoLZB21Teqt1VvEHx"},
    {"xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzF",
     "AzHGBP2UuGCqWLTAPLcMtD9y5gkZ6Eq3Rjuahrv17fEQ3Qen6J"},
    {"xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzF",
     "AzHGBP2UuGCqWLTAPLcMtD5SDKr24z3aiUvKr9bJpdrcLg1y3G"},
    {"xprv9s21ZrQH143K24Mfq5zL5MhWK9hUhhGbd45hLXo2Pq2oqzMMo63oStZzF",
     "GTQQD3dC4H2D5GBj7vWvSQaaBv5cxi9gafk7NF3pnBju6dwKvH"},
};

TEST_CASE("what BIP-32 forbids is refused") {
  for (const auto& [first, second] : kForbiddenPublic) {
    const std::string bad = std::string(first).append(second);
    INFO(bad);
    REQUIRE(ExtendedPublicKey::parse(bad).error().reason == "invalid_extended_key");
    REQUIRE_FALSE(DepositAddresses::from_xpub(bad));
  }
  for (const auto& [first, second] : kForbiddenPrivate) {
    const std::string bad = std::string(first).append(second);
    INFO(bad);
    REQUIRE(ExtendedPrivateKey::parse(bad).error().reason == "invalid_extended_key");
    REQUIRE(ExtendedPrivateKey::parse(bad).error().detail.find("checksum") == std::string::npos);
  }
  const auto fixtures = load_vectors("bitcoinjs-bip32/test/fixtures/index.json");
  if (!fixtures) return;
  const auto& invalid = (*fixtures)["invalid"];
  for (const auto& one : invalid["fromBase58"]) {
    const auto word = text(one["string"]);
    INFO(word);
    REQUIRE_FALSE(ExtendedPublicKey::parse(word));
    // Litecoin's versions are among them.
    REQUIRE_FALSE(ExtendedPrivateKey::parse(word));
  }
  for (const auto& one : invalid["fromSeed"]) {
    REQUIRE(ExtendedPrivateKey::from_seed(hex(one["seed"])).error().reason == "invalid_seed");
  }
  for (const auto& one : invalid["derivePath"]) {
    if (!one["derivationPath"].is_string()) continue;
    REQUIRE_FALSE(parse_path(text(one["derivationPath"])));
  }
}

TEST_CASE("paths are strict") {
  REQUIRE(parse_path("m").value().empty());
  REQUIRE(parse_path("m/0/1'").value() == std::vector<std::uint32_t>{0, kHardened + 1});
  REQUIRE(parse_path("44'/60'").value() ==
          std::vector<std::uint32_t>{kHardened + 44, kHardened + 60});
  for (const std::string_view bad :
       {"", "/", "m/", "m//1", "m/1/", "m/m/1", "m/-1", "m/+1", "m/1h", "m/1''", "m/2147483648",
        "m/4294967296", "m/ 1", "M/1", "m/0x1"}) {
    INFO(bad);
    REQUIRE(parse_path(bad).error().reason == "invalid_derivation");
  }
  std::string deep = "m";
  for (int i = 0; i < 256; ++i) deep += "/0";
  REQUIRE_FALSE(parse_path(deep));
}

TEST_CASE("no key is deeper than 255") {
  ExtendedPublicKey key = master_of(kTestMnemonic).neuter();
  for (int depth = 0; depth < 255; ++depth) key = key.derive(0).value();
  REQUIRE(key.derive(0).error().reason == "invalid_derivation");
}

TEST_CASE("the word list is that of BIP-39") {
  std::string text;
  for (const std::string_view word : kEnglishWords) text += std::string(word) + "\n";
  // sha256sum of bips/bip-0039/english.txt
  REQUIRE(to_hex(sha256(as_bytes(text)).view()) ==
          "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
}

TEST_CASE("the BIP-39 test vectors hold") {
  // The first of trezor/python-mnemonic's vectors, passphrase "TREZOR".
  constexpr std::string_view kAbandon =
      "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
      "about";
  REQUIRE(mnemonic_from_entropy(Bytes(16))->text() == kAbandon);
  REQUIRE(to_hex(entropy_from_mnemonic(kAbandon)->view()) == to_hex(Bytes(16)));
  REQUIRE(
      to_hex(seed_from_mnemonic(kAbandon, "TREZOR")->view()) ==
      "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2c"
      "f141630c7a3c4ab7c81b2f001698e7463b04");
  const auto vectors = load_vectors("wallet-core/tests/common/HDWallet/bip39_vectors.json");
  if (!vectors) return;
  for (const auto& one : (*vectors)["english"]) {
    const auto mnemonic = text(one[1]);
    REQUIRE(mnemonic_from_entropy(hex(one[0]))->text() == mnemonic);
    REQUIRE(to_hex(entropy_from_mnemonic(mnemonic)->view()) == text(one[0]));
    const auto seed = seed_from_mnemonic(mnemonic, "TREZOR");
    REQUIRE(to_hex(seed->view()) == text(one[2]));
    REQUIRE(ExtendedPrivateKey::from_seed(seed->view())->xprv().text() == text(one[3]));
  }
}

TEST_CASE("the mnemonics of ethers.js give their seeds and keys, and non-ASCII is refused") {
  const auto cases = load_vectors("ethers.js/mnemonics.json");
  if (!cases) return;
  int opened = 0;
  int refused = 0;
  for (const auto& one : *cases) {
    const Bytes phrase = hex(one["phrase"]);
    const Bytes passphrase = hex(one["password"]);
    INFO(one["name"]);
    if (text(one["locale"]) != "en") {
      REQUIRE(seed_from_mnemonic(as_text(phrase)).error().reason == "invalid_mnemonic");
      continue;
    }
    REQUIRE(mnemonic_from_entropy(hex(one["entropy"]))->text() == as_text(phrase));
    REQUIRE(to_0x(entropy_from_mnemonic(as_text(phrase))->view()) == text(one["entropy"]));
    const auto seed = seed_from_mnemonic(as_text(phrase), as_text(passphrase));
    Bytes opening = hex(one["seed"]);
    if (seed) {
      REQUIRE(to_0x(seed->view()) == text(one["seed"]));
      ++opened;
    } else {
      REQUIRE(seed.error().reason == "passphrase_not_ascii");
      ++refused;
    }
    const auto master = ExtendedPrivateKey::from_seed(opening);
    for (const auto& node : one["nodes"]) {
      INFO(node["path"]);
      const auto key = master->derive_path(text(node["path"]));
      REQUIRE(key->xprv().text() == text(node["xpriv"]));
      REQUIRE(key->neuter().xpub() == text(node["xpub"]));
      REQUIRE(to_0x(key->neuter().fingerprint().view()) == text(node["fingerprint"]));
      REQUIRE(to_0x(key->neuter().position().parent.view()) == text(node["parentFingerprint"]));
    }
  }
  REQUIRE(opened == 25);
  REQUIRE(refused == 15);
}

TEST_CASE("a wrong mnemonic is refused without repeating its words") {
  const auto repeated = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "abandon ";
    return text;
  };
  for (const std::string& bad :
       {std::string(), std::string("   "), repeated(9), repeated(12), repeated(16), repeated(27),
        repeated(11) + "wagmi", repeated(11) + "About", repeated(10000),
        std::string("\xC3\xA1"
                    "baco"),
        std::string(4, '\0')}) {
    const auto seed = seed_from_mnemonic(bad);
    REQUIRE(seed.error().reason == "invalid_mnemonic");
    REQUIRE(seed.error().detail.find("wagmi") == std::string::npos);
  }
  REQUIRE(seed_from_mnemonic(repeated(11) + "\n about\n"));
  for (const std::size_t size : {0U, 12U, 15U, 17U, 33U, 36U}) {
    REQUIRE(mnemonic_from_entropy(Bytes(size, 0x42)).error().reason == "invalid_entropy");
  }
}

TEST_CASE("deposit addresses are the accounts that wallets show") {
  const auto addresses = DepositAddresses::from_xpub(account_xpub() + "\n");
  REQUIRE(addresses);
  // The accounts of anvil and hardhat.
  REQUIRE(chains::evm::to_checksum(addresses->address(0).value()) ==
          "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
  REQUIRE(chains::evm::to_checksum(addresses->address(1).value()) ==
          "0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
  REQUIRE(chains::evm::to_checksum(addresses->address(9).value()) ==
          "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720");
  const ExtendedPrivateKey master = master_of(kTestMnemonic);
  for (const std::uint32_t index : {2U, 1000U, kHardened - 1}) {
    const auto key = master.derive_path("m/44'/60'/0'/0/" + std::to_string(index));
    REQUIRE(addresses->address(index).value() == key->neuter().key().address());
  }
  REQUIRE(addresses->address(kHardened).error().reason == "invalid_derivation");
}

TEST_CASE("an account's id tells accounts apart and stays") {
  const auto addresses = DepositAddresses::from_xpub(account_xpub());
  REQUIRE(addresses->id().size() == 16);
  REQUIRE(DepositAddresses::from_xpub(account_xpub() + "\r\n")->id() == addresses->id());
  const std::string second = master_of(kTestMnemonic).derive_path("m/44'/60'/1'")->neuter().xpub();
  REQUIRE(DepositAddresses::from_xpub(second)->id() != addresses->id());
}

TEST_CASE("only an account's public key makes deposit addresses") {
  const ExtendedPrivateKey master = master_of(kTestMnemonic);
  const auto refused = [](std::string_view text) {
    const auto addresses = DepositAddresses::from_xpub(text);
    return !addresses && addresses.error().reason == "invalid_extended_key";
  };
  REQUIRE(refused(master.neuter().xpub()));
  REQUIRE(refused(master.derive_path("m/44'/60'")->neuter().xpub()));
  REQUIRE(refused(master.derive_path("m/44'/60'/0")->neuter().xpub()));
  REQUIRE(refused(master.derive_path("m/44'/60'/0'/0")->neuter().xpub()));
  REQUIRE(refused(master.derive_path("m/44'/60'/0'")->xprv().text()));
  REQUIRE(refused(account_xpub() + "\n\n"));
  REQUIRE(refused(" " + account_xpub()));
}

}  // namespace
}  // namespace settled::wallet
