#include "chains/follow_decisions.hpp"

#include <algorithm>

#include "ledger/types/result.hpp"

namespace settled::chains {
namespace {

/// A block of the chain that contradicts ours of the same number.
bool contradicts(const Cursor& cursor, const BlockRef& block) {
  const BlockRef* ours = cursor.find(block.number);
  return ours != nullptr && *ours != block;
}

}  // namespace

std::uint64_t next_final(const Finality& finality, const HeadsSeen& heads, std::uint64_t before) {
  if (finality.by_tag) {
    return heads.finalized ? std::max(before, heads.finalized->number) : before;
  }
  const std::uint64_t latest = heads.latest.number;
  return std::max(before, latest > finality.depth ? latest - finality.depth : 0);
}

std::uint64_t final_with(const Finality& finality, const Cursor& cursor, const HeadsSeen& heads,
                         const std::vector<BlockRef>& blocks, bool behind) {
  const std::uint64_t before = cursor.final_number;
  const BlockRef& end = blocks.empty() ? cursor.head() : blocks.back();
  if (behind) return std::max(before, std::min(next_final(finality, heads, before), end.number));
  if (!finality.by_tag) {
    return std::max(before, end.number > finality.depth ? end.number - finality.depth : 0);
  }
  if (!heads.finalized) return before;
  const BlockRef* known = cursor.find(heads.finalized->number);
  const auto among = std::ranges::find(blocks, heads.finalized->number, &BlockRef::number);
  if (among != blocks.end()) known = &*among;
  return known != nullptr && *known == *heads.finalized ? std::max(before, heads.finalized->number)
                                                        : before;
}

Step decide(const Cursor& cursor, const HeadsSeen& heads, std::uint64_t final_number,
            std::uint64_t range_size) {
  INVARIANT(!cursor.recent.empty());
  const std::uint64_t head = cursor.head().number;
  const std::uint64_t latest = heads.latest.number;
  if (contradicts(cursor, heads.latest)) return {Move::Reorganise};
  if (heads.finalized && contradicts(cursor, *heads.finalized)) return {Move::Reorganise};
  if (latest < head) return {Move::Lag};
  if (latest == head) {
    return {std::min(final_number, head) > cursor.final_number ? Move::Finalize : Move::Wait};
  }
  if (range_size > 0 && final_number > head && final_number - head > kBlocksAtOnce) {
    return {Move::Range, head + 1, std::min(head + range_size, final_number)};
  }
  return {Move::Blocks, head + 1, std::min(head + kBlocksAtOnce, latest)};
}

std::optional<BlockRef> common_ancestor(const std::vector<BlockRef>& recent,
                                        const std::vector<BlockRef>& canonical) {
  std::optional<BlockRef> newest;
  for (const BlockRef& block : recent) {
    if (newest && block.number <= newest->number) continue;
    if (std::ranges::find(canonical, block) != canonical.end()) newest = block;
  }
  return newest;
}

bool RangeSize::refused() {
  successes_ = 0;
  if (blocks_ == 1) return false;
  blocks_ /= 2;
  return true;
}

void RangeSize::succeeded() {
  if (++successes_ < kSuccessesToGrow) return;
  successes_ = 0;
  blocks_ = std::min(blocks_ * 2, kMax);
}

}  // namespace settled::chains
