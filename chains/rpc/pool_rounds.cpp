#include <algorithm>
#include <utility>

#include "chains/rpc/pool.hpp"
#include "chains/rpc/pool_member.hpp"

/// What is asked of all nodes at once.
namespace settled::chains::rpc {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kHeadPatience{100};
constexpr milliseconds kRecheckPatience{1'000};
constexpr milliseconds kAskAgain{10'000};
constexpr std::size_t kMaxOpen = 64;

// The lower, the more a caller learns from it.
int rank(const Result<TxHash>& outcome) {
  if (outcome) return 0;
  if (outcome.error().code == Errc::Rejected) return 1;
  return outcome.error().reason == "no_node" ? 3 : 2;
}

/// Counts a question that goes on in the background.
struct Open {
  explicit Open(std::size_t& counted) : count(counted) { ++count; }
  ~Open() { --count; }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;
  std::size_t& count;
};

}  // namespace

struct NodePool::HeadRound {
  Time begun;
  std::size_t awaited = 0;   // and not answered yet
  std::size_t answered = 0;  // with heads that count
  std::optional<Error> failure = std::nullopt;
};

struct NodePool::Sending {
  std::vector<Bytes> transactions;
  std::vector<Result<TxHash>> best;
};

Task<Status> NodePool::start() {
  std::vector<Task<void>> asks;
  asks.reserve(members_.size());
  for (const MemberPtr& member : members_) asks.push_back(verify_in_background(member));
  co_await strays_.run(
      std::move(asks),
      [this](bool out_of_patience) {
        const auto verified = std::ranges::count_if(members_, &Member::verified);
        return out_of_patience && static_cast<std::size_t>(verified) >= min_agreeing_nodes();
      },
      [this] { return settings_.wait(kRecheckPatience); });
  if (std::ranges::any_of(members_, &Member::verified)) co_return Status{};
  co_return fail(Errc::Unavailable, "no_node", "no node answers for the chain");
}

Task<void> NodePool::verify_in_background(MemberPtr member) {
  co_await verify(member.get());
}

Task<Result<Heads>> NodePool::heads() {
  const auto round = std::make_shared<HeadRound>(clock_.now());
  std::vector<Task<void>> asks;
  for (const MemberPtr& member : in_order()) {
    if (member->asked_heads) continue;  // it hangs since an earlier round
    if (!member->late) ++round->awaited;
    asks.push_back(hear_heads(Question(member, round->begun), round, !member->late));
  }
  const std::size_t needed = min_agreeing_nodes();
  if (asks.size() == 1) {
    co_await std::move(asks.front());
  } else {
    co_await strays_.run(
        std::move(asks),
        [round, needed](bool out_of_patience) {
          return round->answered >= needed && (round->awaited == 0 || out_of_patience);
        },
        [this] { return settings_.wait(kHeadPatience); });
  }
  if (round->answered > 0) co_return tip_.heads(round->begun, clock_.now(), names_);
  if (round->failure) co_return std::unexpected(*round->failure);
  co_return fail(Errc::Unavailable, "no_node",
                 "every node of the chain is resting after a failure");
}

Task<void> NodePool::hear_heads(Question question, std::shared_ptr<HeadRound> round, bool awaited) {
  Member& member = question.member();
  struct Asked {
    Member& member;
    HeadRound& round;
    bool counted;
    ~Asked() {
      member.asked_heads = false;
      if (counted) --round.awaited;
    }
  } asked{member, *round, awaited};
  member.asked_heads = true;
  if (!member.verified) {
    const Status verified = co_await verify(&member);
    if (!verified) {
      round->failure = verified.error();
      co_return;
    }
  }
  const Result<Heads> heads = co_await heads_of(&member);
  if (heads) {
    ++round->answered;
  } else if (!round->failure || round->failure->code != Errc::NotFound) {
    round->failure = heads.error();
  }
  member.late = clock_.now() - round->begun > kHeadPatience;
}

Task<Result<Heads>> NodePool::heads_of(Member* member) {
  Result<Heads> heads = co_await member->node.heads();
  if (!heads) {
    tip_.forget(member->index);
    answered(*member, heads.error());
    co_return heads;
  }
  const Time now = clock_.now();
  if (member->standing.is_distrusted(now)) {
    co_return fail(Errc::Unavailable, "distrusted", member->standing.detail());
  }
  const ChainTip::Heard heard = tip_.hear(member->index, *heads, now);
  if (heard.verdict == ChainTip::Verdict::Implausible) {
    const bool news = member->standing.reason() != "implausible_head";
    const Error error{Errc::Unavailable, "implausible_head",
                      "the node says that block " + std::to_string(heads->latest.number) +
                          " is the latest, when the chain was at " + std::to_string(tip())};
    member->standing.set_aside(now, NodeState::Distrusted, error);
    if (news) incident(*member, error);
    co_return std::unexpected(error);
  }
  member->standing.lags(heard.behind, heard.verdict == ChainTip::Verdict::Behind);
  answered(*member, std::nullopt);
  if (heard.final_before) {
    incident(*member, {Errc::Corrupt, "finality_regress",
                       "the node calls block " + std::to_string(heads->finalized->number) +
                           " the newest final one, and called " +
                           std::to_string(*heard.final_before) + " so before"});
  }
  co_return heads;
}

Task<void> NodePool::each(Visit visit, Strays::Enough enough) {
  std::vector<Task<void>> asks;
  for (const MemberPtr& member : in_order()) {
    if (member->open >= kMaxOpen) continue;
    asks.push_back(visit_in_background(Question(member, clock_.now()), visit));
  }
  co_await strays_.run(std::move(asks), std::move(enough));
}

Task<void> NodePool::visit_in_background(Question question, Visit visit) {
  Member& member = question.member();
  const Open open(member.open);
  if (!member.verified && !co_await verify(&member)) co_return;
  const std::optional<Error> error = co_await visit(member.node);
  answered(member, error);
}

Task<std::vector<Result<TxHash>>> NodePool::broadcast(std::vector<Bytes> signed_transactions) {
  const Error unsent{Errc::Unavailable, "no_node", "no node answers for the chain"};
  const auto sending = std::make_shared<Sending>();
  sending->best.resize(signed_transactions.size(), std::unexpected(unsent));
  sending->transactions = std::move(signed_transactions);
  std::vector<Task<void>> sends;
  for (const bool also_resting : {false, true}) {
    for (const MemberPtr& member : members_) {
      const bool usable = also_resting || member->standing.admits(clock_.now());
      if (usable && member->open < kMaxOpen) {
        sends.push_back(send_in_background(member, sending));
      }
    }
    if (!sends.empty()) break;
  }
  co_await strays_.run(std::move(sends), [sending](bool) {
    return std::ranges::all_of(sending->best, &Result<TxHash>::has_value);
  });
  co_return sending->best;
}

Task<void> NodePool::send_in_background(MemberPtr member, std::shared_ptr<Sending> sending) {
  const Open open(member->open);
  if (!member->verified && !co_await verify(member.get())) co_return;
  const auto outcomes = co_await member->node.send_raw(sending->transactions);
  if (!outcomes) failed(*member, outcomes.error());
  if (outcomes) member->standing.succeeded(clock_.now());
  for (std::size_t i = 0; i < sending->best.size(); ++i) {
    Result<TxHash> outcome =
        outcomes ? outcomes->at(i) : Result<TxHash>(std::unexpected(outcomes.error()));
    if (rank(outcome) < rank(sending->best[i])) sending->best[i] = std::move(outcome);
  }
}

Task<void> NodePool::recheck() {
  const auto round = std::make_shared<HeadRound>(clock_.now());
  std::vector<Task<void>> asks;
  for (const MemberPtr& member : members_) {
    const NodeStanding& standing = member->standing;
    const bool fresh = standing.state() == NodeState::Ok && standing.last_success() &&
                       clock_.now() - *standing.last_success() < kAskAgain;
    if (fresh || member->asked_heads || !standing.admits(clock_.now())) continue;
    asks.push_back(hear_heads(Question(member, clock_.now()), round, false));
  }
  co_await strays_.run(
      std::move(asks), [](bool out_of_patience) { return out_of_patience; },
      [this] { return settings_.wait(kRecheckPatience); });
}

}  // namespace settled::chains::rpc
