#include "wallet/keys.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include <secp256k1.h>
#include <secp256k1_recovery.h>

namespace settled::wallet {
namespace {

struct DestroyContext {
  void operator()(secp256k1_context* context) const { secp256k1_context_destroy(context); }
};

/// Blinded against timing and power analysis once; after that only read, hence thread-safe.
const secp256k1_context* curve() {
  static const std::unique_ptr<secp256k1_context, DestroyContext> context = [] {
    std::unique_ptr<secp256k1_context, DestroyContext> made(
        secp256k1_context_create(SECP256K1_CONTEXT_NONE));
    Secret blinding(32);
    SystemRandom().fill(blinding.writable());
    INVARIANT(secp256k1_context_randomize(made.get(), blinding.view().data()) == 1);
    return made;
  }();
  return context.get();
}

using ParsedBytes = std::array<std::uint8_t, 64>;
static_assert(sizeof(secp256k1_pubkey) == sizeof(ParsedBytes));

secp256k1_pubkey point_from(const ParsedBytes& parsed) {
  secp256k1_pubkey point;
  std::memcpy(point.data, parsed.data(), parsed.size());
  return point;
}

ParsedBytes bytes_of(const secp256k1_pubkey& point) {
  ParsedBytes parsed;
  std::memcpy(parsed.data(), point.data, parsed.size());
  return parsed;
}

template <std::size_t N>
std::array<std::uint8_t, N> serialised(const ParsedBytes& parsed, unsigned form) {
  const secp256k1_pubkey point = point_from(parsed);
  std::array<std::uint8_t, N> out;
  std::size_t length = N;
  INVARIANT(secp256k1_ec_pubkey_serialize(curve(), out.data(), &length, &point, form) == 1);
  INVARIANT(length == N);
  return out;
}

std::unexpected<Error> invalid_tweak() {
  return fail(Errc::Invalid, "invalid_tweak", "the derived key does not exist on the curve");
}

}  // namespace

Result<PrivateKey> PrivateKey::from_bytes(BytesView bytes) {
  if (bytes.size() != kSize || secp256k1_ec_seckey_verify(curve(), bytes.data()) != 1) {
    return fail(Errc::Invalid, "invalid_private_key",
                "a private key is 32 bytes, not zero and below the order of secp256k1");
  }
  return PrivateKey(Secret::copy_of(bytes));
}

PrivateKey PrivateKey::generate(Random& random) {
  // A draw is no scalar once in 2^128: a second failure means that the generator is broken.
  for (int attempt = 0; attempt < 2; ++attempt) {
    Secret bytes(kSize);
    random.fill(bytes.writable());
    if (secp256k1_ec_seckey_verify(curve(), bytes.view().data()) == 1) {
      return PrivateKey(std::move(bytes));
    }
  }
  check_failed("the random generator gives private keys", __FILE__, __LINE__);
}

BytesView PrivateKey::view() const {
  INVARIANT(bytes_.size() == kSize);
  return bytes_.view();
}

Result<PrivateKey> PrivateKey::plus(BytesView tweak) const {
  INVARIANT(tweak.size() == 32);
  Secret sum = Secret::copy_of(view());
  if (secp256k1_ec_seckey_tweak_add(curve(), sum.writable().data(), tweak.data()) != 1) {
    return invalid_tweak();
  }
  return PrivateKey(std::move(sum));
}

Result<PublicKey> PublicKey::parse(BytesView sec1) {
  secp256k1_pubkey point;
  // The library also takes the hybrid forms 0x06 and 0x07, which nothing here may contain.
  const bool known_form =
      (sec1.size() == 33 && (sec1[0] == 2 || sec1[0] == 3)) || (sec1.size() == 65 && sec1[0] == 4);
  if (!known_form || secp256k1_ec_pubkey_parse(curve(), &point, sec1.data(), sec1.size()) != 1) {
    return fail(Errc::Invalid, "invalid_public_key", "not a point of secp256k1 in SEC 1 form");
  }
  return PublicKey(bytes_of(point));
}

PublicKey PublicKey::of(const PrivateKey& key) {
  secp256k1_pubkey point;
  INVARIANT(secp256k1_ec_pubkey_create(curve(), &point, key.view().data()) == 1);
  return PublicKey(bytes_of(point));
}

std::array<std::uint8_t, 33> PublicKey::compressed() const {
  return serialised<33>(parsed_, SECP256K1_EC_COMPRESSED);
}

chains::evm::PublicKey PublicKey::uncompressed() const {
  const auto sec1 = serialised<65>(parsed_, SECP256K1_EC_UNCOMPRESSED);
  return fixed_from<chains::evm::PublicKey>(BytesView(sec1).subspan(1));
}

chains::evm::Address PublicKey::address() const {
  return chains::evm::address_of(uncompressed());
}

Result<PublicKey> PublicKey::plus(BytesView tweak) const {
  INVARIANT(tweak.size() == 32);
  secp256k1_pubkey point = point_from(parsed_);
  if (secp256k1_ec_pubkey_tweak_add(curve(), &point, tweak.data()) != 1) return invalid_tweak();
  return PublicKey(bytes_of(point));
}

chains::evm::Signature sign_digest(const PrivateKey& key, const chains::evm::Hash& digest) {
  secp256k1_ecdsa_recoverable_signature made;
  // A null nonce function is the library's RFC 6979.
  INVARIANT(secp256k1_ecdsa_sign_recoverable(curve(), &made, digest.bytes.data(), key.view().data(),
                                             nullptr, nullptr) == 1);
  std::array<std::uint8_t, 64> compact;
  int recovery_id = 0;
  secp256k1_ecdsa_recoverable_signature_serialize_compact(curve(), compact.data(), &recovery_id,
                                                          &made);
  chains::evm::Signature out;
  std::copy_n(compact.begin(), 32, out.r.begin());
  std::copy_n(compact.begin() + 32, 32, out.s.begin());
  out.recovery_id = static_cast<std::uint8_t>(recovery_id);
  return out;
}

}  // namespace settled::wallet
