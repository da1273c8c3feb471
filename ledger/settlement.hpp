#pragma once

#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

namespace settled::ledger {

/// Ends a payout by chain evidence: a receipt in a block that is final. Success posts the hold,
/// a revert voids it; the network fee is the platform's expense either way.
/// Errors: Conflict `not_final`; Conflict `transfer_not_seen` where the receipt says success and
/// the follower saw no transfer: somebody is not telling the truth, so nothing is decided.
Result<pb::Reply> apply(State& state, const pb::SettlePayout& command);

/// Error: Conflict `signer_address_changed` where the name is bound to another address already.
Result<pb::Reply> apply(State& state, const pb::OpenSigner& command);
/// Books what came to or left the signer's native balance from outside.
Result<pb::Reply> apply(State& state, const pb::ObserveNative& command);
/// Error: Conflict `nonce_behind`.
Result<pb::Reply> apply(State& state, const pb::RaiseNonce& command);

}  // namespace settled::ledger
