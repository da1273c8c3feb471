#include "chains/rpc/pool.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>

namespace settled::chains::rpc {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMinRest{100};
constexpr milliseconds kMaxRest{5'000};
constexpr milliseconds kMaxThrottled{600'000};
constexpr milliseconds kAskAgain{10'000};
constexpr milliseconds kMinDistrust{5'000};
constexpr milliseconds kMaxDistrust{600'000};

// The lower, the more a caller learns from it.
int rank(const Result<TxHash>& outcome) {
  if (outcome) return 0;
  return outcome.error().code == Errc::Rejected ? 1 : 2;
}

bool is_our_own(const Error& error) {
  return error.reason == "shut_down" || error.reason == "overloaded";
}

bool another_may_know(Errc code) {
  switch (code) {
    case Errc::Unavailable:
    case Errc::Timeout:
    case Errc::Corrupt:
    case Errc::NotFound:
      return true;
    case Errc::Invalid:
    case Errc::Conflict:
    case Errc::Rejected:
    case Errc::Internal:
      return false;
  }
  std::unreachable();
}

/// An answer that may be about the question or about the node: another node is asked, and neither
/// is held against this one.
bool is_unclear(const Error& error) {
  return error.reason == "rpc_error" || error.reason == "method_not_found";
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

struct NodePool::Member {
  Member(http::Transport& transport, Node::Settings settings)
      : node(transport, std::move(settings)) {}

  Node node;
  NodeState state = NodeState::Down;
  std::string detail = "not asked yet";
  std::optional<Time> last_success;
  Time rest_until;
  unsigned failures = 0;  // in a row
  bool verified = false;  // its chain id is right; asked again after it was down
  bool behind = false;
  std::uint64_t forgeries = 0;
  Time distrusted_until;
};

NodePool::NodePool(http::Transport& transport, const Clock& clock, Random& random,
                   Settings settings)
    : clock_(clock), random_(random), settings_(std::move(settings)) {
  INVARIANT(!settings_.nodes.empty());
  for (const Node::Settings& node : settings_.nodes) {
    members_.push_back(std::make_unique<Member>(transport, node));
  }
}

NodePool::~NodePool() = default;

Task<Status> NodePool::start() {
  std::vector<Member*> all;
  for (const auto& member : members_) all.push_back(member.get());
  co_await for_each(std::move(all),
                    [this](Member* member) -> Task<void> { co_await verify(member); });
  if (std::ranges::any_of(members_, &Member::verified)) co_return Status{};
  co_return fail(Errc::Unavailable, "no_node", "no node answers for the chain");
}

Task<Result<Heads>> NodePool::heads() {
  std::optional<Heads> best;
  Attempt attempt(*this);
  while (Member* member = co_await attempt.next_member()) {
    Result<Heads> heads = co_await heads_of(member);
    if (attempt.settled_by(heads ? nullptr : &heads.error()) && !heads) co_return heads;
    if (!heads) continue;
    if (!member->behind) co_return heads;
    if (!best || heads->latest.number > best->latest.number) best = std::move(*heads);
  }
  if (best) co_return std::move(*best);
  co_return std::unexpected(attempt.failure());
}

Task<Result<Heads>> NodePool::heads_of(Member* member) {
  Result<Heads> heads = co_await member->node.heads();
  if (heads) {
    const std::uint64_t number = heads->latest.number;
    highest_ = std::max(highest_, number);
    member->behind = highest_ - number > settings_.max_blocks_behind;
  }
  co_return heads;
}

Task<std::vector<Result<TxHash>>> NodePool::broadcast(std::vector<Bytes> signed_transactions) {
  const Error unsent{Errc::Unavailable, "no_node", "no node answers for the chain"};
  std::vector<Result<TxHash>> best(signed_transactions.size(), std::unexpected(unsent));
  std::vector<Member*> receivers;
  for (const bool also_resting : {false, true}) {
    for (const auto& member : members_) {
      if (also_resting || !is_resting(*member)) receivers.push_back(member.get());
    }
    if (!receivers.empty()) break;
  }
  // Everything here lives until all of the visits have ended.
  co_await for_each(std::move(receivers), [&](Member* member) -> Task<void> {
    if (!member->verified && !co_await verify(member)) co_return;
    const auto outcomes = co_await member->node.send_raw(signed_transactions);
    if (!outcomes) failed(*member, outcomes.error());
    if (outcomes) succeeded(*member);
    for (std::size_t i = 0; i < best.size(); ++i) {
      Result<TxHash> outcome =
          outcomes ? outcomes->at(i) : Result<TxHash>(std::unexpected(outcomes.error()));
      if (rank(outcome) < rank(best[i]) || best[i] == Result<TxHash>(std::unexpected(unsent))) {
        best[i] = std::move(outcome);
      }
    }
  });
  co_return best;
}

Task<void> NodePool::recheck() {
  std::vector<Member*> stale;
  for (const auto& member : members_) {
    const bool fresh = member->state == NodeState::Ok && member->last_success &&
                       clock_.now() - *member->last_success < kAskAgain;
    if (!fresh && !is_resting(*member)) stale.push_back(member.get());
  }
  co_await for_each(std::move(stale), [this](Member* member) -> Task<void> {
    if (!member->verified && !co_await verify(member)) co_return;
    const Result<Heads> heads = co_await heads_of(member);
    if (!heads) failed(*member, heads.error());
    if (heads) succeeded(*member);
  });
}

void NodePool::convict(const Node& node, const Error& error) {
  const auto at =
      std::ranges::find_if(members_, [&](const auto& member) { return &member->node == &node; });
  INVARIANT(at != members_.end());
  Member& member = **at;
  if (is_distrusted(member)) return;  // several questions were under way
  const auto doublings = std::min<std::uint64_t>(member.forgeries, 7);
  ++member.forgeries;
  member.distrusted_until = clock_.now() + std::min(kMinDistrust * (1 << doublings), kMaxDistrust);
  member.state = NodeState::Distrusted;
  member.detail = error.reason + ": " + error.detail;
  if (settings_.on_forgery) settings_.on_forgery(member.node.name(), error);
}

std::vector<NodeHealth> NodePool::health() const {
  std::vector<NodeHealth> out;
  for (const auto& member : members_) {
    out.push_back({member->node.name(), member->state, member->detail, member->last_success,
                   member->forgeries});
  }
  return out;
}

NodePool::Attempt::Attempt(NodePool& pool) : pool_(pool), order_(pool.in_order()) {}

Task<Node*> NodePool::Attempt::next() {
  Member* member = co_await next_member();
  co_return member ? &member->node : nullptr;
}

Task<NodePool::Member*> NodePool::Attempt::next_member() {
  while (position_ < order_.size()) {
    Member* member = order_[position_++];
    if (member->verified) co_return member;
    const Status verified = co_await pool_.verify(member);
    if (verified) co_return member;
    if (!failure_) failure_ = verified.error();
  }
  co_return nullptr;
}

bool NodePool::Attempt::settled_by(const Error* error) {
  Member& member = *order_[position_ - 1];
  const bool unclear = error && is_unclear(*error);
  const bool go_on = error && (unclear || another_may_know(error->code));
  if (!go_on || error->code == Errc::NotFound) {
    pool_.succeeded(member);
  } else if (!unclear) {
    pool_.failed(member, *error);
  }
  if (!go_on) return true;
  if (!failure_ || failure_->code != Errc::NotFound) failure_ = *error;
  return false;
}

Error NodePool::Attempt::failure() const {
  if (failure_) return *failure_;
  return {Errc::Unavailable, "no_node", "every node of the chain is resting after a failure"};
}

bool NodePool::is_resting(const Member& member) const {
  const Time now = clock_.now();
  // A clock that was set back must not put a node to rest for long.
  const bool rests = now < member.rest_until && member.rest_until - now <= kMaxThrottled;
  return rests || is_distrusted(member);
}

bool NodePool::is_distrusted(const Member& member) const {
  const Time now = clock_.now();
  return now < member.distrusted_until && member.distrusted_until - now <= kMaxDistrust;
}

std::vector<NodePool::Member*> NodePool::in_order() const {
  std::vector<Member*> ok;
  std::vector<Member*> lagging;
  std::vector<Member*> others;
  for (const auto& member : members_) {
    if (is_resting(*member)) continue;
    auto& group = member->state == NodeState::Ok        ? ok
                  : member->state == NodeState::Lagging ? lagging
                                                        : others;
    group.push_back(member.get());
  }
  ok.insert(ok.end(), lagging.begin(), lagging.end());
  ok.insert(ok.end(), others.begin(), others.end());
  return ok;
}

Task<Status> NodePool::verify(Member* member) {
  const Result<std::uint64_t> told = co_await member->node.chain_id();
  if (!told) {
    failed(*member, told.error());
    co_return std::unexpected(told.error());
  }
  if (*told != settings_.chain_id) {
    member->verified = false;
    member->state = NodeState::Distrusted;
    member->detail =
        "chain id " + std::to_string(*told) + " instead of " + std::to_string(settings_.chain_id);
    rest(*member, kMaxRest);
    co_return fail(Errc::Corrupt, "wrong_chain_id", member->node.name() + ": " + member->detail);
  }
  member->verified = true;
  succeeded(*member);
  co_return Status{};
}

void NodePool::succeeded(Member& member) {
  if (is_distrusted(member)) return;
  member.state = member.behind ? NodeState::Lagging : NodeState::Ok;
  member.detail = member.behind ? "its latest block is behind the other nodes'" : "";
  member.last_success = clock_.now();
  member.failures = 0;
  member.rest_until = {};
}

void NodePool::failed(Member& member, const Error& error) {
  if (is_our_own(error) || is_distrusted(member)) return;
  member.detail = error.reason + ": " + error.detail;
  if (error.reason == "throttled") {
    member.state = NodeState::Throttled;
    rest(member, std::min(member.node.retry_after(), kMaxThrottled));
  } else if (error.reason == "lagging_backend") {
    member.state = NodeState::Lagging;
    rest(member, kMinRest);
  } else {
    member.state = NodeState::Down;
    member.verified = false;
    rest(member, backoff(member));
    ++member.failures;
  }
}

void NodePool::rest(Member& member, milliseconds duration) {
  member.rest_until = clock_.now() + duration;
}

// 100 ms doubling to 5 s, less up to a quarter so that daemons do not come back all at once.
milliseconds NodePool::backoff(const Member& member) {
  const milliseconds whole = std::min(kMinRest * (1 << std::min(member.failures, 6U)), kMaxRest);
  std::array<std::uint8_t, 2> noise{};
  random_.fill(noise);
  return whole - whole * (noise[0] * 256 + noise[1]) / (4 * 65536);
}

Task<void> NodePool::for_each(std::vector<Member*> members,
                              std::function<Task<void>(Member*)> visit) {
  using namespace boost::asio::experimental::awaitable_operators;
  if (members.empty()) co_return;
  Member* first = members.back();
  members.pop_back();
  if (members.empty()) {
    co_await visit(first);
    co_return;
  }
  co_await (visit(first) && for_each(std::move(members), visit));
}

}  // namespace settled::chains::rpc
