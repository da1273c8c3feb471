#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "chains/block_batch.hpp"
#include "chains/follow_decisions.hpp"
#include "chains/http/task.hpp"
#include "chains/rpc/pool.hpp"
#include "chains/settings.hpp"
#include "chains/transfers.hpp"

namespace settled::chains {

/// Reads again what one node alone was believed: each final block that was handed over, later and
/// from two nodes, so that at least one of them is another than the first time. Told of what was
/// handed over, and remembers that until it was read again; of what was handed over before a
/// restart it asks the books. Does nothing where a chain has one node, or better evidence than
/// `single`. On the io_context's thread.
class LaterSweep {
 public:
  /// The oldest blocks are let go, and not read again, where so many wait.
  static constexpr std::size_t kMostBlocks = 20'000;
  /// Stretches of blocks that one `sweep` reads at most.
  static constexpr unsigned kStretches = 64;
  /// Nodes that each stretch is read from.
  static constexpr std::size_t kNodes = 2;
  /// Times that `on_missed` is asked for one block, and blocks it is asked for at a time: what is
  /// beyond is told of and not booked.
  static constexpr unsigned kMostTries = 360;
  static constexpr std::size_t kMostMissed = 1'000;

  /// Corrupt `transfers_missed`: the node tells transfers of ours that were not handed over.
  /// Corrupt `transfers_unconfirmed`: it does not tell what was, or tells it otherwise.
  /// Unavailable `missed_not_booked`, of no node: `on_missed` has failed `kMostTries` times.
  /// Corrupt `final_block_differs`: it tells another block than was handed over and is final.
  /// Once for each node and stretch of blocks; again where the stretch is read in smaller ones.
  using OnDifference = std::function<void(const std::string& node, const Error&)>;

  /// Takes the block's payments that were missed into the books; false: not yet, it is asked for
  /// again with a later `sweep`.
  using OnMissed = std::function<http::Task<bool>(std::uint64_t number)>;

  /// What outlives a restart. None is called where the sweep does nothing.
  struct Books {
    /// Up to which block all was read again before, by the newest block that the books have at the
    /// start; that one where nothing is known. An error is told as a difference of no node, and it
    /// is asked for again with each `sweep` until it is known.
    std::function<Result<std::uint64_t>(std::uint64_t head)> swept;
    /// False: a transfer in a block that the books had when `swept` was told should be in them, and
    /// is not. An error is told as a difference of no node, and the stretch is read again later.
    std::function<Result<bool>(std::uint64_t number, const SeenTransfer&)> have;
    /// All up to the block was read again, and booked where it was missed or given up. At most once
    /// with each `sweep`, and only where it has moved. False: not noted, it is told again.
    std::function<bool(std::uint64_t number)> reached;
  };

  /// The references outlive this and `sweep`. `on_missed` is asked where the chain is provable.
  LaterSweep(const ChainSettings& settings, rpc::NodePool& nodes, Wanted wanted,
             OnDifference on_difference, OnMissed on_missed, Books books);

  /// Where the books stand. The first time, it is read again from where the last process ended.
  void starts_after(std::uint64_t head, std::uint64_t final_number);
  /// The blocks are in the books.
  void took(const BlockBatch& batch);
  void rewound(std::uint64_t to);

  /// Reads what is final and was not read again yet, one question at a time, until there is nothing
  /// left, too few nodes answer, or `kStretches` are done. To be awaited every few seconds.
  http::Task<void> sweep();

  /// The next block to be read again; nothing before `starts_after` and while the books do not
  /// tell.
  std::optional<std::uint64_t> next() const { return next_; }
  std::size_t blocks_remembered() const { return handed_.size(); }

 private:
  struct Handed {
    evm::BlockHash hash;
    std::vector<SeenTransfer> transfers;
  };
  struct Stretch {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    std::vector<std::size_t> heard = {};  // nodes by their place in the settings
  };
  enum class Outcome { Done, Smaller, Wait };

  bool has_purpose() const;
  void begin();
  Stretch next_stretch() const;
  http::Task<Outcome> read_stretch();
  Status compare(const std::string& node, const Stretch& stretch, const rpc::LogRange& told);
  http::Task<void> book_missed();
  void note_reached();

  const ChainSettings& settings_;
  rpc::NodePool& nodes_;
  Wanted wanted_;
  OnDifference on_difference_;
  OnMissed on_missed_;
  Books books_;
  std::vector<evm::Address> tokens_;
  std::map<std::uint64_t, Handed> handed_;    // above `next_`, by number
  std::map<std::uint64_t, unsigned> missed_;  // blocks, and how often each was asked for
  std::optional<std::uint64_t> started_after_;
  std::optional<std::uint64_t> next_;
  std::uint64_t reached_ = 0;  // as the books know it
  std::uint64_t before_ = 0;   // what was handed over up to it is not remembered
  std::uint64_t head_ = 0;
  std::uint64_t final_ = 0;
  std::optional<Stretch> stretch_;
  std::size_t turn_ = 0;  // the node to begin with
  RangeSize size_;
};

}  // namespace settled::chains
