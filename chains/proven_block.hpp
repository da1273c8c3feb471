#pragma once

#include <cstdint>
#include <vector>

#include "chains/evm/address.hpp"
#include "chains/evm/keccak.hpp"
#include "chains/http/task.hpp"
#include "chains/rpc/node.hpp"
#include "chains/rpc/types.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains {

/// A block and its logs of `topic0` by `addresses`, of which nothing but the transactions' hashes
/// is the node's word (chains/proof/README.md): one request where the header's bloom excludes such
/// logs, else a second one for all receipts. The header's `base_fee` is not told. Errors: those of
/// rpc::Node, of proof::prove_header and proof::prove_block, and Corrupt `another_block`.
http::Task<Result<rpc::BlockWithLogs>> proven_block(rpc::Node* node, std::uint64_t number,
                                                    std::vector<evm::Address> addresses,
                                                    evm::Hash topic0);

}  // namespace settled::chains
