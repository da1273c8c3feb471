#pragma once

#include <cstdint>
#include <string_view>

#include "ledger/records.pb.h"
#include "ledger/state.hpp"

namespace settled::ledger {

/// What a merchant is charged for what an intent brings. Taken down when the intent is made: later
/// settings do not touch it.
struct FeeTerms {
  std::uint32_t bps = 0;  ///< hundredths of a percent, at most 10,000
  Amount fixed;           ///< once an intent

  bool none() const { return bps == 0 && fixed.is_zero(); }
};

/// One transfer's fee.
struct Fee {
  Amount total;  ///< never above the transfer's amount
  Amount fixed;  ///< of `total`, what was taken of the fixed fee
};

/// The share of `amount`, rounded up to 10^-6 (what payers and requests can express) in favour of
/// the house, then what is due of the fixed fee; both together at most `amount`. What of the fixed
/// fee does not fit stays due for the intent's next transfer, so that a first payment of dust does
/// not buy it off. Pure. REQUIRES: bps <= 10,000.
Fee fee_of(Amount amount, std::uint32_t bps, Amount fixed_due);

/// From what a command or a record says. Error: Invalid `invalid_fee` for more than 10,000 bps.
Result<FeeTerms> fee_terms(std::uint32_t bps, std::string_view stored_fixed);
/// Error: Rejected `amount_too_small` where the fee would leave nothing of an intent's amount.
Status check_fee(const FeeTerms& terms, Amount amount);

/// A transfer is final and in the merchant's account: counts it to what the intent has for good
/// (Intent.finalized) and charges the intent's fee by an entry of its own, `fee.charged`. Sets
/// Transfer.fee; saving the transfer is the caller's. Never taken back: neither is finality.
Status charge_fee(State& state, pb::Transfer& transfer);

/// What of the intent's transfers is final. Intents that were paid under rules 1 did not count it:
/// there it is the sum over the transfers that the intent lists (the first 100).
Result<Amount> finalized_of(const State& state, const pb::Intent& intent);

}  // namespace settled::ledger
