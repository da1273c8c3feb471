#pragma once

#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

namespace settled::ledger {

/// Error: Conflict `chain_open`, with the same chain id too.
Result<pb::Reply> apply(State& state, const pb::OpenChain& command);

/// Errors: NotFound `unknown_chain`; Conflict `block_not_next` (behind the head, or a gap above the
/// final block); Conflict `parent_mismatch`: the chain has reorganised, a RewindChain comes first.
Result<pb::Reply> apply(State& state, const pb::ObserveBlocks& command);

/// Reverses every transfer above `to_number`. Error: Conflict `finality_violation` where that
/// would undo final blocks: nothing is changed.
Result<pb::Reply> apply(State& state, const pb::RewindChain& command);

}  // namespace settled::ledger
