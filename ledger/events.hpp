#pragma once

#include <string_view>

#include "ledger/state.hpp"

namespace settled::ledger {

/// Appends an event with a snapshot of the object as it is now. Events are numbered in commit order
/// without gaps; an object's own `version` is in the snapshot.
void emit(State& state, std::string_view type, const pb::Intent& intent);
void emit(State& state, std::string_view type, const pb::Transfer& transfer);
void emit(State& state, std::string_view type, const pb::Payout& payout);

}  // namespace settled::ledger
