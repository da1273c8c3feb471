#pragma once

#include <vector>

#include "chains/evm/trie.hpp"
#include "chains/proof/header.hpp"
#include "chains/rpc/document.hpp"
#include "chains/rpc/types.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::proof {

/// A block of which every log is known and none was made up, held against its hash alone. What the
/// hash does not cover is the node's word: the transactions' hashes (see README.md).
struct ProvenBlock {
  ProvenHeader header;
  std::vector<rpc::Log> logs;  ///< all of the block, by log index
  evm::ListTrie receipts;
};

/// `block`: the answer to eth_getBlockByHash, with the transactions or their hashes; `receipts`:
/// the answer to eth_getBlockReceipts. Checked cheapest first: the header's hash, what the receipts
/// say of themselves, the blooms, then the receipts' root. Pure. Whether the block is the one that
/// was asked for, and part of the chain, is for the caller, by `header.header.hash`. All Corrupt:
/// those of `prove_header`; `removed_log`; `receipt_count_mismatch`; `receipt_out_of_place`
/// (another block, transaction or order); `log_out_of_place` (another block or transaction than its
/// receipt); `log_index_gap` (they do not count 0, 1, 2, ... through the block: one was left out,
/// added or moved); `receipt_bloom_mismatch`, `header_bloom_mismatch`; `receipts_root_mismatch`;
/// `unsupported_receipt_type`.
Result<ProvenBlock> prove_block(const rpc::Document& block, const rpc::Document& receipts);

/// Whether an error of this folder convicts the node that it came from: no accident, race or lag
/// makes it. Not among them are `bad_answer` and `unsupported_receipt_type`, which a node of
/// another version may tell as well. Pure.
bool convicts(const Error& error);

}  // namespace settled::chains::proof
