#include "chains/held_blocks.hpp"

#include <algorithm>
#include <iterator>

namespace settled::chains {

void HeldBlocks::add(std::vector<SeenBlock> blocks, std::uint64_t final_number) {
  std::ranges::move(blocks, std::back_inserter(blocks_));
  if (blocks_.empty()) return;
  // The newest final one stays: it is what a reorganisation is held against.
  const std::uint64_t newest = std::min(final_number, blocks_.back().block.number);
  const auto above = std::ranges::lower_bound(
      blocks_, newest, {}, [](const SeenBlock& block) { return block.block.number; });
  const auto left_out = std::remove_if(
      blocks_.begin(), above, [](const SeenBlock& block) { return block.transfers.empty(); });
  blocks_.erase(left_out, above);
}

std::vector<SeenBlock> HeldBlocks::take() {
  std::vector<SeenBlock> out(std::make_move_iterator(blocks_.begin()),
                             std::make_move_iterator(blocks_.end()));
  blocks_.clear();
  return out;
}

std::vector<SeenBlock> HeldBlocks::take_final(std::uint64_t final_number) {
  const auto above = std::ranges::upper_bound(
      blocks_, final_number, {}, [](const SeenBlock& block) { return block.block.number; });
  std::vector<SeenBlock> out(std::make_move_iterator(blocks_.begin()),
                             std::make_move_iterator(above));
  blocks_.erase(blocks_.begin(), above);
  return out;
}

void HeldBlocks::drop_above(std::uint64_t number) {
  while (!blocks_.empty() && blocks_.back().block.number > number) blocks_.pop_back();
}

}  // namespace settled::chains
