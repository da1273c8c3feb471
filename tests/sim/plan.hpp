#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "chains/settings.hpp"
#include "tests/sim/chain.hpp"
#include "tests/sim/faults.hpp"
#include "tests/sim/node.hpp"
#include "tests/sim/receiver.hpp"

namespace settled::sim {

/// How much a payer pays of what is asked, and where to.
enum class Payment : std::uint8_t {
  Exact,
  Part,
  Over,
  Again,          ///< exact, split over several logs of one transaction
  WrongToken,     ///< listed, but not what the intent takes
  UnlistedToken,  ///< not money here
  Dust,           ///< one base unit
  Zero,
  Stranger,   ///< to an address of ours that no intent has
  Everybody,  ///< to all intents there are in one transaction, and to strangers between them
  Huge,       ///< more than any intent asks for, to the limit of what a sum can hold
  Failed,     ///< a transaction that failed
};
inline constexpr std::size_t kPayments = 12;
std::string_view to_string(Payment payment);

enum class Act : std::uint8_t {
  Intent,      ///< the merchant asks for `amount`, for `length_ms`
  Cancel,      ///< intent number `which`
  Pay,         ///< `payment` on `chain` for intent number `which`
  Crowd,       ///< `amount` payments of strangers to strangers, in the next block
  Reorganise,  ///< the newest `amount` blocks are replaced by `which` others
  Node,        ///< `node_fault` of node `which` of `chain` from `at_ms` on for `length_ms`
  Receiver,    ///< `receiver_fault`
  Kill,        ///< the process ends at once
  PowerLoss,   ///< and what was not synced is gone
  DiskStops,   ///< the power goes in the `amount`-th operation of the disk after the next start
  DiskFails,   ///< that operation fails, and the process ends over it
};

struct Event {
  std::size_t id = 0;  ///< among the events of the seed
  Act act = Act::Intent;
  std::int64_t at_ms = 0;
  std::int64_t length_ms = 0;
  std::size_t chain = 0;
  std::size_t which = 0;
  std::uint64_t amount = 0;
  Payment payment = Payment::Exact;
  NodeFault node_fault = NodeFault::Down;
  ReceiverFault receiver_fault = ReceiverFault::Down;
};
/// One line.
std::string to_string(const Event& event);

struct ChainPlan {
  chains::ChainSettings settings;
  Chain::Settings chain;
  std::int64_t block_ms = 4'000;
};

/// All that is decided before a world begins. The same seed makes the same plan; an event that is
/// taken out changes nothing about the others.
struct Plan {
  std::uint64_t seed = 0;
  std::vector<ChainPlan> chains;
  std::vector<Event> events;  ///< by time
};
Plan make_plan(std::uint64_t seed);
/// By then the last event has happened and nothing goes wrong any more.
std::int64_t end_of(const Plan& plan);

}  // namespace settled::sim
