#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "chains/block_batch.hpp"
#include "chains/chain_reader.hpp"
#include "chains/cursor.hpp"
#include "chains/follow_decisions.hpp"
#include "chains/held_blocks.hpp"
#include "chains/http/task.hpp"
#include "chains/read_ahead.hpp"
#include "chains/rpc/pool.hpp"
#include "chains/settings.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::chains {

enum class FollowState {
  NoNode,      ///< no node answers; also before the first answer
  CatchingUp,  ///< more blocks are waiting than fit into one hand-over
  Following,   ///< at the head, or on the way to a block or two
  Halted,      ///< nothing is handed over until the reason is gone: see `reason`
};
/// "no_node", "catching_up", "following", "halted".
std::string_view to_string(FollowState state);

/// What health tells of a chain.
struct FollowStatus {
  FollowState state = FollowState::NoNode;
  /// Why it is not following, as an Error's reason: `finality_violation`, `token_mismatch`, ...
  std::string reason = {};
  std::string detail = {};             ///< the latest trouble in words; empty when there is none
  std::optional<BlockRef> head = {};   ///< the newest block that was read and checked
  std::uint64_t final_number = 0;      ///< the newest final one of those
  std::uint64_t node_head = 0;         ///< the latest block that a node has told of
  std::optional<Time> confirmed = {};  ///< when `head` was last the node's latest block too
  bool recognised = false;             ///< since the start the nodes' chain was found to be ours
  /// How often, since the start, a final block turned out not to be final.
  std::uint64_t finality_violations = 0;
};

/// Follows one EVM chain: hands over its blocks in order, with the transfers that are ours, tells
/// of reorganisations and of finality. It stores nothing and knows no ledger; the caller's
/// callbacks do. A block is handed over only when its parent hash leads to the one before, or,
/// while catching up, when it is final and the block before its range is the one before it.
/// On the io_context's thread.
class Follower {
 public:
  struct Callbacks {
    /// Is a transfer between these two ours? Called for every transfer of every token: be fast.
    std::function<bool(const evm::Address& from, const evm::Address& to)> wanted;
    /// Resumes after the commit. Errors: Conflict `parent_mismatch`, `block_not_next`: the cursor
    /// is loaded again; Unavailable, Timeout: tried again later; Corrupt `store_poisoned`: `run`
    /// ends; everything else halts the chain, and is tried again later.
    std::function<http::Task<Status>(BlockBatch batch)> on_blocks;
    /// The blocks above `to` have left the chain. Errors as above, and Conflict
    /// `finality_violation`.
    std::function<http::Task<Status>(BlockRef to)> on_rewind;
    /// Where to go on, from the caller's store. Errors as of `on_blocks`.
    std::function<http::Task<Result<Cursor>>()> load;
    /// Does anything in the caller's store wait for the chain to have come so far? Asked for blocks
    /// in which nothing is wanted: where nothing waits they are held back, so that an empty block
    /// costs the store nothing. At the latest after a minute the final ones are handed over, and
    /// all after HeldBlocks::kMost; after a restart they are read again. Empty: each block is
    /// handed over at once.
    std::function<bool(std::uint64_t head, std::uint64_t final_number)> due = {};
    /// Told when the chain halts, or halts for another reason, and when it goes on.
    std::function<void(const FollowStatus& status)> on_halt = {};
  };

  /// The references must outlive the follower and `run`.
  Follower(const boost::asio::any_io_executor& executor, ChainSettings settings,
           rpc::NodePool& nodes, const Clock& clock, Callbacks callbacks);
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  /// Checks the settings against the chain. Rejected `token_mismatch`: a token's contract is not
  /// there or tells other decimals or another symbol than the settings; errors of the node pool.
  http::Task<Status> check();

  /// Checks, loads the cursor and follows, for ever. Whatever fails is tried again with growing
  /// pauses and told by `status`. Ends with Corrupt `store_poisoned` alone; cancelled, it throws
  /// operation_aborted as every Asio operation does.
  http::Task<Status> run();

  /// Looks at the chain now instead of at the end of the poll interval.
  void wake();

  const FollowStatus& status() const { return status_; }
  const ChainSettings& settings() const { return settings_; }
  /// The nodes' latest and finalized block, and the newest final number by this chain's policy.
  ChainReader& reader() { return reader_; }

 private:
  /// What comes after one turn of the loop.
  enum class Next { Now, Later, AfterPause, Never };

  http::Task<Next> turn();
  http::Task<Next> prepare();
  http::Task<Next> take(Step step, BlockRef latest);
  http::Task<Next> finalize();
  http::Task<Next> catch_up(Step step, BlockRef latest);
  http::Task<Next> reorganise();
  /// `behind`: as of `final_with`.
  http::Task<Next> hand_over(std::vector<SeenBlock> blocks, bool behind);
  bool is_due(bool wanted) const;
  bool is_held_long() const;
  Next lagging(const BlockRef& latest);
  Next refused(const Error& error);
  Next troubled(const Error& error);
  Next halted(const Error& error);
  bool finality_is_back(const HeadsSeen& heads);
  void settle(const BlockRef& latest);
  http::Task<void> pause(std::chrono::milliseconds duration);
  std::chrono::milliseconds backoff() const;

  const ChainSettings settings_;
  const Clock& clock_;
  Callbacks callbacks_;
  ChainReader reader_;
  boost::asio::steady_timer timer_;
  bool woken_ = false;

  bool checked_ = false;
  std::optional<Cursor> cursor_;  // empty: to be loaded
  HeadsSeen heads_;               // of this turn
  std::uint64_t told_final_ = 0;
  ReadAhead ahead_;
  HeldBlocks held_;           // between the caller's head and the cursor's
  std::uint64_t handed_ = 0;  // the caller's head
  std::uint64_t handed_final_ = 0;
  Time handed_at_;
  std::optional<Time> final_went_back_;
  unsigned failures_ = 0;  // in a row
  std::optional<Error> fatal_;
  FollowStatus status_;
};

}  // namespace settled::chains
