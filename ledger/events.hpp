#pragma once

#include <string_view>

#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

namespace settled::ledger {

/// Appends an event with a snapshot of the object as it is now. Events are numbered in commit order
/// without gaps; an object's own `version` is in the snapshot. The object is borrowed rather than
/// copied, and is as it was when `emit` returns.
void emit(State& state, std::string_view type, pb::Intent& intent);
void emit(State& state, std::string_view type, pb::Transfer& transfer);
void emit(State& state, std::string_view type, pb::Payout& payout);
void emit(State& state, std::string_view type, pb::Refund& refund);
void emit(State& state, std::string_view type, pb::Incident& incident);

/// Of a code and the words `kMostIncidentText` bytes at most: Invalid `invalid_incident`.
Result<pb::Reply> apply(State& state, const pb::ReportIncident& command);

/// Of an incident's detail, chain and node each, in bytes; who reports cuts them.
inline constexpr std::size_t kMostIncidentText = 1'000;

}  // namespace settled::ledger
