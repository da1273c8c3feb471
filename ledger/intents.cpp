#include "ledger/intents.hpp"

#include <algorithm>

#include "ledger/deposits.hpp"
#include "ledger/events.hpp"
#include "ledger/fees.hpp"
#include "ledger/keys.hpp"

namespace settled::ledger {
namespace {

constexpr int kTransfersListed = 100;

Result<IntentFacts> facts_of(const pb::Intent& intent) {
  IntentFacts facts;
  TRY(facts.amount, amount_of(intent.amount()));
  TRY(facts.required, amount_of(intent.required()));
  TRY(facts.received, amount_of(intent.received()));
  TRY(facts.confirmed, amount_of(intent.confirmed()));
  TRY(facts.received_late, amount_of(intent.received_late()));
  facts.expired = intent.expired() != 0;
  facts.canceled = intent.canceled() != 0;
  facts.was_reversed = (intent.labels() & kReversed) != 0;
  return facts;
}

std::string_view event_of(pb::IntentStatus status) {
  switch (status) {
    case pb::REQUIRES_PAYMENT:
      return {};
    case pb::PARTIALLY_PAID:
      return "payment_intent.partially_paid";
    case pb::PROCESSING:
      return "payment_intent.processing";
    case pb::SUCCEEDED:
      return "payment_intent.succeeded";
    case pb::EXPIRED:
      return "payment_intent.expired";
    case pb::CANCELED:
      return "payment_intent.canceled";
    default:
      return {};  // protobuf's open enums have further values
  }
}

bool waits_for_payment(pb::IntentStatus status) {
  return status == pb::REQUIRES_PAYMENT || status == pb::PARTIALLY_PAID;
}

/// Sets status and labels from the sums.
Status recompute(pb::Intent& intent) {
  TRY(const IntentFacts facts, facts_of(intent));
  intent.set_status(status_of(facts));
  intent.set_labels(labels_of(facts, intent.status()));
  return {};
}

/// Recomputes, and expires an intent whose time is over and that nothing on its way would fulfil.
Status recompute_or_expire(State& state, pb::Intent& intent) {
  TRY(const IntentFacts facts, facts_of(intent));
  if (!facts.expired && to_ms(state.now()) >= intent.expires_at() &&
      waits_for_payment(status_of(facts))) {
    intent.set_expired(to_ms(state.now()));
  }
  return recompute(intent);
}

Status add(Amount& sum, Amount amount) {
  TRY(sum, sum.plus(amount));
  return {};
}

Status take(Amount& sum, Amount amount) {
  TRY(sum, sum.minus(amount));
  return {};
}

Status add_to_sums(pb::Intent& intent, const pb::Transfer& transfer, IntentChange change) {
  TRY(const Amount amount, amount_of(transfer.amount()));
  TRY(Amount received, amount_of(intent.received()));
  TRY(Amount confirmed, amount_of(intent.confirmed()));
  TRY(Amount received_late, amount_of(intent.received_late()));
  const Amount late = transfer.late() ? amount : Amount{};
  const bool went_back =
      change == IntentChange::ReversedSeen || change == IntentChange::ReversedConfirmed;
  if (change == IntentChange::Seen) {
    TRY_OK(add(received, amount));
    TRY_OK(add(received_late, late));
    if (intent.transfers_size() < kTransfersListed) intent.add_transfers(transfer.id());
  }
  if (change == IntentChange::Confirmed) TRY_OK(add(confirmed, amount));
  if (change == IntentChange::ReversedConfirmed) TRY_OK(take(confirmed, amount));
  if (went_back) {
    TRY_OK(take(received, amount));
    TRY_OK(take(received_late, late));
    intent.set_labels(intent.labels() | kReversed);
  }
  intent.set_received(received.stored());
  intent.set_received_late(received_late.stored());
  intent.set_confirmed(confirmed.stored());
  return {};
}

bool lists(const pb::Intent& intent, const std::string& transfer) {
  return std::ranges::find(intent.transfers(), transfer) != intent.transfers().end();
}

}  // namespace

void save_intent(State& state, pb::Intent& intent) {
  intent.set_version(intent.version() + 1);
  state.put(keys::intent(intent.id()), intent);
}

pb::IntentStatus status_of(const IntentFacts& facts) {
  if (facts.canceled) return pb::CANCELED;
  if (facts.confirmed >= facts.required) return pb::SUCCEEDED;
  if (facts.received >= facts.required) return pb::PROCESSING;
  if (facts.expired) return pb::EXPIRED;
  return facts.received.is_zero() ? pb::REQUIRES_PAYMENT : pb::PARTIALLY_PAID;
}

std::uint32_t labels_of(const IntentFacts& facts, pb::IntentStatus status) {
  std::uint32_t labels = facts.was_reversed ? kReversed : 0;
  const bool ended = status == pb::EXPIRED || status == pb::SUCCEEDED || status == pb::CANCELED;
  if (ended && !facts.received.is_zero() && facts.received < facts.amount) labels |= kUnderpaid;
  if (facts.received > facts.amount) labels |= kOverpaid;
  const bool paid = status == pb::PROCESSING || status == pb::SUCCEEDED;
  if (paid && facts.received.saturating_minus(facts.received_late) < facts.required) {
    labels |= kLate;
  }
  return labels;
}

Result<pb::Reply> apply(State& state, const pb::CreateIntent& command) {
  TRY(const Amount amount, amount_of(command.amount()));
  TRY(const Amount required, amount_of(command.required()));
  if (amount.is_zero() || required.is_zero() || required > amount) {
    return fail(Errc::Invalid, "invalid_amount", "the amount must be positive", "amount");
  }
  TRY(const FeeTerms fee, fee_terms(command.fee_bps(), command.fee_fixed()));
  TRY_OK(state.get<pb::Merchant>(keys::merchant(command.merchant())));
  TRY_OK(check_fee(fee, amount));
  pb::Intent intent;
  intent.set_id(state.new_id().raw());
  TRY(const AssignedAddress assigned, assign_deposit_address(state, intent.id()));
  intent.set_merchant(command.merchant());
  intent.set_currency(command.currency());
  intent.set_amount(command.amount());
  intent.set_required(command.required());
  *intent.mutable_options() = command.options();
  intent.set_deposit_address(assigned.address);
  intent.set_deposit_index(assigned.index);
  intent.set_reference(command.reference());
  intent.set_description(command.description());
  intent.set_return_url(command.return_url());
  *intent.mutable_metadata() = command.metadata();
  intent.set_created(to_ms(state.now()));
  intent.set_expires_at(to_ms(state.now()) + command.expires_in_ms());
  intent.set_late_until(intent.expires_at() + command.late_window_ms());
  intent.set_fee_bps(command.fee_bps());
  intent.set_fee_fixed(command.fee_fixed());
  save_intent(state, intent);
  state.put_index(keys::merchant_intent(intent.merchant(), intent.id()));
  state.put_index(keys::expiry(from_ms(intent.expires_at()), intent.id()));
  emit(state, "payment_intent.created", intent);
  pb::Reply reply;
  *reply.mutable_intent() = std::move(intent);
  return reply;
}

Result<pb::Reply> apply(State& state, const pb::CancelIntent& command) {
  TRY(auto intent, state.get<pb::Intent>(keys::intent(command.id())));
  if (!waits_for_payment(intent.status())) {
    return fail(Errc::Conflict, "not_cancelable",
                "only an intent that still waits for payment can be canceled");
  }
  intent.set_canceled(to_ms(state.now()));
  TRY_OK(recompute(intent));
  save_intent(state, intent);
  emit(state, "payment_intent.canceled", intent);
  pb::Reply reply;
  *reply.mutable_intent() = std::move(intent);
  return reply;
}

Result<pb::Reply> apply(State& state, const pb::ExpireIntents& command) {
  if (command.limit() == 0) {
    return fail(Errc::Invalid, "invalid_limit", "the limit must be positive", "limit");
  }
  const std::string from = keys::expiry(from_ms(state.head().expired_until()), {});
  const std::string to = keys::expiry(state.now() + std::chrono::milliseconds{1}, {});
  TRY(const auto due, state.range(from, to, command.limit()));
  pb::Reply reply;
  for (const auto& [key, unused] : due) {
    TRY(const auto id, keys::last_id(key, from.size()));
    TRY(auto intent, state.get<pb::Intent>(keys::intent(id)));
    state.erase(key);
    const pb::IntentStatus before = intent.status();
    TRY_OK(recompute_or_expire(state, intent));
    if (intent.status() == before) continue;
    save_intent(state, intent);
    emit(state, event_of(intent.status()), intent);
    reply.set_count(reply.count() + 1);
  }
  const bool all = due.size() < command.limit();
  const std::int64_t until =
      all ? to_ms(state.now()) + 1 : static_cast<std::int64_t>(keys::read_u64(due.back().first, 1));
  state.head().set_expired_until(until);
  return reply;
}

Status change_intent(State& state, const pb::Transfer& transfer, IntentChange change) {
  TRY(auto intent, state.get<pb::Intent>(keys::intent(transfer.intent())));
  const pb::IntentStatus before = intent.status();
  if (change == IntentChange::Seen && lists(intent, transfer.id())) {
    // The same log in another block after a reorganisation: it is listed already.
    intent.mutable_transfers()->erase(
        std::ranges::find(*intent.mutable_transfers(), transfer.id()));
  }
  TRY_OK(add_to_sums(intent, transfer, change));
  const bool went_back =
      change == IntentChange::ReversedSeen || change == IntentChange::ReversedConfirmed;
  // ExpireIntents looks at each intent once. One that was being paid then and no longer is expires
  // here; one that is paid in part, found late, goes through partially_paid first.
  TRY_OK(went_back ? recompute_or_expire(state, intent) : recompute(intent));
  save_intent(state, intent);
  const bool another_part = change == IntentChange::Seen && intent.status() == pb::PARTIALLY_PAID;
  if (went_back) {
    emit(state, "payment_intent.reversed", intent);
    if (intent.status() == pb::EXPIRED && before != pb::EXPIRED) {
      emit(state, "payment_intent.expired", intent);
    }
  } else if (intent.status() != before || another_part) {
    emit(state, event_of(intent.status()), intent);
  }
  return {};
}

}  // namespace settled::ledger
