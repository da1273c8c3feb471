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
#include "chains/http/task.hpp"
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
  std::optional<BlockRef> head = {};   ///< the newest block that was handed over
  std::uint64_t final_number = 0;      ///< the newest final block that was handed over
  std::uint64_t node_head = 0;         ///< the latest block that a node has told of
  std::optional<Time> confirmed = {};  ///< when `head` was last the node's latest block too
};

/// Follows one EVM chain: hands over its blocks in order, with the transfers that are ours, tells
/// of reorganisations and of finality. It stores nothing and knows no ledger; the caller's
/// callbacks do. A block is handed over only when its parent hash leads to the one before, or,
/// while catching up, when it is final and the cursor's block still belongs to the chain.
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
  http::Task<Next> read_range(Step step);
  http::Task<Next> read_blocks(Step step);
  http::Task<Next> reorganise();
  /// `behind`: as of `final_with`.
  http::Task<Next> hand_over(std::vector<SeenBlock> blocks, bool behind);
  Next lagging(const BlockRef& latest);
  Next refused(const Error& error);
  Next troubled(const Error& error);
  Next halted(const Error& error);
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
  RangeSize range_size_;
  unsigned failures_ = 0;  // in a row
  std::optional<Error> fatal_;
  FollowStatus status_;
};

}  // namespace settled::chains
