#pragma once

#include <cstddef>
#include <cstdint>

#include "chains/evm/address.hpp"
#include "chains/evm/hashes.hpp"
#include "chains/evm/u256.hpp"
#include "chains/proof/block.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::chains::proof {

/// What the bytes of a transfer's proof prove, given that the block is part of its chain.
struct ProvenTransfer {
  evm::BlockHash block;
  std::uint64_t block_number = 0;
  Time block_time = {};
  std::uint64_t tx_index = 0;        ///< within the block
  std::uint64_t log_in_receipt = 0;  ///< within the transaction's logs
  evm::Address token;
  evm::Address from;
  evm::Address to;
  evm::U256 value;  ///< in base units

  friend bool operator==(const ProvenTransfer&, const ProvenTransfer&) = default;
};

/// Larger proofs are neither made nor read. A receipt of some hundred logs fits; without a limit
/// who pays could make us store megabytes for cents.
inline constexpr std::size_t kMaxProofBytes = 131'072;

/// The place of a log among the logs of its transaction. REQUIRES: it is one of `block.logs`.
std::uint32_t log_in_receipt(const ProvenBlock& block, const rpc::Log& log);

/// What all transfers of one transaction share, to be stored once. REQUIRES: the block has that
/// many transactions. Rejected `proof_too_large`.
///
/// Its bytes: RLP of [header, transaction index, [trie nodes from the root to the receipt]], where
/// header and nodes are strings that hold RLP.
Result<Bytes> receipt_proof(const ProvenBlock& block, std::uint32_t tx_index);

/// The proof of one transfer, from what is stored. Corrupt `proof_malformed`.
///
/// Its bytes: 0x01, then RLP of [header, transaction index, index of the log in its receipt,
/// [trie nodes from the root to the receipt]].
Result<Bytes> transfer_proof(BytesView receipt_proof, std::uint32_t log_in_receipt);

/// Reads such bytes and believes nothing: the header's hash, each node's hash, the receipt, the
/// ERC-20 Transfer in it. Uses none of the code that made the proof but the codecs of RLP and
/// Keccak. Pure. The caller compares `block` with a hash that it trusts.
/// All Corrupt: `proof_too_large`, `proof_malformed`, `header_malformed`, those of
/// `evm::verify_trie_proof`, `receipt_malformed`, `transaction_failed`, `log_absent`,
/// `not_a_transfer`.
Result<ProvenTransfer> verify_transfer_proof(BytesView proof);

}  // namespace settled::chains::proof
