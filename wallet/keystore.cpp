#include "wallet/keystore.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include "chains/evm/keccak.hpp"
#include "ledger/types/hex.hpp"

namespace settled::wallet {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxFile = 64U << 10U;
constexpr std::size_t kIvSize = 16;
constexpr std::size_t kDerivedSize = 32;
constexpr std::size_t kMaxDerivedSize = 64;
/// Keystores of early clients dropped leading zero bytes; more than eight is no key by accident.
constexpr std::size_t kShortestKey = 24;

std::unexpected<Error> invalid(std::string detail) {
  return fail(Errc::Invalid, "invalid_keystore", std::move(detail));
}

Result<const Json*> object_in(const Json& parent, const char* name) {
  const auto found = parent.find(name);
  if (found == parent.end() || !found->is_object()) {
    return invalid(std::string(name) + " is not an object");
  }
  return &*found;
}

Result<std::string> text_in(const Json& parent, const char* name) {
  const auto found = parent.find(name);
  if (found == parent.end() || !found->is_string()) {
    return invalid(std::string(name) + " is not a string");
  }
  return found->get<std::string>();
}

Result<Bytes> hex_in(const Json& parent, const char* name) {
  TRY(const std::string text, text_in(parent, name));
  auto bytes = from_hex(text);
  if (!bytes) return invalid(std::string(name) + " is not hexadecimal");
  return bytes;
}

Result<std::uint64_t> number_in(const Json& parent, const char* name) {
  const auto found = parent.find(name);
  if (found == parent.end() || !found->is_number_unsigned()) {
    return invalid(std::string(name) + " is not a whole number");
  }
  return found->get<std::uint64_t>();
}

Result<Bytes> salt_in(const Json& parameters) {
  if (!parameters.contains("salt")) return Bytes{};
  return hex_in(parameters, "salt");
}

Result<Json> parse_file(std::string_view text) {
  if (text.size() > kMaxFile) return invalid("larger than 64 KiB");
  Json file = Json::parse(text, nullptr, false);
  if (!file.is_object()) return invalid("not a JSON object");
  TRY(const std::uint64_t version, number_in(file, "version"));
  if (version != 3) return invalid("version " + std::to_string(version) + " is not 3");
  return file;
}

Result<Secret> stretched(const Json& crypto, const Secret& passphrase) {
  TRY(const std::string kdf, text_in(crypto, "kdf"));
  TRY(const Json* parameters, object_in(crypto, "kdfparams"));
  TRY(const std::uint64_t length, number_in(*parameters, "dklen"));
  if (length < kDerivedSize || length > kMaxDerivedSize) return invalid("dklen is not 32 to 64");
  TRY(const Bytes salt, salt_in(*parameters));

  Result<Secret> derived = invalid("kdf is neither scrypt nor pbkdf2");
  if (kdf == "scrypt") {
    TRY(const std::uint64_t n, number_in(*parameters, "n"));
    TRY(const std::uint64_t r, number_in(*parameters, "r"));
    TRY(const std::uint64_t p, number_in(*parameters, "p"));
    derived = scrypt(passphrase.view(), salt, {.n = n, .r = r, .p = p}, length);
  } else if (kdf == "pbkdf2") {
    TRY(const std::uint64_t iterations, number_in(*parameters, "c"));
    if (parameters->contains("prf")) {
      TRY(const std::string prf, text_in(*parameters, "prf"));
      if (prf != "hmac-sha256") return invalid("prf is not hmac-sha256");
    }
    derived = pbkdf2(Pbkdf2Hash::Sha256, passphrase.view(), salt, iterations, length);
  }
  if (!derived && derived.error().reason == "invalid_kdf") return invalid(derived.error().detail);
  return derived;
}

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

/// Counter mode is its own inverse. REQUIRES: 16 bytes of key, 16 of iv.
Secret aes_128_ctr(BytesView key, BytesView iv, BytesView input) {
  INVARIANT(key.size() == 16);
  INVARIANT(iv.size() == kIvSize && input.size() <= kMaxFile);
  const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  Secret out(input.size());
  int length = 0;
  INVARIANT(EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, key.data(), iv.data()) ==
            1);
  INVARIANT(EVP_EncryptUpdate(context.get(), out.writable().data(), &length, input.data(),
                              static_cast<int>(input.size())) == 1);
  INVARIANT(static_cast<std::size_t>(length) == input.size());
  return out;
}

chains::evm::Hash mac_of(BytesView derived, BytesView ciphertext) {
  return chains::evm::keccak256({derived.subspan(16, 16), ciphertext});
}

Result<Secret> decrypt(const Json& file, const Secret& passphrase) {
  if (file.contains("crypto") && file.contains("Crypto")) return invalid("crypto and Crypto");
  TRY(const Json* crypto, object_in(file, file.contains("Crypto") ? "Crypto" : "crypto"));
  TRY(const std::string cipher, text_in(*crypto, "cipher"));
  if (cipher != "aes-128-ctr") return invalid("cipher is not aes-128-ctr");
  TRY(const Json* cipher_parameters, object_in(*crypto, "cipherparams"));
  TRY(const Bytes iv, hex_in(*cipher_parameters, "iv"));
  if (iv.size() != kIvSize) return invalid("iv is not 16 bytes");
  TRY(const Bytes ciphertext, hex_in(*crypto, "ciphertext"));
  TRY(const Bytes mac, hex_in(*crypto, "mac"));
  if (mac.size() != chains::evm::Hash::kSize) return invalid("mac is not 32 bytes");

  TRY(const Secret derived, stretched(*crypto, passphrase));
  if (!equal_constant_time(as_text(mac), as_text(mac_of(derived.view(), ciphertext).view()))) {
    return fail(Errc::Rejected, "wrong_passphrase",
                "the passphrase does not open this keystore, or the file is damaged");
  }
  return aes_128_ctr(derived.view().first(16), iv, ciphertext);
}

/// Nothing where the file states no address, as privacy-minded wallets do.
Result<std::optional<chains::evm::Address>> stated_address(const Json& file) {
  const auto found = file.find("address");
  if (found == file.end() || found->is_null() || *found == "") return std::nullopt;
  TRY(const std::string text, text_in(file, "address"));
  const auto address = fixed_from_hex<chains::evm::Address>(text);
  if (!address) return invalid("address is not 20 bytes of hexadecimal");
  return *address;
}

/// A random UUID (RFC 9562, version 4).
std::string new_uuid(Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);
  std::string text = to_hex(bytes);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace

Result<Secret> decrypt_keystore(std::string_view json, const Secret& passphrase) {
  TRY(const Json file, parse_file(json));
  return decrypt(file, passphrase);
}

Result<PrivateKey> open_keystore(std::string_view json, const Secret& passphrase) {
  TRY(const Json file, parse_file(json));
  TRY(const std::optional<chains::evm::Address> stated, stated_address(file));
  TRY(const Secret payload, decrypt(file, passphrase));
  if (payload.size() < kShortestKey || payload.size() > PrivateKey::kSize) {
    return invalid("it holds no private key");
  }
  Secret padded(PrivateKey::kSize);
  std::ranges::copy(payload.view(), padded.writable().last(payload.size()).begin());
  auto key = PrivateKey::from_bytes(padded.view());
  if (!key) return invalid(key.error().detail);
  if (stated && *stated != PublicKey::of(*key).address()) {
    return invalid("its address is not that of the key it holds");
  }
  return key;
}

Result<std::string> make_keystore(const PrivateKey& key, const Secret& passphrase, Random& random,
                                  const ScryptCost& cost) {
  std::array<std::uint8_t, 32> salt{};
  std::array<std::uint8_t, kIvSize> iv{};
  random.fill(salt);
  random.fill(iv);
  TRY(const Secret derived, scrypt(passphrase.view(), salt, cost, kDerivedSize));
  const Secret ciphertext = aes_128_ctr(derived.view().first(16), iv, key.view());
  const Json file = {{"address", to_hex(PublicKey::of(key).address().view())},
                     {"crypto",
                      {{"cipher", "aes-128-ctr"},
                       {"cipherparams", {{"iv", to_hex(iv)}}},
                       {"ciphertext", to_hex(ciphertext.view())},
                       {"kdf", "scrypt"},
                       {"kdfparams",
                        {{"dklen", kDerivedSize},
                         {"n", cost.n},
                         {"p", cost.p},
                         {"r", cost.r},
                         {"salt", to_hex(salt)}}},
                       {"mac", to_hex(mac_of(derived.view(), ciphertext.view()).view())}}},
                     {"id", new_uuid(random)},
                     {"version", 3}};
  return file.dump();
}

}  // namespace settled::wallet
