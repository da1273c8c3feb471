#include "ledger/tree.hpp"

#include <algorithm>
#include <bit>
#include <map>

#include "ledger/keys.hpp"

namespace settled::ledger {
namespace {

constexpr std::uint64_t kTile = LogTree::kTileHashes;
constexpr unsigned kTileBits = 8;
constexpr std::uint64_t kTilesInBatch = 256;

std::vector<Hash256> hashes_at(std::string_view row, std::uint64_t at, std::uint64_t count) {
  std::vector<Hash256> out;
  out.reserve(count);
  for (std::uint64_t i = at; i < at + count; ++i) {
    out.push_back(fixed_from<Hash256>(row.substr(i * Hash256::kSize, Hash256::kSize)));
  }
  return out;
}

/// The rows above the lowest level while tiles are added. They are rewritten as they fill, so that
/// no reader has to hash a whole level again.
class UpperRows {
 public:
  explicit UpperRows(const store::Reader& reader) : reader_(reader) {}

  /// Adds the root of the lowest level's tile `tile`. `rebuild(level, first, count, row)` makes the
  /// beginning of a row that the store does not have as it should.
  template <typename Rebuild>
  Status add(std::uint64_t tile, Hash256 root, Rebuild rebuild) {
    for (std::uint8_t level = 1;; ++level) {
      const std::uint64_t at = tile % kTile;
      std::string& row = rows_[{level, tile / kTile}];
      if (row.empty() && at != 0) {
        TRY(auto stored, reader_.get(keys::tree(level, tile / kTile)));
        if (stored) row = *std::move(stored);
      }
      if (row.size() < at * Hash256::kSize) TRY_OK(rebuild(level, tile - at, at, row));
      row.resize(at * Hash256::kSize);
      row.append(root.raw());
      if (at + 1 != kTile) return {};
      root = proof::tree_root(hashes_at(row, 0, kTile));
      tile /= kTile;
    }
  }

  void put_into(store::Batch& batch) const {
    for (const auto& [place, row] : rows_) batch.put(keys::tree(place.first, place.second), row);
  }

 private:
  const store::Reader& reader_;
  std::map<std::pair<std::uint8_t, std::uint64_t>, std::string> rows_;
};

}  // namespace

Result<Hash256> LogTree::root(std::uint64_t size) const {
  if (size == 0) return proof::tree_root({});
  return range_root({0, size});
}

Result<std::vector<Hash256>> LogTree::inclusion(std::uint64_t sequence, std::uint64_t size) const {
  return roots(proof::inclusion_ranges(sequence - 1, size));
}

Result<std::vector<Hash256>> LogTree::consistency(std::uint64_t first, std::uint64_t second) const {
  return roots(proof::consistency_ranges(first, second));
}

Result<std::optional<Hash256>> LogTree::tiled_leaf(std::uint64_t sequence) const {
  const std::uint64_t leaf = sequence - 1;
  TRY(const auto row, reader_.get(keys::tree(0, leaf / kTile)));
  if (!row || row->size() != kTile * Hash256::kSize) return std::nullopt;
  return hashes_at(*row, leaf % kTile, 1).front();
}

Result<std::vector<Hash256>> LogTree::roots(const std::vector<proof::LeafRange>& ranges) const {
  std::vector<Hash256> out;
  out.reserve(ranges.size());
  for (const proof::LeafRange& range : ranges) {
    TRY(out.emplace_back(), range_root(range));
  }
  return out;
}

/// A range begins where a subtree of at least its size begins: it is whole subtrees, each smaller
/// than the one before.
Result<Hash256> LogTree::range_root(proof::LeafRange range) const {
  std::vector<Hash256> peaks;
  while (range.begin != range.end) {
    const std::uint64_t size = std::bit_floor(range.end - range.begin);
    TRY(peaks.emplace_back(), subtree_root(range.begin, size));
    range.begin += size;
  }
  Hash256 root = peaks.back();
  for (std::size_t i = peaks.size() - 1; i > 0; --i) root = proof::node_hash(peaks[i - 1], root);
  return root;
}

/// REQUIRES: `size` is a power of two and `begin` a multiple of it.
Result<Hash256> LogTree::subtree_root(std::uint64_t begin, std::uint64_t size) const {
  const unsigned bits = static_cast<unsigned>(std::countr_zero(size));
  const auto level = static_cast<std::uint8_t>(bits / kTileBits);
  const unsigned width = level * kTileBits;
  TRY(const auto hashes, nodes(level, begin >> width, size >> width));
  return proof::tree_root(hashes);
}

/// Nodes over 256^level leaves each, all of one tile. It goes down a level where the tile does not
/// reach: at most eight.
// NOLINTNEXTLINE(misc-no-recursion)
Result<std::vector<Hash256>> LogTree::nodes(std::uint8_t level, std::uint64_t first,
                                            std::uint64_t count) const {
  TRY(const auto row, reader_.get(keys::tree(level, first / kTile)));
  const std::uint64_t at = first % kTile;
  if (row && row->size() >= (at + count) * Hash256::kSize) return hashes_at(*row, at, count);
  if (level == 0) return leaves(first, count);
  std::vector<Hash256> out;
  out.reserve(count);
  for (std::uint64_t node = first; node < first + count; ++node) {
    TRY(const auto below, nodes(static_cast<std::uint8_t>(level - 1), node * kTile, kTile));
    out.push_back(proof::tree_root(below));
  }
  return out;
}

Result<std::vector<Hash256>> LogTree::leaves(std::uint64_t first, std::uint64_t count) const {
  std::vector<Hash256> out;
  out.reserve(count);
  Status parsed;
  TRY_OK(reader_.scan(keys::log(first + 1), keys::log(first + count + 1),
                      [&](std::string_view key, std::string_view value) {
                        const std::uint64_t sequence = first + out.size() + 1;
                        const auto place = keys::last_u64(key, 1);
                        if (!place || *place != sequence) return false;
                        const auto record = LogRecord::parse(value, layout_.is_format_1(sequence));
                        if (!record) parsed = std::unexpected(record.error());
                        if (!record) return false;
                        out.push_back(proof::leaf_hash(record->leaf(sequence).bytes()));
                        return true;
                      }));
  TRY_OK(parsed);
  if (out.size() != count) {
    return fail(Errc::Corrupt, "log_record_missing",
                "log record " + std::to_string(first + out.size() + 1) + " is missing");
  }
  return out;
}

Result<std::uint64_t> LogTree::tiles() const {
  Result<std::uint64_t> last = 0;
  bool any = false;
  TRY_OK(reader_.scan_reverse(keys::tree(0, 0), keys::tree(1, 0),
                              [&](std::string_view key, std::string_view) {
                                last = keys::last_u64(key, 2);
                                any = true;
                                return false;
                              }));
  TRY(const std::uint64_t tile, last);
  return any ? tile + 1 : 0;
}

Result<bool> LogTree::grow(std::uint64_t until, store::Batch& batch) const {
  TRY(const std::uint64_t begin, tiles());
  const std::uint64_t end = std::min(begin + kTilesInBatch, until / kTile);
  UpperRows upper(reader_);
  for (std::uint64_t tile = begin; tile < end; ++tile) {
    TRY(const auto hashes, leaves(tile * kTile, kTile));
    std::string row;
    row.reserve(kTile * Hash256::kSize);
    for (const Hash256& hash : hashes) row.append(hash.raw());
    batch.put(keys::tree(0, tile), std::move(row));
    const auto rebuild = [this](std::uint8_t level, std::uint64_t first, std::uint64_t count,
                                std::string& out) -> Status {
      TRY(const auto known, nodes(level, first, count));
      out.clear();
      for (const Hash256& hash : known) out.append(hash.raw());
      return {};
    };
    TRY_OK(upper.add(tile, proof::tree_root(hashes), rebuild));
  }
  upper.put_into(batch);
  return end < until / kTile;
}

}  // namespace settled::ledger
