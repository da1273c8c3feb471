#include "ledger/fees.hpp"

#include <algorithm>

#include "ledger/accounts.hpp"
#include "ledger/intents.hpp"
#include "ledger/keys.hpp"

namespace settled::ledger {
namespace {

constexpr std::uint32_t kWhole = 10'000;
constexpr uint128 kStep = 1'000'000'000'000;  // 10^-6 in units of 10^-18

/// amount * bps / 10,000, rounded up to the next step, but not above the amount.
Amount share_of(Amount amount, std::uint32_t bps) {
  INVARIANT(bps <= kWhole);
  // Split so that no product can overflow.
  const uint128 quotient = amount.units() / kWhole;
  const uint128 remainder = amount.units() % kWhole;
  const uint128 exact = quotient * bps + (remainder * bps + kWhole - 1) / kWhole;
  const uint128 up_to_step = (kStep - exact % kStep) % kStep;
  return Amount::from_units(exact + std::min(up_to_step, amount.units() - exact));
}

}  // namespace

Fee fee_of(Amount amount, std::uint32_t bps, Amount fixed_due) {
  const Amount share = share_of(amount, bps);
  const Amount left = amount.saturating_minus(share);
  const Amount fixed = std::min(fixed_due, left);
  return {Amount::from_units(share.units() + fixed.units()), fixed};
}

Result<FeeTerms> fee_terms(std::uint32_t bps, std::string_view stored_fixed) {
  FeeTerms terms;
  if (bps > kWhole) {
    return fail(Errc::Invalid, "invalid_fee", "a fee is at most 10,000 basis points", "fee");
  }
  terms.bps = bps;
  TRY(terms.fixed, amount_of(stored_fixed));
  return terms;
}

Status check_fee(const FeeTerms& terms, Amount amount) {
  if (terms.none() || fee_of(amount, terms.bps, terms.fixed).total < amount) return {};
  return fail(Errc::Rejected, "amount_too_small", "the fee would leave nothing of the amount",
              "amount");
}

Result<Amount> finalized_of(const State& state, const pb::Intent& intent) {
  if (!intent.finalized().empty()) return amount_of(intent.finalized());
  Amount sum;
  for (const std::string& id : intent.transfers()) {
    TRY(const auto transfer, state.get<pb::Transfer>(keys::transfer(id)));
    if (transfer.status() != pb::FINALIZED || transfer.intent() != intent.id()) continue;
    TRY(const Amount amount, amount_of(transfer.amount()));
    TRY(sum, sum.plus(amount));
  }
  return sum;
}

Status charge_fee(State& state, pb::Transfer& transfer) {
  if (state.rules() < 2 || transfer.intent().empty()) return {};
  TRY(auto intent, state.get<pb::Intent>(keys::intent(transfer.intent())));
  TRY(const Amount amount, amount_of(transfer.amount()));
  TRY(const Amount finalized, finalized_of(state, intent));
  TRY(const Amount total, finalized.plus(amount));
  intent.set_finalized(total.stored());

  TRY(const FeeTerms terms, fee_terms(intent.fee_bps(), intent.fee_fixed()));
  TRY(const Amount charged, amount_of(intent.fee_charged()));
  TRY(const Amount fixed_charged, amount_of(intent.fee_fixed_charged()));
  const Fee fee = fee_of(amount, terms.bps, terms.fixed.saturating_minus(fixed_charged));
  if (fee.total.is_zero()) {
    // Nothing that the intent shows has changed, so its version stays.
    state.put(keys::intent(intent.id()), intent);
    return {};
  }
  TRY(const Amount charged_now, charged.plus(fee.total));
  TRY(const Amount fixed_now, fixed_charged.plus(fee.fixed));
  intent.set_fee_charged(charged_now.stored());
  intent.set_fee_fixed_charged(fixed_now.stored());
  save_intent(state, intent);
  transfer.set_fee(fee.total.stored());
  TRY_OK(post(state, "fee.charged", TransferId::from_raw(transfer.id()).to_string(),
              {debit({transfer.credit_account(), transfer.currency()}, fee.total),
               credit(chart::fees(transfer.currency()), fee.total)}));
  return {};
}

}  // namespace settled::ledger
