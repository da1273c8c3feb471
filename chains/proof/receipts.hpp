#pragma once

#include <vector>

#include "chains/evm/hashes.hpp"
#include "chains/evm/receipt.hpp"
#include "chains/rpc/fields.hpp"
#include "chains/rpc/types.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::proof {

/// A receipt of an answer: what the block commits to, and what the node says besides.
struct ToldReceipt {
  evm::Receipt receipt;
  std::vector<rpc::Log> logs;  ///< the same logs as the receipt's
  evm::TxHash tx_hash;
  evm::BlockHash block_hash;
  std::uint64_t block_number = 0;
  std::uint32_t tx_index = 0;
};

/// One receipt of types 0 to 4 or an OP Stack deposit's. Pure; internal to this folder.
/// Corrupt `bad_answer`, `removed_log`, `unsupported_receipt_type`.
Result<ToldReceipt> read_receipt(const rpc::fields::Value& value);

}  // namespace settled::chains::proof
