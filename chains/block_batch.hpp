#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chains/cursor.hpp"
#include "chains/evm/address.hpp"
#include "chains/evm/hashes.hpp"
#include "chains/settings.hpp"
#include "ledger/types/amount.hpp"
#include "ledger/types/bytes.hpp"

namespace settled::chains {

/// A token's Transfer event that is ours. Identity: chain, transaction hash, log index.
struct SeenTransfer {
  const TokenSettings* token = nullptr;  ///< in the follower's settings, lives as long as those
  evm::TxHash tx_hash;
  std::uint32_t log_index = 0;
  evm::Address from;
  evm::Address to;
  uint128 base_units = 0;  ///< fits an Amount at the token's decimals
  Evidence evidence = Evidence::Single;
  /// Its place among its transaction's logs, where those are proven by `receipt_proof`; nothing
  /// where that would be too large to be stored.
  std::optional<std::uint32_t> log_in_receipt = {};
  /// `proof::receipt_proof`; with the first of a transaction's transfers alone.
  Bytes receipt_proof = {};
};

struct SeenBlock {
  BlockRef block;
  evm::BlockHash parent;
  std::vector<SeenTransfer> transfers;  ///< by log index
};

/// What the follower hands over at once: blocks in ascending order, each of which follows the one
/// before it, except for gaps below `final_number` where no transfer of ours is.
struct BlockBatch {
  std::string chain;
  std::uint64_t final_number = 0;  ///< may be above the last block; only grows
  std::vector<SeenBlock> blocks;   ///< empty where only the final block has moved
};

}  // namespace settled::chains
