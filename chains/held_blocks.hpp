#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "chains/block_batch.hpp"

namespace settled::chains {

/// Blocks that were read and not handed over, because nothing in them is ours and nobody waits for
/// them. In ascending order; what may be left out of a hand-over is left out: blocks below the
/// newest final one that hold no transfer. Pure.
class HeldBlocks {
 public:
  /// No more are held back: who holds them hands them over then. Some 100 bytes each.
  static constexpr std::size_t kMost = 8'192;

  /// They follow those that are held. `final_number`: the newest final block known by now.
  void add(std::vector<SeenBlock> blocks, std::uint64_t final_number);
  /// All of them.
  std::vector<SeenBlock> take();
  /// Those that are final.
  std::vector<SeenBlock> take_final(std::uint64_t final_number);
  /// The blocks above `number` have left the chain.
  void drop_above(std::uint64_t number);
  void clear() { blocks_.clear(); }
  std::size_t size() const { return blocks_.size(); }

 private:
  std::deque<SeenBlock> blocks_;
};

}  // namespace settled::chains
