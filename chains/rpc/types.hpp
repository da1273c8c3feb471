#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "chains/evm/address.hpp"
#include "chains/evm/bloom.hpp"
#include "chains/evm/hashes.hpp"
#include "chains/evm/keccak.hpp"
#include "chains/evm/receipt.hpp"
#include "chains/evm/u256.hpp"
#include "ledger/types/amount.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::chains::rpc {

using evm::Address;
using evm::BlockHash;
using evm::TxHash;
using evm::U256;

enum class Tag { Latest, Safe, Finalized, Pending };
/// Which block: a tag, a number, or a hash (EIP-1898).
using BlockTag = std::variant<Tag, std::uint64_t, BlockHash>;

struct Header {
  std::uint64_t number = 0;
  BlockHash hash;
  BlockHash parent;
  Time time;  ///< the block's timestamp
  evm::Bloom logs_bloom;
  std::optional<U256> base_fee;  ///< since London (EIP-1559)
};

/// One event as a node told it. A log marked as removed never becomes one of these.
struct Log {
  Address address;
  evm::Topics topics;
  Bytes data;
  BlockHash block_hash;
  std::uint64_t block_number = 0;
  TxHash tx_hash;
  std::uint32_t tx_index = 0;
  std::uint32_t log_index = 0;  ///< within the block

  bool operator==(const Log&) const = default;
};

struct Receipt {
  TxHash tx_hash;
  BlockHash block_hash;
  std::uint64_t block_number = 0;
  bool succeeded = false;
  std::uint64_t gas_used = 0;
  U256 effective_gas_price;
  U256 l1_fee;  ///< what a rollup charged for its data besides; 0 where the chain has none
  std::vector<Log> logs;

  /// What the sender paid for inclusion. Error: Invalid `amount_too_large`.
  Result<uint128> fee() const;
};

/// A transaction as its sender signed it, mined or waiting.
struct Transaction {
  TxHash hash;
  std::optional<std::uint64_t> block_number;  ///< nothing while it waits
  Address from;
  std::optional<Address> to;  ///< nothing where it makes a contract
  U256 value;                 ///< in wei of the chain's own coin
};

/// All that a node tells of a transaction.
struct SeenTransaction {
  Transaction transaction;
  std::optional<Receipt> receipt;  ///< nothing while it waits
};

struct Identity {
  std::uint64_t chain_id = 0;
  /// eth_syncing: blocks that it says it still lacks; UINT64_MAX where it does not say how many,
  /// nothing where it says that it is not syncing.
  std::optional<std::uint64_t> syncing;
};

struct Heads {
  Header latest;
  std::optional<Header> finalized;  ///< nothing where the node does not know the tag
};

struct BlockWithLogs {
  Header header;
  std::vector<Log> logs;  ///< by log index
};

struct LogRange {
  Header last;            ///< of the range's last block
  std::vector<Log> logs;  ///< by block number, then log index
  std::size_t bytes = 0;  ///< of the answer's text
};

struct CallRequest {
  Address from;
  Address to;
  Bytes data;
};

struct Fees {
  U256 base_fee;      ///< of the next block, wei per gas
  U256 priority_fee;  ///< the median of what recent blocks paid, wei per gas
};

}  // namespace settled::chains::rpc
