#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"
#include "wallet/keys.hpp"
#include "wallet/secret.hpp"

namespace settled::wallet {

/// BIP-32 with the version bytes of Bitcoin's main network (xpub, xprv), which Ethereum wallets use
/// too. Immutable and thread-safe once made. Errors of all here: Invalid `invalid_extended_key` for
/// what cannot be parsed (wrong checksum, version, length, a parent of a master key, a point off
/// the curve, a scalar out of range) and `invalid_derivation` for a child that cannot be derived.

/// Child numbers from here on are hardened: they need the parent's private key.
inline constexpr std::uint32_t kHardened = 0x80000000U;

using ChainCode = FixedBytes<32, struct ChainCodeTag>;
/// The first four bytes of a public key's HASH160.
using Fingerprint = FixedBytes<4, struct FingerprintTag>;

/// Where a key stands in its tree.
struct KeyPosition {
  std::uint8_t depth = 0;
  Fingerprint parent{};
  std::uint32_t child_number = 0;

  friend bool operator==(const KeyPosition&, const KeyPosition&) = default;
};

class ExtendedPublicKey {
 public:
  static Result<ExtendedPublicKey> parse(std::string_view xpub);

  /// A hardened index is refused (`invalid_derivation`).
  Result<ExtendedPublicKey> derive(std::uint32_t index) const;
  /// The child's key alone, which saves hashing this key for its fingerprint.
  Result<PublicKey> derive_key(std::uint32_t index) const;
  std::string xpub() const;
  Fingerprint fingerprint() const;

  const PublicKey& key() const { return key_; }
  const ChainCode& chain_code() const { return chain_code_; }
  const KeyPosition& position() const { return position_; }

 private:
  friend class ExtendedPrivateKey;
  ExtendedPublicKey(const PublicKey& key, const ChainCode& chain_code, const KeyPosition& position)
      : key_(key), chain_code_(chain_code), position_(position) {}
  Result<Secret> child_digest(std::uint32_t index) const;

  PublicKey key_;
  ChainCode chain_code_;
  KeyPosition position_;
};

/// Move-only: it holds a private key and the chain code that leads to all of its children.
class ExtendedPrivateKey {
 public:
  /// The master key. Error: Invalid `invalid_seed` unless 16 to 64 bytes.
  static Result<ExtendedPrivateKey> from_seed(BytesView seed);
  static Result<ExtendedPrivateKey> parse(std::string_view xprv);

  Result<ExtendedPrivateKey> derive(std::uint32_t index) const;
  /// All steps of a path, e.g. "m/44'/60'/0'".
  Result<ExtendedPrivateKey> derive_path(std::string_view path) const;
  ExtendedPublicKey neuter() const;
  Secret xprv() const;

  const PrivateKey& key() const { return key_; }

 private:
  ExtendedPrivateKey(PrivateKey key, Secret chain_code, const KeyPosition& position)
      : key_(std::move(key)), chain_code_(std::move(chain_code)), position_(position) {}

  PrivateKey key_;
  Secret chain_code_;
  KeyPosition position_;
};

/// "m", or steps with `/` between, with or without `m/` in front; `'` marks a hardened step.
/// Error: Invalid `invalid_derivation`; at most 255 steps, each below 2^31.
Result<std::vector<std::uint32_t>> parse_path(std::string_view path);

}  // namespace settled::wallet
