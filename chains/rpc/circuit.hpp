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
  /// A probe that nothing was heard of for so long was given up by whoever asked.
  static constexpr std::chrono::milliseconds kProbeLasts{15'000};

  /// May a question be sent now?
  bool admits(Time now) const;
  /// A question is sent. While half-open it is the probe.
  void begin(Time now);
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
};

}  // namespace settled::chains::rpc
