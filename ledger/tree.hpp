#pragma once

#include <cstdint>
#include <vector>

#include "ledger/log.hpp"
#include "ledger/proof/merkle.hpp"
#include "ledger/store/store.hpp"

namespace settled::ledger {

/// The Merkle tree over the log: leaf `sequence - 1` is record `sequence`. Read from tiles of 256
/// hashes in the table 'N' (the idea of C2SP tlog-tiles) and, where those do not reach, from the
/// log's records, so that any tile may be missing. The reader outlives this. Thread-safe.
///
/// Errors of all: Corrupt `log_record_missing`, `corrupt_log`, or those of the reader.
class LogTree {
 public:
  static constexpr std::uint64_t kTileHashes = 256;

  LogTree(const store::Reader& reader, LogLayout layout) : reader_(reader), layout_(layout) {}

  /// Over the records 1 to `size`. REQUIRES of all: the log has so many.
  Result<Hash256> root(std::uint64_t size) const;
  /// The audit path of record `sequence` in the tree of `size` records.
  Result<std::vector<Hash256>> inclusion(std::uint64_t sequence, std::uint64_t size) const;
  Result<std::vector<Hash256>> consistency(std::uint64_t first, std::uint64_t second) const;
  /// The hash of a record's leaf as a tile has it; nothing where no tile reaches so far.
  Result<std::optional<Hash256>> tiled_leaf(std::uint64_t sequence) const;

  /// Puts the next tiles that the records up to `until` fill into the batch, at most 256 of the
  /// lowest level. Returns whether there are more. To be written before the next call, by one
  /// caller at a time.
  Result<bool> grow(std::uint64_t until, store::Batch& batch) const;

 private:
  Result<std::vector<Hash256>> roots(const std::vector<proof::LeafRange>& ranges) const;
  Result<Hash256> range_root(proof::LeafRange range) const;
  Result<Hash256> subtree_root(std::uint64_t begin, std::uint64_t size) const;
  Result<std::vector<Hash256>> nodes(std::uint8_t level, std::uint64_t first,
                                     std::uint64_t count) const;
  Result<std::vector<Hash256>> leaves(std::uint64_t first, std::uint64_t count) const;
  Result<std::uint64_t> tiles() const;

  const store::Reader& reader_;
  LogLayout layout_;
};

}  // namespace settled::ledger
