#include "chains/rpc/chain_tip.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace settled::chains::rpc {
namespace {

/// The highest number that `count` of them have reached. REQUIRES: 1..=numbers.size().
std::uint64_t reached_by(std::vector<std::uint64_t> numbers, std::size_t count) {
  std::ranges::sort(numbers, std::greater{});
  return numbers[count - 1];
}

}  // namespace

Cluster largest_cluster(std::vector<std::uint64_t> heads, std::uint64_t delta, bool cautious) {
  INVARIANT(!heads.empty());
  std::ranges::sort(heads);
  Cluster best;
  for (std::size_t first = 0; first < heads.size(); ++first) {
    std::size_t last = first;
    while (last + 1 < heads.size() && heads[last + 1] - heads[first] <= delta) ++last;
    const std::size_t size = last - first + 1;
    if (size > best.size || (size == best.size && !cautious)) {
      best = {heads[first], heads[last], size};
    }
  }
  return best;
}

ChainTip::Heard ChainTip::hear(std::size_t node, const Heads& heads, Time now) {
  Heard out;
  std::optional<Claim>& claim = claims_[node];
  const std::uint64_t number = heads.latest.number;
  if (tip_ && number > highest_plausible(now)) {
    claim.reset();
    out.verdict = Verdict::Implausible;
    return out;
  }
  // A backend that is behind in all is a backend that is behind; one that takes back what it called
  // final is another matter.
  if (claim && claim->heads.finalized && heads.finalized &&
      heads.finalized->number < claim->heads.finalized->number &&
      number >= claim->heads.latest.number) {
    out.final_before = claim->heads.finalized->number;
  }
  claim = Claim{heads, now};
  if (tip_ && number < *tip_) out.behind = *tip_ - number;
  if (out.behind > rules_.delta) out.verdict = Verdict::Behind;
  return out;
}

Result<Heads> ChainTip::heads(Time round, Time now, const std::vector<std::string>& names) {
  const std::vector<const Claim*> counted = voters(now);
  if (counted.empty() || counted.size() < rules_.needed) {
    std::string said;
    for (std::size_t i = 0; i < claims_.size(); ++i) {
      said += (i == 0 ? "" : "; ") + names[i] + ": " +
              (claims_[i] ? "block " + std::to_string(claims_[i]->heads.latest.number) : "nothing");
    }
    return fail(Errc::Unavailable, "no_quorum",
                std::to_string(rules_.needed) + " nodes must tell their head: " + said);
  }
  std::vector<std::uint64_t> numbers;
  numbers.reserve(counted.size());
  for (const Claim* claim : counted) numbers.push_back(claim->heads.latest.number);
  Cluster cluster = largest_cluster(numbers, rules_.delta, !tip_);
  if (cluster.size < rules_.needed) {
    // Too far apart for a cluster, and yet so many have reached this.
    const std::uint64_t reached = reached_by(numbers, rules_.needed);
    cluster = {reached, *std::ranges::max_element(numbers), rules_.needed};
  }
  const std::uint64_t edge = edge_of(counted, cluster, round);
  if (!tip_ || edge > *tip_) {
    tip_ = edge;
    grown_ = now;
  }
  std::vector<const Claim*> inside;
  for (const Claim* claim : counted) {
    const std::uint64_t number = claim->heads.latest.number;
    if (number >= cluster.lowest && number <= cluster.highest) inside.push_back(claim);
  }
  const auto number_of = [](const Claim* claim) { return claim->heads.latest.number; };
  std::ranges::sort(inside, {}, number_of);
  const auto at = std::ranges::lower_bound(inside, *tip_, {}, number_of);
  Heads out = (at == inside.end() ? inside.back() : *at)->heads;
  out.finalized = settle_final(inside, now);
  // Nodes that are ahead call final what the one whose head counts has not seen: nothing says that
  // its branch leads there.
  if (out.finalized && out.finalized->number > out.latest.number) out.finalized.reset();
  return out;
}

bool ChainTip::is_behind(std::size_t node) const {
  const auto& claim = claims_[node];
  return claim && tip_ && claim->heads.latest.number + rules_.delta < *tip_;
}

std::optional<std::uint64_t> ChainTip::head_of(std::size_t node) const {
  return claims_[node] ? std::optional(claims_[node]->heads.latest.number) : std::nullopt;
}

std::uint64_t ChainTip::highest_plausible(Time now) const {
  const auto since = std::max<std::int64_t>((now - grown_).count() / 1'000, 0);
  const std::uint64_t room = kJump + kBlocksPerSecond * static_cast<std::uint64_t>(since);
  std::uint64_t out = 0;
  return __builtin_add_overflow(*tip_, room, &out) ? UINT64_MAX : out;
}

std::vector<const ChainTip::Claim*> ChainTip::voters(Time now) const {
  std::vector<const Claim*> out;
  for (const auto& claim : claims_) {
    if (claim && now - claim->at <= kStale) out.push_back(&*claim);
  }
  return out;
}

// What was said before this round counts for the cluster, and holds its edge back only where
// nothing else does: a node that answers late would keep the tip late.
std::uint64_t ChainTip::edge_of(const std::vector<const Claim*>& voters, const Cluster& cluster,
                                Time round) const {
  std::vector<std::uint64_t> inside;
  std::optional<std::uint64_t> fresh;
  for (const Claim* claim : voters) {
    const std::uint64_t number = claim->heads.latest.number;
    if (number < cluster.lowest || number > cluster.highest) continue;
    inside.push_back(number);
    if (claim->at >= round) fresh = std::min(fresh.value_or(number), number);
  }
  if (rules_.needed > 1) return reached_by(std::move(inside), rules_.needed);
  return fresh.value_or(cluster.lowest);
}

std::optional<Header> ChainTip::settle_final(const std::vector<const Claim*>& cluster, Time now) {
  std::vector<std::uint64_t> told;
  for (const Claim* claim : cluster) {
    if (claim->heads.finalized) told.push_back(claim->heads.finalized->number);
  }
  const std::size_t count = std::max(rules_.needed, told.size() / 2 + 1);
  if (told.size() < count) return final_;
  const std::uint64_t number = reached_by(told, count);
  if (final_ && number < final_->number && now - final_at_ <= kStale) return std::nullopt;
  const auto at = std::ranges::find_if(cluster, [&](const Claim* claim) {
    return claim->heads.finalized && claim->heads.finalized->number == number;
  });
  final_ = (*at)->heads.finalized;
  final_at_ = now;
  return final_;
}

}  // namespace settled::chains::rpc
