#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "chains/cursor.hpp"
#include "chains/settings.hpp"

/// What a follower decides, without any I/O. All pure.
namespace settled::chains {

/// What the nodes tell of a chain at one moment.
struct HeadsSeen {
  BlockRef latest;
  std::optional<BlockRef> finalized;  ///< nothing where the node does not know the tag
};

/// The newest final number: by the tag, or by depth below the latest block. Never goes back, and
/// stays where it was when the tag has no answer.
std::uint64_t next_final(const Finality& finality, const HeadsSeen& heads, std::uint64_t before);

/// The final number that may be told together with `blocks`, the next ones after the cursor's head,
/// or none. That a block is final is the word of the node that told `heads`; the blocks may be
/// another node's, on a branch that the first one has left long ago. So by depth counts what lies
/// that deep in the branch itself, and by tag that the branch has the very block that was told.
/// `behind`: the blocks are all that were asked for and end below the final one, which is therefore
/// still to be read; the next ones must link to them. Never goes back.
std::uint64_t final_with(const Finality& finality, const Cursor& cursor, const HeadsSeen& heads,
                         const std::vector<BlockRef>& blocks, bool behind);

/// Nodes that are as far as we are tell a final block below the one that was final. It may be that
/// they learn of finality late; where it stays so, it was none.
bool final_went_back(const Finality& finality, const Cursor& cursor, const HeadsSeen& heads);

enum class Move {
  Wait,        ///< nothing is new
  Lag,         ///< the node is behind us, on the same chain
  Finalize,    ///< only the final number has moved
  Reorganise,  ///< a block of ours is not the chain's
  Range,       ///< read from ..= to, all of them final, by ranges of logs
  Blocks,      ///< read from ..= to block by block
};

struct Step {
  Move move = Move::Wait;
  std::uint64_t from = 0;
  std::uint64_t to = 0;

  friend bool operator==(const Step&, const Step&) = default;
};

/// As many blocks are read one by one at once, and handed over together. A chain that is no
/// further behind is read so even where the blocks are final, since a block's logs are held
/// against its header and a range's are not.
inline constexpr std::uint64_t kBlocksAtOnce = 16;

/// `by_ranges` false: nothing is read by ranges. REQUIRES: `final_number` from `next_final`.
Step decide(const Cursor& cursor, const HeadsSeen& heads, std::uint64_t final_number,
            bool by_ranges);

/// The newest block that both sides have. `canonical` holds the node's blocks in any order.
std::optional<BlockRef> common_ancestor(const std::vector<BlockRef>& recent,
                                        const std::vector<BlockRef>& canonical);

/// How many blocks to ask for at once. A refusal that names a number leads straight to it, another
/// one halves; every few answers in a row double, as far as answers stay small enough. What was
/// refused by number is not tried again for a while.
class RangeSize {
 public:
  static constexpr std::uint64_t kStart = 250;
  static constexpr std::uint64_t kMax = 5'000;
  static constexpr unsigned kSuccessesToGrow = 4;
  static constexpr unsigned kSuccessesToForget = 256;
  /// What an answer should not exceed: it is held whole while it is read.
  static constexpr std::size_t kAnswerBytes = std::size_t{4} << 20;

  std::uint64_t blocks() const { return blocks_; }
  /// A question for `asked` blocks was refused, in words that allow `allowed` (range_limit.hpp).
  /// Nodes count differently, so where that many were refused, one fewer is next; a node whose
  /// words lead nowhere is not followed further. False where nothing is left to halve.
  bool refused(std::uint64_t asked, std::optional<std::uint64_t> allowed);
  /// A question for `asked` blocks was answered in so many bytes.
  void answered(std::uint64_t asked, std::size_t bytes);

 private:
  std::uint64_t blocks_ = kStart;
  std::uint64_t ceiling_ = kMax;
  unsigned successes_ = 0;
  unsigned since_refusal_ = 0;  // answers
  unsigned hints_ = 0;          // followed since the last answer
};

}  // namespace settled::chains
