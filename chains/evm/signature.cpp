#include "chains/evm/signature.hpp"

#include <algorithm>

#include <secp256k1.h>
#include <secp256k1_recovery.h>

namespace settled::chains::evm {
namespace {

/// Half the group order, rounded down (SEC 2, section 2.4.1).
constexpr std::array<std::uint8_t, 32> kHalfOrder = {
    0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0x5D, 0x57, 0x6E, 0x73, 0x57, 0xA4, 0x50, 0x1D, 0xDF, 0xE9, 0x2F, 0x46, 0x68, 0x1B, 0x20, 0xA0};

std::unexpected<Error> invalid_signature(const char* detail) {
  return fail(Errc::Invalid, "invalid_signature", detail);
}

/// Holds no secret and is never changed, so threads share it.
const secp256k1_context* context() {
  static const secp256k1_context* const tested = [] {
    secp256k1_selftest();  // aborts where the library was miscompiled
    return secp256k1_context_static;
  }();
  return tested;
}

bool is_zero(const std::array<std::uint8_t, 32>& word) {
  return std::ranges::all_of(word, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

bool is_low_s(const std::array<std::uint8_t, 32>& s) {
  return s <= kHalfOrder;
}

Result<PublicKey> recover_public_key(const Hash& digest, const Signature& signature) {
  if (signature.recovery_id > 1) return invalid_signature("the recovery id is neither 0 nor 1");
  if (is_zero(signature.r) || is_zero(signature.s)) return invalid_signature("r or s is zero");
  if (!is_low_s(signature.s)) return invalid_signature("s is in the upper half (EIP-2)");

  std::array<std::uint8_t, 64> compact;
  std::ranges::copy(signature.r, compact.begin());
  std::ranges::copy(signature.s, compact.begin() + 32);
  secp256k1_ecdsa_recoverable_signature parsed;
  if (secp256k1_ecdsa_recoverable_signature_parse_compact(context(), &parsed, compact.data(),
                                                          signature.recovery_id) == 0) {
    return invalid_signature("r or s is not below the group order");
  }
  secp256k1_pubkey key;
  if (secp256k1_ecdsa_recover(context(), &key, &parsed, digest.bytes.data()) == 0) {
    return invalid_signature("no key can have made the signature");
  }
  std::array<std::uint8_t, 1 + PublicKey::kSize> serialized;
  std::size_t size = serialized.size();
  secp256k1_ec_pubkey_serialize(context(), serialized.data(), &size, &key,
                                SECP256K1_EC_UNCOMPRESSED);
  return fixed_from<PublicKey>(BytesView(serialized).subspan(1));
}

Result<Address> recover(const Hash& digest, const Signature& signature) {
  TRY(const PublicKey key, recover_public_key(digest, signature));
  return address_of(key);
}

Address address_of(const PublicKey& key) {
  const Hash hash = keccak256(key.view());
  return fixed_from<Address>(hash.view().last(Address::kSize));
}

}  // namespace settled::chains::evm
