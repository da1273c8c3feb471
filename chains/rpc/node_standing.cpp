#include "chains/rpc/node_standing.hpp"

#include <algorithm>
#include <utility>

namespace settled::chains::rpc {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLagRest{100};
constexpr milliseconds kUnfitRest{5'000};
constexpr milliseconds kPrunedRest{60'000};
constexpr milliseconds kLongestRest{600'000};
constexpr milliseconds kFirstDistrust{5'000};
constexpr milliseconds kLongestDistrust{600'000};
constexpr milliseconds kSoonestHedge{100};
constexpr milliseconds kUnknownHedge{1'000};

/// A clock that was set back must not keep a node away for long.
bool lasts(Time now, Time until, milliseconds longest) {
  return now < until && until - now <= longest;
}

}  // namespace

std::string_view to_string(NodeState state) {
  switch (state) {
    case NodeState::Ok:
      return "ok";
    case NodeState::Lagging:
      return "lagging";
    case NodeState::Throttled:
      return "throttled";
    case NodeState::Down:
      return "down";
    case NodeState::Distrusted:
      return "distrusted";
  }
  std::unreachable();
}

bool NodeStanding::admits(Time now) const {
  return !lasts(now, rest_until_, kLongestRest) && !is_distrusted(now) && circuit_.admits(now);
}

bool NodeStanding::is_distrusted(Time now) const {
  return lasts(now, distrusted_until_, kLongestDistrust);
}

void NodeStanding::succeeded(Time now) {
  score_.succeeded(now);
  circuit_.succeeded();
  if (is_distrusted(now) || lasts(now, rest_until_, kLongestRest)) return;
  last_success_ = now;
  if (behind_) {
    note(NodeState::Lagging, "lagging", "its latest block is behind the other nodes'");
  } else {
    note(NodeState::Ok, "", "");
  }
}

void NodeStanding::failed(Time now, const Error& error, milliseconds retry_after,
                          std::uint16_t noise) {
  if (is_distrusted(now)) return;
  if (error.reason == "throttled") {
    // Its pace, not its fault: nothing is held against it but the time it asked for.
    note(NodeState::Throttled, error.reason, error.detail);
    rest_until_ = now + std::min(retry_after, kLongestRest);
    return;
  }
  score_.failed(now);
  if (error.reason == "lagging_backend") {
    note(NodeState::Lagging, error.reason, error.detail);
    rest_until_ = std::max(rest_until_, now + kLagRest);
  } else if (error.reason == "pruned") {
    note(NodeState::Distrusted, error.reason, error.detail);
    rest_until_ = now + kPrunedRest;
  } else {
    note(NodeState::Down, error.reason, error.detail);
    circuit_.failed(now, noise);
  }
}

void NodeStanding::outrun(Time now, milliseconds so_far) {
  latencies_.add(so_far);
  score_.failed(now);
}

void NodeStanding::set_aside(Time now, NodeState state, const Error& why) {
  if (is_distrusted(now)) return;
  note(state, why.reason, why.detail);
  rest_until_ = now + kUnfitRest;
}

void NodeStanding::lags(std::uint64_t blocks, bool behind) {
  score_.lags(blocks);
  behind_ = behind;
}

bool NodeStanding::convict(Time now, const Error& error) {
  if (is_distrusted(now)) return false;  // several questions were under way
  ++forgeries_;
  distrust(now);
  note(NodeState::Distrusted, error.reason, error.detail);
  return true;
}

bool NodeStanding::dissents(Time now, const Error& error, bool lies) {
  if (is_distrusted(now)) return false;
  const bool news = dissent_.empty();
  ++disagreements_;
  score_.disagreed(now);
  dissent_ = error.detail;
  if (!lies) return news;
  distrust(now);
  note(NodeState::Distrusted, error.reason, error.detail);
  return true;
}

std::string NodeStanding::detail() const {
  std::string out = state_ == NodeState::Ok || reason_ == "lagging" || reason_ == "not_asked"
                        ? detail_
                        : reason_ + ": " + detail_;
  if (!dissent_.empty() && dissent_ != detail_) {
    out += (out.empty() ? "nodes_disagree: " : "; nodes_disagree: ") + dissent_;
  }
  return out;
}

milliseconds NodeStanding::hedge_after() const {
  const auto p95 = latencies_.p95();
  return p95 ? std::max(*p95, kSoonestHedge) : kUnknownHedge;
}

void NodeStanding::distrust(Time now) {
  const auto doublings = std::min<std::uint64_t>(lies_, 7);
  ++lies_;
  distrusted_until_ = now + std::min(kFirstDistrust * (1 << doublings), kLongestDistrust);
}

void NodeStanding::note(NodeState state, std::string reason, std::string detail) {
  state_ = state;
  reason_ = std::move(reason);
  detail_ = std::move(detail);
}

}  // namespace settled::chains::rpc
