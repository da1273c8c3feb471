#pragma once

#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

namespace settled::ledger {

/// Validates a command against the state and changes it. Deterministic: depends on the state, the
/// command and the State's time and entropy alone. On an error the caller discards all changes.
Result<pb::Reply> apply(State& state, const pb::Command& command);

}  // namespace settled::ledger
