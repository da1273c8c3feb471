#pragma once

#include <cstdint>
#include <vector>

#include "chains/evm/hashes.hpp"
#include "ledger/types/time.hpp"

namespace settled::chains {

/// One block of a chain. Two are the same when number and hash are; the time is the header's.
struct BlockRef {
  std::uint64_t number = 0;
  evm::BlockHash hash;
  Time time = {};

  friend bool operator==(const BlockRef& a, const BlockRef& b) {
    return a.number == b.number && a.hash == b.hash;
  }
};

/// How far a chain has been followed. It mirrors what the caller has stored.
struct Cursor {
  /// The newest final block that is known and every block above it, ascending. Never empty. The
  /// first one is the anchor: where no block agrees with the chain any more, finality was violated.
  std::vector<BlockRef> recent;
  std::uint64_t final_number = 0;

  const BlockRef& head() const { return recent.back(); }
  /// Null where the block is not among the recent ones.
  const BlockRef* find(std::uint64_t number) const;

  /// Blocks were handed over: they follow, `told_final` is final as far as the head reaches.
  void advance(const std::vector<BlockRef>& blocks, std::uint64_t told_final);
  /// The blocks above `number` are gone. REQUIRES: `number` is among the recent ones.
  void rewind(std::uint64_t number);

  friend bool operator==(const Cursor&, const Cursor&) = default;
};

}  // namespace settled::chains
