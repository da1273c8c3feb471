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

bool final_went_back(const Finality& finality, const Cursor& cursor, const HeadsSeen& heads) {
  return finality.by_tag && heads.finalized && heads.finalized->number < cursor.final_number &&
         heads.latest.number >= cursor.head().number;
}

Step decide(const Cursor& cursor, const HeadsSeen& heads, std::uint64_t final_number,
            bool by_ranges) {
  INVARIANT(!cursor.recent.empty());
  const std::uint64_t head = cursor.head().number;
  const std::uint64_t latest = heads.latest.number;
  if (contradicts(cursor, heads.latest)) return {Move::Reorganise};
  if (heads.finalized && contradicts(cursor, *heads.finalized)) return {Move::Reorganise};
  if (latest < head) return {Move::Lag};
  if (latest == head) {
    return {std::min(final_number, head) > cursor.final_number ? Move::Finalize : Move::Wait};
  }
  if (by_ranges && final_number > head && final_number - head > kBlocksAtOnce) {
    return {Move::Range, head + 1, std::min(final_number, latest)};
  }
  return {Move::Blocks, head + 1, latest};
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

bool RangeSize::refused(std::uint64_t asked, std::optional<std::uint64_t> allowed) {
  constexpr unsigned kMostHints = 2;
  successes_ = 0;
  since_refusal_ = 0;
  if (asked <= 1) return false;
  std::uint64_t next = asked / 2;
  const bool follow = allowed && *allowed > 0 && *allowed <= asked && hints_ < kMostHints;
  if (follow) next = *allowed == asked ? asked - 1 : *allowed;
  // Several questions of the same size may be refused one after the other.
  if (next >= blocks_) return true;
  blocks_ = next;
  if (follow) {
    ++hints_;
    ceiling_ = next;
  }
  return true;
}

void RangeSize::answered(std::uint64_t asked, std::size_t bytes) {
  hints_ = 0;
  if (++since_refusal_ >= kSuccessesToForget) ceiling_ = kMax;
  const std::uint64_t fitting =
      bytes == 0 ? kMax : std::max<std::uint64_t>(1, asked * kAnswerBytes / bytes);
  if (bytes > kAnswerBytes) {
    successes_ = 0;
    blocks_ = std::min(blocks_, fitting);
    return;
  }
  if (asked < blocks_ || ++successes_ < kSuccessesToGrow) return;
  successes_ = 0;
  blocks_ = std::max(blocks_, std::min({blocks_ * 2, ceiling_, fitting}));
}

}  // namespace settled::chains
