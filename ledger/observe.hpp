#pragma once

#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

namespace settled::ledger {

/// Error: Conflict `chain_open`, with the same chain id too.
Result<pb::Reply> apply(State& state, const pb::OpenChain& command);

/// Errors: NotFound `unknown_chain`; Conflict `block_not_next` (behind the head, or a gap above the
/// final block); Conflict `parent_mismatch`: the chain has reorganised, a RewindChain comes first.
Result<pb::Reply> apply(State& state, const pb::ObserveBlocks& command);

/// Takes payments in as they would have been, and at once final: to deposit addresses, from
/// addresses that are not ours. What is in the books already changes nothing, and so does what
/// touches a signer: its opening balance and its payouts' receipts may count it already.
/// Errors: NotFound `unknown_chain`; Conflict `not_final` where a block is not final, or from
/// before the chain was opened.
Result<pb::Reply> apply(State& state, const pb::BookMissedPayments& command);

/// Reverses every transfer above `to_number`. Error: Conflict `finality_violation` where that
/// would undo final blocks: nothing is changed.
Result<pb::Reply> apply(State& state, const pb::RewindChain& command);

}  // namespace settled::ledger
