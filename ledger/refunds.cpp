#include "ledger/refunds.hpp"

#include "ledger/events.hpp"
#include "ledger/fees.hpp"
#include "ledger/intents.hpp"
#include "ledger/keys.hpp"
#include "ledger/payouts.hpp"

namespace settled::ledger {
namespace {

Status check_refundable(const State& state, const pb::Intent& intent, Amount amount) {
  TRY(const Amount finalized, finalized_of(state, intent));
  TRY(const Amount refunded, amount_of(intent.refunded()));
  const Amount left = finalized.saturating_minus(refunded);
  if (amount <= left) return {};
  return fail(Errc::Rejected, "refund_exceeds_payment",
              left.to_string() + " " + intent.currency() +
                  " of this payment can be refunded: what is final, less other refunds",
              "amount");
}

Status give_back(State& state, const pb::Refund& refund) {
  TRY(auto intent, state.get<pb::Intent>(keys::intent(refund.intent())));
  TRY(const Amount amount, amount_of(refund.amount()));
  TRY(const Amount refunded, amount_of(intent.refunded()));
  TRY(const Amount rest, refunded.minus(amount));
  intent.set_refunded(rest.stored());
  save_intent(state, intent);
  return {};
}

void save(State& state, pb::Refund& refund) {
  refund.set_version(refund.version() + 1);
  state.put(keys::refund(refund.id()), refund);
}

}  // namespace

Result<pb::Reply> apply(State& state, const pb::RequestRefund& command) {
  TRY(const Amount amount, amount_of(command.payout().amount()));
  if (amount.is_zero()) {
    return fail(Errc::Invalid, "invalid_amount", "the amount must be positive", "amount");
  }
  TRY(auto intent, state.get<pb::Intent>(keys::intent(command.intent())));
  if (command.payout().merchant() != intent.merchant()) {
    return fail(Errc::NotFound, "not_found", "no such object");
  }
  if (command.payout().currency() != intent.currency()) {
    return fail(Errc::Rejected, "currency_mismatch", "the intent is in " + intent.currency(),
                "chain");
  }
  TRY_OK(check_refundable(state, intent, amount));
  pb::RequestPayout request = command.payout();
  request.clear_metadata();  // the refund's
  pb::Refund refund;
  refund.set_id(state.new_id().raw());
  TRY(auto payout, new_payout(state, request));
  payout.set_refund(refund.id());
  refund.set_intent(intent.id());
  refund.set_payout(payout.id());
  refund.set_merchant(intent.merchant());
  refund.set_currency(intent.currency());
  refund.set_amount(amount.stored());
  refund.set_chain(payout.chain());
  refund.set_destination(payout.destination());
  refund.set_status(payout.status());
  refund.set_created(to_ms(state.now()));
  *refund.mutable_metadata() = command.payout().metadata();
  refund.set_reason(command.reason());
  save(state, refund);
  state.put_index(keys::merchant_refund(refund.merchant(), refund.id()));
  state.put_index(keys::intent_refund(refund.intent(), refund.id()));
  TRY(const Amount refunded, amount_of(intent.refunded()));
  TRY(const Amount refunded_now, refunded.plus(amount));
  intent.set_refunded(refunded_now.stored());
  save_intent(state, intent);
  TRY_OK(save_payout(state, payout, "created"));
  pb::Reply reply;
  *reply.mutable_refund() = std::move(refund);
  return reply;
}

Status follow_payout(State& state, const pb::Payout& payout, std::string_view what) {
  TRY(auto refund, state.get<pb::Refund>(keys::refund(payout.refund())));
  if (refund.status() != payout.status()) {
    refund.set_status(payout.status());
    save(state, refund);
    const bool ended = is_terminal(refund.status());
    if (ended && refund.status() != pb::PAYOUT_SUCCEEDED) TRY_OK(give_back(state, refund));
  }
  if (!what.empty()) emit(state, "refund." + std::string(what), refund);
  return {};
}

}  // namespace settled::ledger
