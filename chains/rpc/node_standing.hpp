#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chains/rpc/circuit.hpp"
#include "chains/rpc/node_score.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::chains::rpc {

enum class NodeState { Ok, Lagging, Throttled, Down, Distrusted };
/// The words of GET /health: "ok", "lagging", "throttled", "down", "distrusted".
std::string_view to_string(NodeState state);

/// What a pool thinks of one of its nodes: whether it may be asked, how soon, and why not. Told the
/// time and the outcome of each question. Pure.
///
/// Three things keep questions away, each for its own time: what the node asked for or is not fit
/// for (`rest`), failures in a row (Circuit), and lies (`convict`, `dissents`): five seconds, and
/// twice as long each further time, up to ten minutes. An answer ends none of them early but the
/// second.
class NodeStanding {
 public:
  bool admits(Time now) const;
  bool is_distrusted(Time now) const;
  /// As of Circuit.
  std::uint64_t begin(Time now) { return circuit_.begin(now); }
  void over(std::uint64_t probe) { circuit_.over(probe); }

  void succeeded(Time now);
  /// `retry_after` counts where it was throttled, `noise` as in Circuit.
  void failed(Time now, const Error& error, std::chrono::milliseconds retry_after,
              std::uint16_t noise);
  /// Another node was asked meanwhile and was sooner.
  void outrun(Time now, std::chrono::milliseconds so_far);
  void took(std::chrono::milliseconds duration) { latencies_.add(duration); }
  /// It is not fit to be asked: of another chain, syncing, with a head that cannot be.
  void set_aside(Time now, NodeState state, const Error& why);
  void lags(std::uint64_t blocks, bool behind);
  /// It has told what is proven false. False where it is set aside for a lie already.
  bool convict(Time now, const Error& error);
  /// It alone told otherwise than so many as must agree. `lies`: of the same block, so that no fork
  /// explains it, and it is set aside. False where that was told already.
  bool dissents(Time now, const Error& error, bool lies);
  /// It told the same as the others again.
  void agrees() { dissent_.clear(); }

  NodeState state() const { return state_; }
  const std::string& reason() const { return reason_; }  ///< a word, empty while it is ok
  std::string detail() const;                            ///< for people
  std::optional<Time> last_success() const { return last_success_; }
  std::uint64_t forgeries() const { return forgeries_; }
  std::uint64_t disagreements() const { return disagreements_; }
  const NodeScore& score() const { return score_; }
  /// When a question that is not answered yet is worth asking another node.
  std::chrono::milliseconds hedge_after() const;

 private:
  void distrust(Time now);
  void note(NodeState state, std::string reason, std::string detail);

  NodeState state_ = NodeState::Down;
  std::string reason_ = "not_asked";
  std::string detail_ = "not asked yet";
  std::string dissent_ = {};
  std::optional<Time> last_success_ = {};
  Circuit circuit_ = {};
  NodeScore score_ = {};
  Latencies latencies_ = {};
  bool behind_ = false;
  Time rest_until_ = {};
  Time distrusted_until_ = {};
  std::uint64_t forgeries_ = 0;
  std::uint64_t disagreements_ = 0;
  std::uint64_t lies_ = 0;  // of both kinds, for which it was set aside
};

}  // namespace settled::chains::rpc
