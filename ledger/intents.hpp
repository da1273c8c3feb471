#pragma once

#include <cstdint>

#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

namespace settled::ledger {

/// Bits of pb::Intent.labels: what was odd, beside the status.
enum Label : std::uint32_t {
  kUnderpaid = 1,
  kOverpaid = 2,
  kLate = 4,
  kReversed = 8,
};

/// What an intent's sums make of it. Pure.
struct IntentFacts {
  Amount amount;
  Amount required;
  Amount received;
  Amount confirmed;
  Amount received_late;  ///< of `received`, what came after the expiry
  bool expired = false;
  bool canceled = false;
  bool was_reversed = false;
};
pb::IntentStatus status_of(const IntentFacts& facts);
std::uint32_t labels_of(const IntentFacts& facts, pb::IntentStatus status);

/// Errors: Invalid `invalid_amount`, `invalid_fee`; Rejected `amount_too_small` where its fee would
/// leave nothing.
Result<pb::Reply> apply(State& state, const pb::CreateIntent& command);
Result<pb::Reply> apply(State& state, const pb::CancelIntent& command);
Result<pb::Reply> apply(State& state, const pb::ExpireIntents& command);

/// A change of what an intent has received: the amount of one of its transfers.
enum class IntentChange {
  Seen,               ///< found in a block
  Confirmed,          ///< counted as received before
  ReversedSeen,       ///< a transfer that was seen only is gone
  ReversedConfirmed,  ///< a confirmed one is gone
};

/// Applies the change, recomputes status and labels, and emits what follows from it.
Status change_intent(State& state, const pb::Transfer& transfer, IntentChange change);

/// Puts the intent with its next version.
void save_intent(State& state, pb::Intent& intent);

}  // namespace settled::ledger
