#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "chains/block_batch.hpp"
#include "chains/evm/address.hpp"
#include "chains/evm/keccak.hpp"
#include "chains/http/task.hpp"
#include "chains/rpc/node.hpp"
#include "chains/rpc/types.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::proof {
struct ProvenBlock;
}

namespace settled::chains {

/// A block and those of its logs that were asked for, as the evidence gives them.
struct BlockRead {
  rpc::BlockWithLogs told;
  std::shared_ptr<const proof::ProvenBlock> proven = {};  ///< where `told` has logs and is proven
};

/// A block and its logs of `topic0` by `addresses`, of which nothing but the transactions' hashes
/// is the node's word (chains/proof/README.md): one request where the header's bloom excludes such
/// logs, else a second one for all receipts. The header's `base_fee` is not told. Errors: those of
/// rpc::Node, of proof::prove_header and proof::prove_block, and Corrupt `another_block`.
http::Task<Result<BlockRead>> proven_block(rpc::Node* node, std::uint64_t number,
                                           std::vector<evm::Address> addresses, evm::Hash topic0);

/// Gives a transfer its evidence: what `receipt_proof` makes of its transaction, where that is not
/// too large and no transfer among `before`, those of the same block, carries it already.
/// REQUIRES: `log` is one of `block.logs`, and `transfer` what it tells of.
void add_proof(const proof::ProvenBlock& block, const rpc::Log& log,
               const std::vector<SeenTransfer>& before, SeenTransfer& transfer);

}  // namespace settled::chains
