#pragma once

#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

namespace settled::ledger {

/// The one place that says which status may follow which. Illegal moves are refused by every
/// command with Conflict `illegal_payout_state`.
bool may_follow(pb::PayoutStatus from, pb::PayoutStatus to);
/// No command can change a payout with such a status.
bool is_terminal(pb::PayoutStatus status);

/// Holds the amount. Errors: Rejected `insufficient_funds`, `invalid_destination` (zero, the token
/// contract, a deposit address or a signer of ours).
Result<pb::Reply> apply(State& state, const pb::RequestPayout& command);
/// Errors: Conflict `not_pending_approval`, `already_approved`; Rejected `maker_is_checker`.
Result<pb::Reply> apply(State& state, const pb::ApprovePayout& command);
Result<pb::Reply> apply(State& state, const pb::RejectPayout& command);
/// Error: Conflict `not_cancelable` once signed.
Result<pb::Reply> apply(State& state, const pb::CancelPayout& command);
/// Errors: Conflict `nonce_not_next`: the sender must sign anew with the nonce that is.
Result<pb::Reply> apply(State& state, const pb::RecordAttempt& command);
Result<pb::Reply> apply(State& state, const pb::FailPayout& command);
Result<pb::Reply> apply(State& state, const pb::MarkPayoutUnknown& command);

/// A transfer of one of the payout's transactions is in a block, or no longer is.
Status payout_mined(State& state, const pb::Transfer& transfer);
Status payout_unmined(State& state, const pb::Transfer& transfer);

/// A payout with its amount held, as its command asks; not saved yet. Errors: Invalid
/// `invalid_amount`, else as of RequestPayout.
Result<pb::Payout> new_payout(State& state, const pb::RequestPayout& command);

/// Shared by the commands that change a payout (settlement.cpp, refunds.cpp).
Status set_payout_status(State& state, pb::Payout& payout, pb::PayoutStatus status);
/// Puts the payout with its next version. Where `what` is given, the event `payout.<what>` follows;
/// a refund follows its payout: refunds.hpp.
Status save_payout(State& state, pb::Payout& payout, std::string_view what = {});
pb::Attempt* find_attempt(pb::Payout& payout, std::string_view tx_hash);
std::string payout_subject(const pb::Payout& payout);

}  // namespace settled::ledger
