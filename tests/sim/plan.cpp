#include "tests/sim/plan.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "tests/sim/dice.hpp"

namespace settled::sim {
namespace {

constexpr std::array<std::string_view, kPayments> kPaymentNames = {
    "exact", "part", "over",     "again",     "wrong_token", "unlisted_token",
    "dust",  "zero", "stranger", "everybody", "huge",        "failed"};

constexpr std::size_t kIntents = 3;
constexpr std::int64_t kLongestTailMs = 60'000;

/// What any evidence withstands, of one node alone too.
constexpr std::array kAnyEvidence = {
    NodeFault::Down,        NodeFault::Hang,      NodeFault::Slow,       NodeFault::Throttle,
    NodeFault::Gateway,     NodeFault::Garbage,   NodeFault::OtherIds,   NodeFault::Refuse,
    NodeFault::SmallRange,  NodeFault::Balances,  NodeFault::Lag,        NodeFault::Freeze,
    NodeFault::HidesHeader, NodeFault::DropsLogs, NodeFault::Reorders,   NodeFault::Duplicates,
    NodeFault::Removed,     NodeFault::Prunes,    NodeFault::NoFinality, NodeFault::FinalityBack,
    NodeFault::OtherChain};
constexpr std::array kProofOnly = {NodeFault::Withholds, NodeFault::Raises, NodeFault::Invents};
constexpr std::array<std::uint64_t, 16> kTrails = {1, 1, 2, 2, 3,  3,  4,  4,
                                                   5, 6, 8, 8, 10, 12, 24, 64};

ChainPlan make_chain(std::size_t place, Dice& dice) {
  ChainPlan out;
  out.chain.by_tag = dice.chance(50);
  out.chain.trail = dice.pick(kTrails);
  out.chain.first_blocks = static_cast<std::uint64_t>(dice.between(2, 30));
  out.block_ms = dice.between(20, 100) * 100;
  out.block_ms =
      std::min(out.block_ms, kLongestTailMs / static_cast<std::int64_t>(out.chain.trail));
  chains::ChainSettings& settings = out.settings;
  settings.name = place == 0 ? "alpha" : "beta";
  settings.chain_id = 1001 + place;
  settings.finality = {.by_tag = out.chain.by_tag, .depth = out.chain.trail};
  settings.confirmations = static_cast<std::uint32_t>(dice.between(1, 6));
  if (settings.confirmations % 2 == 0) {
    settings.confirmation_tiers = {{Amount::parse("40").value(), 1}};
  }
  settings.poll_interval = std::chrono::milliseconds(dice.between(20, 80) * 100);
  settings.evidence = dice.chance(40) ? chains::Evidence::Proven : chains::Evidence::Single;
  settings.tokens = listed_tokens();
  const std::int64_t nodes = dice.between(1, 4);
  for (std::int64_t i = 0; i < nodes; ++i) {
    settings.nodes.push_back({.url = "http://" + settings.name + std::to_string(i)});
  }
  return out;
}

class Planner {
 public:
  explicit Planner(std::uint64_t seed) : dice_(seed) { plan_.seed = seed; }

  Plan make() {
    const std::size_t chains = dice_.chance(15) ? 2 : 1;
    for (std::size_t i = 0; i < chains; ++i) plan_.chains.push_back(make_chain(i, dice_));
    span_ms_ = dice_.between(25, 60) * 1000;
    intents();
    payments();
    const auto times = [this](std::int64_t most) { return dice_.between(0, most); };
    for (auto i = times(4); i > 0; --i) reorganisation();
    for (auto i = times(6); i > 0; --i) node_fault();
    for (auto i = times(3); i > 0; --i) receiver_fault();
    for (auto i = times(2); i > 0; --i) end_of_life();
    std::ranges::sort(plan_.events, {},
                      [](const Event& event) { return std::pair(event.at_ms, event.id); });
    return std::move(plan_);
  }

 private:
  Event& add(Act act) {
    Event& event = plan_.events.emplace_back();
    event.id = plan_.events.size() - 1;
    event.act = act;
    event.at_ms = dice_.between(1'000, span_ms_);
    event.chain = dice_.below(plan_.chains.size());
    return event;
  }

  void intents() {
    intents_ = static_cast<std::size_t>(dice_.between(1, kIntents));
    for (std::size_t i = 0; i < intents_; ++i) {
      Event& event = add(Act::Intent);
      event.which = i;
      event.at_ms = dice_.between(0, span_ms_ / 2);
      event.length_ms = dice_.between(10'000, 2 * span_ms_);
      event.amount = static_cast<std::uint64_t>(dice_.between(2, 5'000'000'000));
    }
    if (dice_.chance(30)) add(Act::Cancel).which = dice_.below(intents_);
  }

  void payments() {
    for (auto i = dice_.between(3, 6); i > 0; --i) {
      Event& event = add(Act::Pay);
      event.which = dice_.below(intents_);
      event.payment =
          dice_.chance(40) ? Payment::Exact : static_cast<Payment>(dice_.below(kPayments));
    }
    if (dice_.chance(15)) add(Act::Crowd).amount = static_cast<std::uint64_t>(dice_.between(5, 60));
  }

  void reorganisation() {
    Event& event = add(Act::Reorganise);
    const auto most = static_cast<std::int64_t>(plan_.chains[event.chain].chain.trail);
    event.amount = static_cast<std::uint64_t>(dice_.between(1, most));
    event.which = dice_.below(event.amount + 3);
  }

  void node_fault() {
    Event& event = add(Act::Node);
    const chains::ChainSettings& settings = plan_.chains[event.chain].settings;
    const bool proven = settings.evidence == chains::Evidence::Proven;
    event.which = dice_.below(settings.nodes.size());
    event.length_ms = dice_.between(4, 30) * 1000;
    // A fault while nobody pays tells little.
    if (dice_.chance(60)) event.at_ms = std::max<std::int64_t>(a_payment() - 1'000, 0);
    event.node_fault =
        proven && dice_.chance(40) ? dice_.pick(kProofOnly) : dice_.pick(kAnyEvidence);
    event.amount = static_cast<std::uint64_t>(dice_.between(1, 6));
  }

  /// When somebody pays.
  std::int64_t a_payment() {
    for (;;) {
      const Event& event = plan_.events[dice_.below(plan_.events.size())];
      if (event.act == Act::Pay) return event.at_ms;
    }
  }

  void receiver_fault() {
    Event& event = add(Act::Receiver);
    event.length_ms = dice_.between(3, 25) * 1000;
    event.receiver_fault = static_cast<ReceiverFault>(dice_.below(kReceiverFaults));
    event.amount = static_cast<std::uint64_t>(dice_.between(1, 30));
  }

  void end_of_life() {
    Event& event = add(static_cast<Act>(static_cast<int>(Act::Kill) + dice_.below(4)));
    event.amount = static_cast<std::uint64_t>(dice_.between(1, 120));
  }

  Dice dice_;
  Plan plan_;
  std::int64_t span_ms_ = 0;
  std::size_t intents_ = 0;
};

std::string seconds(std::int64_t ms) {
  return std::to_string(ms / 1000) + " s";
}

}  // namespace

std::string_view to_string(Payment payment) {
  return kPaymentNames[static_cast<std::size_t>(payment)];
}

std::string to_string(const Event& event) {
  const std::string on = " on chain " + std::to_string(event.chain);
  const std::string which = std::to_string(event.which);
  const std::string amount = std::to_string(event.amount);
  std::string out = "event " + std::to_string(event.id) + " at " + seconds(event.at_ms) + ": ";
  switch (event.act) {
    case Act::Intent:
      return out + "intent " + which + " of " + amount + " for " + seconds(event.length_ms);
    case Act::Cancel:
      return out + "intent " + which + " is canceled";
    case Act::Pay:
      return out + "intent " + which + " is paid: " + std::string(to_string(event.payment)) + on;
    case Act::Crowd:
      return out + amount + " payments of others" + on;
    case Act::Reorganise:
      return out + amount + " blocks are replaced by " + which + on;
    case Act::Node:
      return out + "node " + which + " " + std::string(to_string(event.node_fault)) + " (" +
             amount + ") for " + seconds(event.length_ms) + on;
    case Act::Receiver:
      return out + "the receiver " + std::string(to_string(event.receiver_fault)) + " (" + amount +
             ") for " + seconds(event.length_ms);
    case Act::Kill:
      return out + "kill -9";
    case Act::PowerLoss:
      return out + "loss of power";
    case Act::DiskStops:
      return out + "of a life: loss of power in operation " + amount + " of the disk";
    case Act::DiskFails:
      return out + "of a life: operation " + amount + " of the disk fails";
  }
  return out;
}

Plan make_plan(std::uint64_t seed) {
  return Planner(seed).make();
}

std::int64_t end_of(const Plan& plan) {
  std::int64_t end = 0;
  for (const Event& event : plan.events) {
    const bool lasts = event.act == Act::Node || event.act == Act::Receiver;
    end = std::max(end, event.at_ms + (lasts ? event.length_ms : 0));
  }
  return end;
}

}  // namespace settled::sim
