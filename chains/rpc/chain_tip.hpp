#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chains/rpc/types.hpp"
#include "ledger/types/time.hpp"

namespace settled::chains::rpc {

/// The lower edge of the largest set of heads that lie within `delta` blocks of one another, and
/// how many they are. Of sets of one size the highest, or the lowest if `cautious`. REQUIRES: a
/// head. Pure.
struct Cluster {
  std::uint64_t lowest = 0;
  std::uint64_t highest = 0;
  std::size_t size = 0;

  friend bool operator==(const Cluster&, const Cluster&) = default;
};
Cluster largest_cluster(std::vector<std::uint64_t> heads, std::uint64_t delta, bool cautious);

/// Where a chain is, of what several nodes say, none of which is trusted. Told the time. Pure.
///
/// **Tip**: the lower edge of the largest cluster of heads; with `needed` nodes what so many of the
/// cluster have reached. It never goes back. Of clusters of one size the highest counts, so
/// that a node that stands still holds nothing up. What keeps one that lies from leading is how
/// fast a chain can grow: a head above the tip by more than 10,000 blocks and 100 for each second
/// since the tip last grew is implausible, and counts for nothing. Before there is a tip, of
/// clusters of one size the lowest counts: two nodes that differ wildly start at the lower head,
/// and the higher one is believed once so much time has passed without the lower one growing.
///
/// **Final block**: what more than half of the cluster's nodes call final, and at least `needed` of
/// them. A lower one than before is not believed, and there is none to go by then, for 15 s: what
/// was called final may have been the lie, and must not hold up what is true for ever. So whoever
/// has acted on a final block remembers it. A node whose own final block goes back while its head
/// does not is told of.
class ChainTip {
 public:
  static constexpr std::uint64_t kJump = 10'000;
  static constexpr std::uint64_t kBlocksPerSecond = 100;
  /// What a node said longer ago does not count.
  static constexpr std::chrono::milliseconds kStale{15'000};

  struct Rules {
    std::uint64_t delta = 5;
    std::size_t needed = 1;  ///< 1: whoever answers; more: a quorum
  };
  enum class Verdict { Fits, Behind, Implausible };
  struct Heard {
    Verdict verdict = Verdict::Fits;
    std::uint64_t behind = 0;  ///< blocks below the tip
    /// The node called this block final before, and calls a lower one so now.
    std::optional<std::uint64_t> final_before = std::nullopt;
  };

  ChainTip(std::size_t nodes, Rules rules) : rules_(rules), claims_(nodes) {}

  /// A node told its heads at `now`.
  Heard hear(std::size_t node, const Heads& heads, Time now);
  /// It failed, or is set aside: what it said does not count any more.
  void forget(std::size_t node) { claims_[node].reset(); }

  /// The heads to go by: the lowest head of the cluster that reaches the tip, as a node told it
  /// since `round`, and the final block. Where no node of the cluster reaches the tip, the highest
  /// head that there is: whether that is lag or a shorter fork only the blocks can tell.
  /// Unavailable `no_quorum` where fewer than `needed` nodes count, with what each says.
  Result<Heads> heads(Time round, Time now, const std::vector<std::string>& names);

  /// 0 before the first.
  std::uint64_t number() const { return tip_.value_or(0); }
  /// Is the node at the tip, or near it?
  bool is_behind(std::size_t node) const;
  std::optional<std::uint64_t> head_of(std::size_t node) const;

 private:
  struct Claim {
    Heads heads;
    Time at;
  };

  std::uint64_t highest_plausible(Time now) const;
  std::vector<const Claim*> voters(Time now) const;
  std::uint64_t edge_of(const std::vector<const Claim*>& voters, const Cluster& cluster,
                        Time round) const;
  std::optional<Header> settle_final(const std::vector<const Claim*>& cluster, Time now);

  Rules rules_;
  std::vector<std::optional<Claim>> claims_;
  std::optional<std::uint64_t> tip_;
  Time grown_ = {};
  std::optional<Header> final_;
  Time final_at_ = {};  // when so many nodes called that or a later block final
};

}  // namespace settled::chains::rpc
