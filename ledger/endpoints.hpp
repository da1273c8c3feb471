#pragma once

#include <cstddef>

#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

namespace settled::ledger {

/// Of one merchant.
inline constexpr std::size_t kMaxEndpoints = 16;

/// Webhook endpoints. One hears the events that are raised after it was made (or enabled again).
/// Error: Rejected `too_many_endpoints`.
Result<pb::Reply> apply(State& state, const pb::CreateEndpoint& command);
/// Disabling for the reason `gone`, as a receiver's 410 does, names in `url` the one that said so
/// and changes no URL. Error: Conflict `url_changed` where the endpoint has another.
Result<pb::Reply> apply(State& state, const pb::UpdateEndpoint& command);
/// The old secret signs beside the new one for a while.
Result<pb::Reply> apply(State& state, const pb::RotateEndpointSecret& command);
Result<pb::Reply> apply(State& state, const pb::DeleteEndpoint& command);

}  // namespace settled::ledger
