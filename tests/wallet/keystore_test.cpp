#include "wallet/keystore.hpp"

#include <algorithm>
#include <string>

#include <catch2/catch.hpp>

#include "ledger/types/hex.hpp"
#include "tests/wallet/vectors.hpp"

namespace settled::wallet {
namespace {

using nlohmann::json;
using tests::hex;
using tests::load_vectors;
using tests::text;

constexpr std::string_view kTrust = "wallet-core/tests/common/Keystore/Data/";

/// geth and ethereum/tests KeyStoreTests/basic_tests.json, "mycrypto".
constexpr std::string_view kMyCrypto = R"({"version": 3,
  "id": "0eb785e0-340a-4290-9c42-90a11973ee47",
  "address": "460121576cc7df020759730751f92bd62fd78dd6",
  "crypto": {
    "ciphertext": "54ae683c6287fa3d58321f09d56e26d94e58a00d4f90bdd95782ae0e4aab618b",
    "cipherparams": {"iv": "681679cdb125bba9495d068b002816a4"},
    "cipher": "aes-128-ctr",
    "kdf": "scrypt",
    "kdfparams": {"dklen": 32, "n": 8192, "r": 8, "p": 1,
      "salt": "c3407f363fce02a66e3c4bf4a8f6b7da1c1f54266cef66381f0625c251c32785"},
    "mac": "dea6bdf22a2f522166ed82808c22a6311e84c355f4bbe100d4260483ff675a46"}})";
constexpr std::string_view kMyCryptoPassphrase = "foobartest121";

Secret secret(std::string_view text) {
  return Secret::copy_of(text);
}

std::string reason_of(const json& file, std::string_view passphrase = kMyCryptoPassphrase) {
  const auto key = open_keystore(file.dump(), secret(passphrase));
  return key ? "opened" : key.error().reason;
}

struct Ones final : Random {
  void fill(std::span<std::uint8_t> out) override { std::ranges::fill(out, 1); }
};

TEST_CASE("the HMACs and key stretching of ethers.js are ours") {
  if (const auto cases = load_vectors("ethers.js/hmac.json")) {
    for (const auto& one : *cases) {
      const Bytes key = hex(one["key"]);
      const Bytes data = hex(one["data"]);
      const bool wide = text(one["algorithm"]) == "sha512";
      REQUIRE((wide ? to_0x(hmac_sha512(key, {data}).view())
                    : to_0x(hmac_sha256(key, data).view())) == text(one["hmac"]));
    }
  }
  const auto cases = load_vectors("ethers.js/pbkdf.json");
  if (!cases) return;
  for (const auto& one : *cases) {
    INFO(one["name"]);
    const Bytes passphrase = hex(one["password"]);
    const Bytes salt = hex(one["salt"]);
    const auto length = one["dkLen"].get<std::size_t>();
    const auto& slow = one["pbkdf2"];
    REQUIRE(text(slow["algorithm"]) == "sha256");
    REQUIRE(to_0x(pbkdf2(Pbkdf2Hash::Sha256, passphrase, salt,
                         slow["iterations"].get<std::uint64_t>(), length)
                      ->view()) == text(slow["key"]));
    const auto& hard = one["scrypt"];
    const ScryptCost cost{.n = hard["N"].get<std::uint64_t>(),
                          .r = hard["r"].get<std::uint64_t>(),
                          .p = hard["p"].get<std::uint64_t>()};
    REQUIRE(to_0x(scrypt(passphrase, salt, cost, length)->view()) == text(hard["key"]));
  }
  REQUIRE(cases->size() == 265);
}

TEST_CASE("stretching has limits and its numbers must make sense") {
  const auto reason = [](const ScryptCost& cost) {
    return scrypt({}, {}, cost, 32).error().reason;
  };
  REQUIRE(reason({.n = 1U << 20U, .r = 8, .p = 1}) == "keystore_too_expensive");
  REQUIRE(reason({.n = 1U << 18U, .r = 8, .p = 16}) == "keystore_too_expensive");
  REQUIRE(reason({.n = 1ULL << 63U, .r = 8, .p = 1}) == "keystore_too_expensive");
  REQUIRE(reason({.n = 2, .r = 1ULL << 63U, .p = 2}) == "keystore_too_expensive");
  REQUIRE(reason({.n = 2, .r = 1, .p = 1ULL << 63U}) == "keystore_too_expensive");
  REQUIRE(reason({.n = 1, .r = 8, .p = 1}) == "invalid_kdf");
  REQUIRE(reason({.n = 1000, .r = 8, .p = 1}) == "invalid_kdf");
  REQUIRE(reason({.n = 1024, .r = 0, .p = 1}) == "invalid_kdf");
  REQUIRE(reason({.n = 1024, .r = 8, .p = 0}) == "invalid_kdf");
  const auto iterated = [](std::uint64_t count) {
    return pbkdf2(Pbkdf2Hash::Sha256, {}, {}, count, 32).error().reason;
  };
  REQUIRE(iterated(0) == "invalid_kdf");
  REQUIRE(iterated(10'000'001) == "keystore_too_expensive");
}

TEST_CASE("a keystore opens with its passphrase and no other") {
  const auto key = open_keystore(kMyCrypto, secret(kMyCryptoPassphrase));
  REQUIRE(key);
  REQUIRE(to_hex(key->view()) ==
          "05a4d3eb46c742cb8850440145ce70cbc80b59f891cf5f50fd3e9c280b50c4e4");
  for (const std::string_view wrong : {"", "foobartest12", "foobartest121\n"}) {
    const auto refused = open_keystore(kMyCrypto, secret(wrong));
    REQUIRE(refused.error().code == Errc::Rejected);
    REQUIRE(refused.error().reason == "wrong_passphrase");
  }
}

TEST_CASE("the keystores of ethereum/tests open") {
  const auto cases = load_vectors("ethereum-tests/KeyStoreTests/basic_tests.json");
  if (!cases) return;
  for (const auto& [name, one] : cases->items()) {
    INFO(name);
    const auto key = open_keystore(one["json"].dump(), secret(text(one["password"])));
    REQUIRE(key);
    REQUIRE(to_hex(key->view()) == text(one["priv"]));
  }
  REQUIRE(cases->size() == 5);
}

TEST_CASE("the keystores of ethers.js open, crowdsale files do not") {
  const auto cases = load_vectors("ethers.js/wallets.json");
  if (!cases) return;
  int opened = 0;
  for (const auto& one : *cases) {
    INFO(one["name"]);
    const auto key = open_keystore(text(one["content"]), Secret::copy_of(hex(one["password"])));
    REQUIRE(key.has_value() == (text(one["type"]) == "keystore"));
    if (!key) {
      REQUIRE(key.error().reason == "invalid_keystore");
      continue;
    }
    REQUIRE(chains::evm::to_checksum(PublicKey::of(*key).address()) == text(one["address"]));
    ++opened;
  }
  REQUIRE(opened == 7);
}

/// What wallet-core's StoredKeyTests expect of each file. Left out are those whose `crypto` is that
/// of key.json, which takes seconds: empty-accounts, legacy-private-key.
struct TrustCase {
  std::string_view file;
  std::string_view passphrase;
  std::string_view payload;  ///< hexadecimal for a private key, else words
};

TEST_CASE("the keystores of wallet-core open: keys and mnemonics") {
  constexpr std::string_view kTeam =
      "team engine square letter hero song dizzy scrub tornado fabric divert saddle";
  constexpr std::string_view kTestKey =
      "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
  for (const TrustCase& one : std::initializer_list<TrustCase>{
           {"key.json", "testpassword", kTestKey},
           {"pbkdf2.json", "testpassword", kTestKey},
           {"livepeer.json", "Radchenko",
            "09b4379d9a41a71d94ee36357bccb4d77b45e7fd9307e2c0f673dd54c0558c73"},
           {"scrypt-empty-salt-encoded-private-key.json", "password",
            "3a1076bf45ab87712ad64ccb3b10217737f7faacbf2872e88fdd9a537d8fe266"},
           {"scrypt-empty-salt.json", "password", kTeam},
           {"scrypt-without-salt.json", "password", kTeam},
           {"pbkdf2-empty-salt.json", "password", kTeam},
           {"BackwardCompatibility/4.1.13.json", "password", kTeam},
           {"BackwardCompatibility/4.1.14.json", "password", kTeam},
           {"missing-address.json", "password",
            "ripple scissors kick mammal hire column oak again sun offer wealth tomorrow wagon "
            "turn "
            "fatal"}}) {
    const auto file = tests::load_vectors_text(std::string(kTrust).append(one.file));
    if (!file) return;
    INFO(one.file);
    const auto payload = decrypt_keystore(*file, secret(one.passphrase));
    REQUIRE(payload);
    const std::string_view words = payload->text();
    if (payload->size() == 32) {
      REQUIRE(to_hex(payload->view()) == one.payload);
    } else {  // old versions stored the words with C's trailing zero
      REQUIRE(words.substr(0, words.find('\0')) == one.payload);
    }
  }
}

TEST_CASE("the keystores of wallet-core that hold another thing are refused") {
  const auto refused = [](std::string_view file, std::string_view passphrase) -> std::string {
    const auto file_text = tests::load_vectors_text(std::string(kTrust).append(file));
    if (!file_text) return "invalid_keystore";
    const auto key = open_keystore(*file_text, secret(passphrase));
    return key ? "opened" : key.error().reason;
  };
  REQUIRE(refused("key_bitcoin.json", "testpassword") == "invalid_keystore");
  REQUIRE(refused("invalid-iv.json", "password") == "invalid_keystore");
  REQUIRE(refused("cbc-encrypted.json", "password") == "invalid_keystore");
  REQUIRE(refused("scrypt-empty-salt-aes-256-ctr.json", "password") == "invalid_keystore");
  REQUIRE(refused("watch.json", "password") == "invalid_keystore");
  REQUIRE(refused("wallet.json", "password") == "invalid_keystore");
}

TEST_CASE("a passphrase is bytes, whatever they are") {
  const auto file_text =
      tests::load_vectors_text(std::string(kTrust).append("ethereum-wallet-address-no-0x.json"));
  if (!file_text) return;
  const auto key = open_keystore(
      *file_text, secret("15748c4e3dca6ae2110535576ab0c398cb79d985707c68ee6c9f9df9d421dd53"));
  REQUIRE(key);
  REQUIRE(chains::evm::to_checksum(PublicKey::of(*key).address()) ==
          "0xAc1ec44E4f0ca7D172B7803f6836De87Fb72b309");
  const Bytes odd = {0x00, 0xFF, 0xC3, 0x28, 0x0A};
  Ones random;
  const PrivateKey made = PrivateKey::generate(random);
  const auto file = make_keystore(made, Secret::copy_of(odd), random, kLightScrypt);
  REQUIRE(to_hex(open_keystore(*file, Secret::copy_of(odd))->view()) == to_hex(made.view()));
  REQUIRE(open_keystore(*file, secret("")).error().reason == "wrong_passphrase");
}

TEST_CASE("every malformed keystore is refused with its reason") {
  const json good = json::parse(kMyCrypto);
  REQUIRE(reason_of(good) == "opened");
  const auto with = [&good](const char* pointer, const json& value) {
    json changed = good;
    changed[json::json_pointer(pointer)] = value;
    return reason_of(changed);
  };
  const auto without = [&good](const char* parent, const char* name) {
    json changed = good;
    changed[json::json_pointer(parent)].erase(name);
    return reason_of(changed);
  };
  for (const char* const name : {"version", "crypto"}) {
    REQUIRE(without("", name) == "invalid_keystore");
  }
  for (const char* const name :
       {"ciphertext", "cipherparams", "cipher", "kdf", "kdfparams", "mac"}) {
    INFO(name);
    REQUIRE(without("/crypto", name) == "invalid_keystore");
    REQUIRE(with((std::string("/crypto/") + name).c_str(), 7) == "invalid_keystore");
    REQUIRE(with((std::string("/crypto/") + name).c_str(), "zz") == "invalid_keystore");
  }
  for (const char* const name : {"dklen", "n", "r", "p"}) {
    INFO(name);
    const std::string pointer = std::string("/crypto/kdfparams/") + name;
    REQUIRE(without("/crypto/kdfparams", name) == "invalid_keystore");
    for (const json& bad : {json(-1), json("32"), json(32.0), json(nullptr), json(0)}) {
      REQUIRE(with(pointer.c_str(), bad) == "invalid_keystore");
    }
  }
  REQUIRE(with("/version", 1) == "invalid_keystore");
  REQUIRE(with("/Crypto", json::object()) == "invalid_keystore");
  REQUIRE(with("/crypto/cipherparams/iv", "00") == "invalid_keystore");
  REQUIRE(with("/crypto/kdfparams/salt", 5) == "invalid_keystore");
  REQUIRE(with("/crypto/kdfparams/dklen", 16) == "invalid_keystore");
  REQUIRE(with("/crypto/kdfparams/dklen", 1 << 20) == "invalid_keystore");
  REQUIRE(with("/crypto/kdfparams/n", 1 << 21) == "keystore_too_expensive");
  REQUIRE(with("/crypto/kdfparams/p", 1 << 20) == "keystore_too_expensive");
  REQUIRE(with("/crypto/ciphertext", "") == "wrong_passphrase");
  REQUIRE(with("/address", "460121576cc7df020759730751f92bd62fd78dd7") == "invalid_keystore");
  REQUIRE(with("/address", "0x460121576cc7df020759730751f92bd62fd78dd6") == "opened");
  REQUIRE(with("/address", "somebody") == "invalid_keystore");
  REQUIRE(with("/address", "") == "opened");
  REQUIRE(without("", "address") == "opened");

  json iterated = good;
  iterated["crypto"]["kdf"] = "pbkdf2";
  iterated["crypto"]["kdfparams"] = {
      {"dklen", 32}, {"c", 20'000'000}, {"prf", "hmac-sha256"}, {"salt", ""}};
  REQUIRE(reason_of(iterated) == "keystore_too_expensive");
  iterated["crypto"]["kdfparams"]["c"] = 1;
  REQUIRE(reason_of(iterated) == "wrong_passphrase");
  iterated["crypto"]["kdfparams"]["prf"] = "hmac-sha512";
  REQUIRE(reason_of(iterated) == "invalid_keystore");
}

TEST_CASE("what is no JSON object is no keystore") {
  for (const std::string& bad :
       {std::string(), std::string("null"), std::string("[]"), std::string("{"), std::string("3"),
        std::string("{\"version\":3}x"), std::string("{\"a\":\"\xFF\"}"), std::string(60'000, '['),
        std::string((64U << 10U) + 1, ' ')}) {
    REQUIRE(open_keystore(bad, secret("x")).error().reason == "invalid_keystore");
  }
}

TEST_CASE("keys that lost their leading zeros are padded") {
  // 31 bytes encrypted as early clients did: the payload is the key without its first byte.
  json file = json::parse(kMyCrypto);
  const Secret derived =
      *scrypt(as_bytes(kMyCryptoPassphrase), hex(file["crypto"]["kdfparams"]["salt"]),
              {.n = 8192, .r = 8, .p = 1}, 32);
  Bytes ciphertext = hex(file["crypto"]["ciphertext"]);
  const auto shorten_to = [&](std::size_t size) {
    ciphertext.resize(size);
    const auto mac = chains::evm::keccak256({derived.view().subspan(16, 16), ciphertext});
    file["crypto"]["ciphertext"] = to_hex(ciphertext);
    file["crypto"]["mac"] = to_hex(mac.view());
    file.erase("address");
    return open_keystore(file.dump(), secret(kMyCryptoPassphrase));
  };
  REQUIRE(to_hex(shorten_to(31)->view()) ==
          "0005a4d3eb46c742cb8850440145ce70cbc80b59f891cf5f50fd3e9c280b50c4");
  REQUIRE(shorten_to(30));
  REQUIRE(shorten_to(23).error().reason == "invalid_keystore");
  REQUIRE(shorten_to(0).error().reason == "invalid_keystore");
}

TEST_CASE("a keystore that we write is read again, and two of one key differ") {
  SystemRandom random;
  const PrivateKey key = PrivateKey::generate(random);
  const auto first = make_keystore(key, secret("pass"), random, kLightScrypt);
  const auto second = make_keystore(key, secret("pass"), random, kLightScrypt);
  REQUIRE(*first != *second);
  REQUIRE(first->find(to_hex(key.view())) == std::string::npos);
  REQUIRE(to_hex(open_keystore(*first, secret("pass"))->view()) == to_hex(key.view()));
  REQUIRE(open_keystore(*second, secret("pas")).error().reason == "wrong_passphrase");
  const json file = json::parse(*first);
  REQUIRE(file["version"] == 3);
  const auto id = file["id"].get<std::string>();
  REQUIRE(id.size() == 36);
  REQUIRE(id[14] == '4');
}

}  // namespace
}  // namespace settled::wallet
