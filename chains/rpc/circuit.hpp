#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "ledger/types/time.hpp"

namespace settled::chains::rpc {

/// Keeps questions away from a node that fails: closed while it answers; open after a failure, for
/// 100 ms that double with each further one in a row up to 5 s; then half-open: one question alone
/// goes to it, and what becomes of that closes or opens it again. Told the time. Pure.
class Circuit {
 public:
  static constexpr std::chrono::milliseconds kFirstRest{100};
  static constexpr std::chrono::milliseconds kLongestRest{5'000};
  /// A probe that lasts longer holds up the next one no more.
  static constexpr std::chrono::milliseconds kProbeLasts{15'000};

  /// May a question be sent now?
  bool admits(Time now) const;
  /// A question is sent. While half-open it is the probe, and the answer its number, for `over`;
  /// else 0.
  std::uint64_t begin(Time now);
  /// The probe has ended, whatever became of it: also where that says nothing of the node's health
  /// (it is of another chain, it wants to be asked less, its asker gave up). The next may begin.
  void over(std::uint64_t probe);
  void succeeded();
  /// `noise` of 65,536: that share of a quarter is taken off the rest, so that daemons do not come
  /// back all at once.
  void failed(Time now, std::uint16_t noise);

  unsigned failures() const { return failures_; }  ///< in a row
  bool is_closed() const { return failures_ == 0; }

 private:
  unsigned failures_ = 0;
  Time until_ = {};
  std::optional<Time> probe_ = {};  // since when one is under way
  std::uint64_t probes_ = 0;        // so far; the number of the latest
};

}  // namespace settled::chains::rpc
