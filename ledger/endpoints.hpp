#pragma once

#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

namespace settled::ledger {

/// Webhook endpoints. One hears the events that are raised after it was made (or enabled again).
Result<pb::Reply> apply(State& state, const pb::CreateEndpoint& command);
Result<pb::Reply> apply(State& state, const pb::UpdateEndpoint& command);
/// The old secret signs beside the new one for a while.
Result<pb::Reply> apply(State& state, const pb::RotateEndpointSecret& command);
Result<pb::Reply> apply(State& state, const pb::DeleteEndpoint& command);

}  // namespace settled::ledger
