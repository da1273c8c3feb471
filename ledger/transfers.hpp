#pragma once

#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

namespace settled::ledger {

/// The life of a transfer: seen -> confirmed -> finalized, or -> reversed before it is final. Each
/// step books what follows from it, changes its intent or payout and emits its events.

/// A transfer in a block of `chain`. Those of nobody we know, of nothing, and from an address to
/// itself change nothing. The same log after a reorganisation keeps its id.
/// Error: Corrupt `transfer_seen_twice` where the log is in two blocks of one chain.
Status see_transfer(State& state, pb::Chain& chain, const pb::ObservedBlock& block,
                    const pb::ObservedTransfer& observed);
/// Would `see_transfer` find a payment that is not in the books: to a deposit address, from
/// somebody else's, under a log that is unknown or that a reorganisation took back?
Result<bool> is_missed_payment(const State& state, const pb::Chain& chain,
                               const pb::ObservedTransfer& observed);
/// Books the transfer as pending.
Status confirm_transfer(State& state, pb::Transfer& transfer);
/// Posts what was pending; confirms first where a chain is final before it is confirmed.
Status finalize_transfer(State& state, pb::Transfer& transfer);
/// Takes everything back by contra entries. REQUIRES: not finalized.
Status reverse_transfer(State& state, pb::Transfer& transfer);

/// Gives suspense money to an intent that accepts it.
Result<pb::Reply> apply(State& state, const pb::AssignTransfer& command);

}  // namespace settled::ledger
