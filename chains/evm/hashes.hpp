#pragma once

#include "ledger/types/bytes.hpp"

namespace settled::chains::evm {

/// Keccak-256 of a transaction's signed bytes: what explorers and nodes call the transaction by.
using TxHash = FixedBytes<32, struct TxHashTag>;
/// Keccak-256 of a block header's RLP.
using BlockHash = FixedBytes<32, struct BlockHashTag>;

}  // namespace settled::chains::evm
