#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "chains/evm/address.hpp"
#include "chains/evm/hashes.hpp"
#include "chains/evm/keccak.hpp"
#include "chains/evm/signature.hpp"
#include "chains/evm/u256.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::evm {

/// The values are the type bytes of EIP-2718; a legacy transaction carries none.
enum class TransactionKind : std::uint8_t {
  Legacy = 0,
  AccessList = 1,  ///< EIP-2930
  DynamicFee = 2,  ///< EIP-1559
};

/// Storage of one account that the transaction announces (EIP-2930).
struct AccessListEntry {
  Address address;
  std::vector<Hash> storage_keys;

  friend bool operator==(const AccessListEntry&, const AccessListEntry&) = default;
};

/// What is signed. Gas prices and fees are in wei for each unit of gas.
struct Transaction {
  TransactionKind kind = TransactionKind::DynamicFee;
  /// Absent only in a legacy transaction that every chain accepts, from before EIP-155.
  std::optional<std::uint64_t> chain_id;
  std::uint64_t nonce = 0;
  std::uint64_t gas_limit = 0;
  U256 gas_price;                 ///< Legacy and AccessList
  U256 max_priority_fee_per_gas;  ///< DynamicFee
  U256 max_fee_per_gas;           ///< DynamicFee
  std::optional<Address> to;      ///< absent: creates a contract
  U256 value;                     ///< wei
  Bytes data;
  std::vector<AccessListEntry> access_list;  ///< AccessList and DynamicFee

  friend bool operator==(const Transaction&, const Transaction&) = default;
};

struct SignedTransaction {
  Transaction transaction;
  Signature signature;

  friend bool operator==(const SignedTransaction&, const SignedTransaction&) = default;
};

/// A legacy transaction's `v` holds twice the chain id, plus 36, in 64 bits.
inline constexpr std::uint64_t kMaxLegacyChainId = (UINT64_MAX - 36) / 2;

/// The bytes whose Keccak-256 is signed. REQUIRES of all that encode: a typed transaction has a
/// chain id; a legacy one has none, or one from 1 to `kMaxLegacyChainId`.
Bytes signing_payload(const Transaction& transaction);
Hash signing_digest(const Transaction& transaction);
/// The bytes that `eth_sendRawTransaction` takes.
Bytes encode_signed(const Transaction& transaction, const Signature& signature);

/// The inverse: whatever it accepts encodes to the same bytes. Refuses what no fork accepts: RLP
/// that is not canonical, fields too large, a nonce of 2^64-1 (EIP-2681), a priority fee above the
/// maximal fee, a gas limit times price beyond 256 bits, a `v` of no meaning. Not judged: intrinsic
/// gas, size of init code, whether the chain is ours, and the signature, which `sender` checks.
/// Errors: Invalid `invalid_rlp`, `invalid_transaction`, `invalid_signature`,
/// `unsupported_transaction_type`.
Result<SignedTransaction> decode_signed(BytesView raw);

/// Of the signed bytes as broadcast.
TxHash hash_of(BytesView raw);

/// Who signed. Error: Invalid `invalid_signature`, see `recover`.
Result<Address> sender(const SignedTransaction& signed_transaction);

}  // namespace settled::chains::evm
