#pragma once

#include <cstddef>
#include <cstdint>

#include "chains/evm/bloom.hpp"
#include "chains/evm/hashes.hpp"
#include "chains/evm/keccak.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::evm {

/// What is used of a block's header. Its first fifteen fields are the same on every EVM chain.
struct BlockHeader {
  BlockHash hash;  ///< Keccak-256 of the encoded header
  BlockHash parent;
  Hash transactions_root;
  Hash receipts_root;
  Bloom logs_bloom;
  std::uint64_t number = 0;
  std::uint64_t gas_used = 0;
  std::uint64_t timestamp = 0;  ///< in seconds since 1970

  friend bool operator==(const BlockHeader&, const BlockHeader&) = default;
};

/// More than any fork has brought yet.
inline constexpr std::size_t kMaxHeaderFields = 40;
/// Clique-like headers carry their validators; no chain's are near this.
inline constexpr std::size_t kMaxHeaderBytes = 65'536;

/// Reads a header of any fork (yellow paper, section 4.3): its first fifteen fields by their types,
/// and whatever forks have appended as strings, since those are covered by the hash and nothing
/// here uses them. Errors: Invalid `invalid_rlp`, `invalid_header`.
Result<BlockHeader> decode_header(BytesView encoded);

}  // namespace settled::chains::evm
