#pragma once

#include <string_view>

#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

namespace settled::ledger {

/// Pays back what an intent's own transfers brought and what is final of it, gross of fees, by a
/// payout of its merchant's that obeys all rules of payouts. It counts as refunded
/// (Intent.refunded) from now on. Errors, in this order: Invalid `invalid_amount`; NotFound, for
/// another merchant's intent too; Rejected `currency_mismatch`, `refund_exceeds_payment`; those of
/// RequestPayout.
Result<pb::Reply> apply(State& state, const pb::RequestRefund& command);

/// The one place where a refund follows its payout: takes over its status, gives the amount back to
/// what can be refunded where nothing will be paid, and emits `refund.<what>` where `what` is
/// given. REQUIRES: the payout is a refund's.
Status follow_payout(State& state, const pb::Payout& payout, std::string_view what);

}  // namespace settled::ledger
