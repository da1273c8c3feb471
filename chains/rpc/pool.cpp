#include "chains/rpc/pool.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <tuple>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "chains/rpc/pool_member.hpp"

namespace settled::chains::rpc {
namespace {

using std::chrono::milliseconds;

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

/// A group: the lower, the sooner it is asked.
int group_of(NodeState state) {
  if (state == NodeState::Ok) return 0;
  return state == NodeState::Lagging ? 1 : 2;
}

/// The node gave no answer that counts; for the other one of two to go on.
struct NoAnswer {};

}  // namespace

NodePool::NodePool(http::Transport& transport, const Clock& clock, Random& random,
                   Settings settings)
    : clock_(clock),
      random_(random),
      settings_(std::move(settings)),
      tip_(settings_.nodes.size(),
           {.delta = settings_.max_blocks_behind, .needed = settings_.min_agreeing_nodes}) {
  INVARIANT(!settings_.nodes.empty());
  INVARIANT(settings_.min_agreeing_nodes >= 1);
  INVARIANT(settings_.min_agreeing_nodes <= settings_.nodes.size());
  for (const Node::Settings& node : settings_.nodes) {
    names_.push_back(node.name);
    members_.push_back(
        std::make_shared<Member>(transport, clock, settings_.wait, members_.size(), node));
  }
}

NodePool::~NodePool() = default;

bool NodePool::is_answer(const Error& error) {
  return !is_unclear(error) && !another_may_know(error.code);
}

Task<Status> NodePool::ask_in_turn(const Visit* visit) {
  Attempt attempt(*this);
  bool may_hedge = true;
  while (const Question question = co_await attempt.next()) {
    Member* const member = &question.member();
    const bool hedged = std::exchange(may_hedge, false) && attempt.has_next();
    const bool settled = hedged ? co_await visit_hedged(&attempt, member, visit)
                                : co_await visit_one(&attempt, member, visit);
    if (settled) co_return Status{};
  }
  co_return std::unexpected(attempt.failure());
}

Task<Status> NodePool::ask_one(std::size_t index, const Visit* visit) {
  const MemberPtr member = members_[index];
  if (!member->standing.admits(clock_.now())) {
    co_return fail(Errc::Unavailable, "no_node", names_[index] + " rests");
  }
  const Question question(member, clock_.now());
  if (!member->verified) CO_TRY_OK(co_await verify(member.get()));
  answered(*member, co_await (*visit)(member->node));
  co_return Status{};
}

Task<bool> NodePool::visit_one(Attempt* attempt, Member* member, const Visit* visit) {
  const Time begun = clock_.now();
  const std::optional<Error> error = co_await (*visit)(member->node);
  if (!error) member->standing.took(clock_.now() - begun);
  co_return attempt->settled_by(*member, error);
}

Task<bool> NodePool::visit_hedged(Attempt* attempt, Member* first, const Visit* visit) {
  using namespace boost::asio::experimental::awaitable_operators;
  const Time begun = clock_.now();
  Bell first_failed(co_await boost::asio::this_coro::executor);
  bool first_ended = false;
  std::exception_ptr bug;
  const auto ask = [&](Member* member) -> Task<bool> {
    try {
      co_return co_await visit_one(attempt, member, visit);
    } catch (const boost::system::system_error&) {
      throw;
    } catch (const boost::asio::multiple_exceptions&) {
      throw;  // several questions that were cancelled at once
    } catch (...) {
      bug = std::current_exception();
    }
    co_return true;
  };
  // Whoever has no answer throws, since that is how the other one is let go on.
  const auto ask_first = [&]() -> Task<void> {
    const bool answers = co_await ask(first);
    first_ended = true;
    if (answers) co_return;
    first_failed.ring();
    throw NoAnswer{};
  };
  const auto ask_second = [&]() -> Task<void> {
    co_await (first_failed.wait() || settings_.wait(first->standing.hedge_after()));
    const Question second = co_await attempt->next();
    if (!second || !co_await ask(&second.member())) throw NoAnswer{};
  };
  bool settled = false;
  try {
    co_await (ask_first() || ask_second());
    settled = true;
  } catch (const boost::asio::multiple_exceptions&) {
    settled = false;
  }
  if (bug) std::rethrow_exception(bug);
  const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
  if (cancellation.cancelled() != boost::asio::cancellation_type::none) {
    throw boost::system::system_error(boost::asio::error::operation_aborted);
  }
  if (settled && !first_ended) first->standing.outrun(clock_.now(), clock_.now() - begun);
  co_return settled;
}

void NodePool::convict(const Node& node, const Error& error) {
  Member& member = member_of(node);
  if (!member.standing.convict(clock_.now(), error)) return;
  tip_.forget(member.index);
  if (settings_.on_forgery) settings_.on_forgery(node.name(), error);
}

void NodePool::dissents(const Node& node, const Error& error, bool lies) {
  Member& member = member_of(node);
  if (!member.standing.dissents(clock_.now(), error, lies)) return;
  if (lies) tip_.forget(member.index);
  incident(member, error);
}

void NodePool::agrees(const Node& node) {
  member_of(node).standing.agrees();
}

std::vector<NodeHealth> NodePool::health() const {
  std::vector<NodeHealth> out;
  for (const MemberPtr& member : members_) {
    const NodeStanding& standing = member->standing;
    out.push_back({.name = member->node.name(),
                   .state = standing.state(),
                   .reason = standing.reason(),
                   .detail = standing.detail(),
                   .last_success = standing.last_success(),
                   .head = tip_.head_of(member->index),
                   .score = standing.score().points(clock_.now()),
                   .forgeries = standing.forgeries(),
                   .disagreements = standing.disagreements()});
  }
  return out;
}

NodePool::Attempt::Attempt(NodePool& pool) : pool_(pool), order_(pool.in_order()) {}

Task<NodePool::Question> NodePool::Attempt::next() {
  while (has_next()) {
    const MemberPtr& member = order_[position_++];
    // Another question may have been the probe of a node that was down, or it failed meanwhile.
    if (!member->standing.admits(pool_.clock_.now())) continue;
    Question question(member, pool_.clock_.now());
    if (member->verified) co_return question;
    const Status verified = co_await pool_.verify(member.get());
    if (verified) co_return question;
    if (!failure_) failure_ = verified.error();
  }
  co_return Question();
}

bool NodePool::Attempt::settled_by(Member& member, const std::optional<Error>& error) {
  pool_.answered(member, error);
  if (!error || is_answer(*error)) return true;
  if (!failure_ || failure_->code != Errc::NotFound) failure_ = *error;
  return false;
}

Error NodePool::Attempt::failure() const {
  if (failure_) return *failure_;
  return {Errc::Unavailable, "no_node", "every node of the chain is resting after a failure"};
}

std::vector<NodePool::MemberPtr> NodePool::in_order() const {
  const Time now = clock_.now();
  std::vector<MemberPtr> out;
  for (const MemberPtr& member : members_) {
    if (member->standing.admits(now)) out.push_back(member);
  }
  std::ranges::sort(out, {}, [now](const MemberPtr& member) {
    return std::tuple(group_of(member->standing.state()), member->standing.score().rank(now),
                      member->index);
  });
  return out;
}

NodePool::Member& NodePool::member_of(const Node& node) {
  const auto at =
      std::ranges::find_if(members_, [&](const auto& member) { return &member->node == &node; });
  INVARIANT(at != members_.end());
  return **at;
}

Task<Status> NodePool::verify(Member* member) {
  const Result<Identity> told = co_await member->node.identity();
  if (!told) {
    failed(*member, told.error());
    co_return std::unexpected(told.error());
  }
  std::optional<Error> unfit;
  if (told->chain_id != settings_.chain_id) {
    unfit = Error{Errc::Corrupt, "wrong_chain_id",
                  "chain id " + std::to_string(told->chain_id) + " instead of " +
                      std::to_string(settings_.chain_id)};
  } else if (told->syncing && *told->syncing > settings_.max_blocks_behind) {
    unfit = Error{Errc::Unavailable, "syncing",
                  *told->syncing == UINT64_MAX
                      ? "the node says that it is syncing"
                      : "the node lacks " + std::to_string(*told->syncing) + " blocks yet"};
  }
  if (unfit) {
    member->verified = false;
    tip_.forget(member->index);
    const bool news = member->standing.reason() != unfit->reason;
    const bool foreign = unfit->reason == "wrong_chain_id";
    member->standing.set_aside(clock_.now(), foreign ? NodeState::Distrusted : NodeState::Lagging,
                               *unfit);
    if (foreign && news) incident(*member, *unfit);
    unfit->detail = member->node.name() + ": " + unfit->detail;
    co_return std::unexpected(*std::move(unfit));
  }
  member->verified = true;
  member->standing.succeeded(clock_.now());
  co_return Status{};
}

void NodePool::answered(Member& member, const std::optional<Error>& error) {
  if (!error || is_answer(*error) || error->code == Errc::NotFound) {
    member.standing.succeeded(clock_.now());
  } else if (!is_unclear(*error)) {
    failed(member, *error);
  }
}

void NodePool::failed(Member& member, const Error& error) {
  if (is_our_own(error)) return;
  std::array<std::uint8_t, 2> noise{};
  random_.fill(noise);
  member.standing.failed(clock_.now(), error, member.node.retry_after(),
                         static_cast<std::uint16_t>(noise[0] * 256 + noise[1]));
  if (member.standing.state() != NodeState::Down) return;
  member.verified = false;
  tip_.forget(member.index);
}

void NodePool::incident(const Member& member, const Error& error) {
  if (settings_.on_incident) settings_.on_incident(member.node.name(), error);
}

}  // namespace settled::chains::rpc
