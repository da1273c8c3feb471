#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "chains/evm/address.hpp"
#include "ledger/types/result.hpp"
#include "wallet/bip32.hpp"

namespace settled::wallet {

/// The deposit addresses of one account (BIP-44 m/44'/60'/a'): address i is child 0/i of its
/// extended public key, so the daemon makes and watches addresses whose keys it does not hold.
/// One address serves every EVM chain. Immutable and thread-safe.
class DepositAddresses {
 public:
  /// `text`: the account's xpub; one newline at its end is ignored. Errors: Invalid
  /// `invalid_extended_key`, also for a key that is not at account level (depth 3, hardened) and
  /// for an xprv, which must not be here at all.
  static Result<DepositAddresses> from_xpub(std::string_view text);

  /// Sixteen hexadecimal digits that stay the same for the same key, for the books to remember
  /// which account an index belongs to.
  const std::string& id() const { return id_; }

  /// Error: Invalid `invalid_derivation` from 2^31 on.
  Result<chains::evm::Address> address(std::uint32_t index) const;

 private:
  DepositAddresses(const ExtendedPublicKey& external, std::string id)
      : external_(external), id_(std::move(id)) {}

  ExtendedPublicKey external_;  ///< child 0 of the account: BIP-44's chain of receiving addresses
  std::string id_;
};

}  // namespace settled::wallet
