#pragma once

#include <array>
#include <cstdint>

#include "chains/evm/address.hpp"
#include "chains/evm/keccak.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::evm {

/// An ECDSA signature on secp256k1 from which the signer can be recovered.
struct Signature {
  std::array<std::uint8_t, 32> r{};  ///< big-endian
  std::array<std::uint8_t, 32> s{};  ///< big-endian
  std::uint8_t recovery_id = 0;      ///< the parity of R's y coordinate: 0 or 1

  friend bool operator==(const Signature&, const Signature&) = default;
};

/// An uncompressed point, x and y, without SEC 1's leading 0x04.
using PublicKey = FixedBytes<64, struct PublicKeyTag>;

/// True for the lower of the two s that every signature has; Ethereum accepts no other (EIP-2).
bool is_low_s(const std::array<std::uint8_t, 32>& s);

/// The key that signed `digest`. Error: Invalid `invalid_signature` for r or s that is zero or not
/// below the group order, a high s, a recovery id above 1, and what no key can have signed.
/// Thread-safe.
Result<PublicKey> recover_public_key(const Hash& digest, const Signature& signature);
/// The account of that key, with the same errors.
Result<Address> recover(const Hash& digest, const Signature& signature);

/// The last 20 bytes of the key's Keccak-256.
Address address_of(const PublicKey& key);

}  // namespace settled::chains::evm
