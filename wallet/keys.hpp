#pragma once

#include <array>
#include <cstdint>

#include "chains/evm/address.hpp"
#include "chains/evm/keccak.hpp"
#include "chains/evm/signature.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/result.hpp"
#include "wallet/secret.hpp"

namespace settled::wallet {

/// A secp256k1 private key: 32 bytes that are known to be a scalar from 1 to the order less one.
/// Move-only, wiped and unprintable as `Secret` is. Reading it is thread-safe. All functions here
/// use one context that is created and blinded at its first use and never changed after.
class PrivateKey {
 public:
  static constexpr std::size_t kSize = 32;

  /// Error: Invalid `invalid_private_key` unless 32 bytes of a valid scalar.
  static Result<PrivateKey> from_bytes(BytesView bytes);
  static PrivateKey generate(Random& random);

  BytesView view() const;
  /// The key whose scalar is larger by `tweak` (32 bytes, big-endian). Error: Invalid
  /// `invalid_tweak` where the tweak is no scalar or the sum is zero.
  Result<PrivateKey> plus(BytesView tweak) const;

 private:
  explicit PrivateKey(Secret bytes) : bytes_(std::move(bytes)) {}
  Secret bytes_;
};

/// A point of secp256k1 in the library's parsed form, so that arithmetic on it needs no square
/// root.
class PublicKey {
 public:
  /// SEC 1: 33 bytes compressed or 65 uncompressed. Error: Invalid `invalid_public_key`.
  static Result<PublicKey> parse(BytesView sec1);
  static PublicKey of(const PrivateKey& key);

  std::array<std::uint8_t, 33> compressed() const;
  chains::evm::PublicKey uncompressed() const;
  chains::evm::Address address() const;
  /// This point plus `tweak` times the generator. Error: as `PrivateKey::plus`.
  Result<PublicKey> plus(BytesView tweak) const;

  friend bool operator==(const PublicKey& a, const PublicKey& b) {
    return a.compressed() == b.compressed();
  }

 private:
  using Parsed = std::array<std::uint8_t, 64>;
  explicit PublicKey(const Parsed& parsed) : parsed_(parsed) {}
  Parsed parsed_;
};

/// ECDSA with the nonce of RFC 6979 (SHA-256) and the lower of the two s: one digest always gives
/// one signature.
chains::evm::Signature sign_digest(const PrivateKey& key, const chains::evm::Hash& digest);

}  // namespace settled::wallet
