#include "ledger/transfers.hpp"

#include <algorithm>

#include "ledger/accounts.hpp"
#include "ledger/events.hpp"
#include "ledger/fees.hpp"
#include "ledger/intents.hpp"
#include "ledger/keys.hpp"
#include "ledger/payouts.hpp"

namespace settled::ledger {
namespace {

std::string subject(const pb::Transfer& transfer) {
  return TransferId::from_raw(transfer.id()).to_string();
}

void save(State& state, pb::Transfer& transfer) {
  transfer.set_version(transfer.version() + 1);
  state.put(keys::transfer(transfer.id()), transfer);
}

bool accepts(const pb::Intent& intent, const pb::Transfer& transfer) {
  return std::ranges::any_of(intent.options(), [&](const pb::PaymentOption& option) {
    return option.chain() == transfer.chain() && option.token_address() == transfer.token_address();
  });
}

/// Why the transfer is not the intent's money; empty if it is.
std::string refusal_of(const pb::Intent& intent, const pb::Transfer& transfer) {
  if (intent.canceled() != 0) return "canceled";
  if (!accepts(intent, transfer)) return "token_not_accepted";
  if (transfer.block_time() > intent.late_until()) return "late";
  return {};
}

void match_intent(const pb::Intent& intent, pb::Transfer& transfer) {
  transfer.set_disposition(pb::MATCHED);
  transfer.clear_reason();
  transfer.set_intent(intent.id());
  transfer.set_merchant(intent.merchant());
  transfer.set_late(transfer.block_time() > intent.expires_at());
  transfer.set_credit_account(
      chart::merchant(MerchantId::from_raw(intent.merchant()).to_string(), transfer.currency())
          .code);
}

/// Assigning is a decision of somebody's: the intent's own time limit was waived by it.
void assign_to(const pb::Intent& intent, pb::Transfer& transfer) {
  match_intent(intent, transfer);
  transfer.set_late(false);
}

void to_suspense(pb::Transfer& transfer, std::string reason) {
  transfer.set_disposition(pb::SUSPENSE);
  transfer.clear_intent();
  transfer.set_credit_account(chart::suspense(reason, transfer.currency()).code);
  transfer.set_reason(std::move(reason));
}

/// Money that reached a deposit address: whose it is is decided by the intent as it is now.
Status receive(State& state, const pb::DepositAddress& address, pb::Transfer& transfer) {
  transfer.set_debit_account(
      chart::deposits(transfer.chain(), transfer.token(), transfer.currency()).code);
  if (address.intent().empty()) {
    to_suspense(transfer, "no_intent");
    pb::DepositAddress used = address;
    used.set_used(true);
    state.put(keys::deposit_address(transfer.to()), used);
    return {};
  }
  TRY(const auto intent, state.get<pb::Intent>(keys::intent(address.intent())));
  std::string reason = refusal_of(intent, transfer);
  if (reason.empty()) {
    match_intent(intent, transfer);
  } else {
    transfer.set_merchant(intent.merchant());
    to_suspense(transfer, std::move(reason));
  }
  return {};
}

/// Where the value comes from, if that is an account of ours: a signer's or the deposit addresses'.
Result<std::optional<AccountRef>> source_account(const State& state, const pb::Transfer& transfer) {
  TRY(const auto signer, state.index(keys::signer_address(transfer.chain(), transfer.from())));
  if (signer) {
    return std::optional(
        chart::wallet(*signer, transfer.chain(), transfer.token(), transfer.currency()));
  }
  TRY(const auto deposit, state.index(keys::deposit_address(transfer.from())));
  if (deposit) {
    return std::optional(chart::deposits(transfer.chain(), transfer.token(), transfer.currency()));
  }
  return std::optional<AccountRef>{};
}

/// The payout that the transfer carries out: its transaction is one of the payout's attempts, and
/// it takes the payout's token from the payout's signer. Where the payout has ended already, a node
/// told an untruth about its receipt; the money has left all the same, and is the treasury's loss,
/// since refusing the block would stop everybody's payments.
Result<std::optional<pb::Payout>> payout_of(const State& state, const pb::Transfer& transfer,
                                            const std::optional<AccountRef>& source) {
  TRY(const auto id, state.index(keys::attempt_hash(transfer.chain(), transfer.tx_hash())));
  if (!id || !source) return std::optional<pb::Payout>{};
  TRY(auto payout, state.get<pb::Payout>(keys::payout(*id)));
  const AccountRef wallet =
      chart::wallet(payout.signer(), payout.chain(), payout.token(), payout.currency());
  if (source->code != wallet.code || is_terminal(payout.status()))
    return std::optional<pb::Payout>{};
  return std::optional(std::move(payout));
}

/// Decides what the transfer is: a payment, a payout of ours, or the treasury's. False: not ours.
Result<bool> classify(State& state, pb::Transfer& transfer) {
  TRY(const auto source, source_account(state, transfer));
  TRY(const auto deposit, state.find<pb::DepositAddress>(keys::deposit_address(transfer.to())));
  TRY(const auto signer, state.index(keys::signer_address(transfer.chain(), transfer.to())));
  TRY(const auto payout, payout_of(state, transfer, source));
  if (!source && !deposit && !signer) return false;

  transfer.set_disposition(pb::MATCHED);
  const std::string treasury = chart::treasury(transfer.currency()).code;
  transfer.set_credit_account(source ? source->code : treasury);
  transfer.set_debit_account(treasury);
  transfer.set_outgoing(source.has_value() && !deposit && !signer);
  if (state.rules() >= 2) transfer.set_source_account(source && deposit ? source->code : "");
  if (deposit) {
    TRY_OK(receive(state, *deposit, transfer));
  } else if (signer) {
    transfer.set_reason("treasury");
    transfer.set_debit_account(
        chart::wallet(*signer, transfer.chain(), transfer.token(), transfer.currency()).code);
  } else if (payout) {
    transfer.set_payout(payout->id());
    transfer.set_merchant(payout->merchant());
    transfer.clear_debit_account();
    transfer.clear_credit_account();
  } else {
    transfer.set_reason("treasury");
  }
  return true;
}

/// A payout's transfer is booked by the payout's own hold; everything else books itself.
bool books_itself(const pb::Transfer& transfer) {
  return transfer.payout().empty();
}

/// The account of ours that the value was taken from beside the credited one; empty: none.
Result<std::string> other_source(const State& state, const pb::Transfer& transfer) {
  if (transfer.has_source_account()) return transfer.source_account();
  // Seen under rules 1, when it was looked for only now.
  TRY(const auto source, source_account(state, transfer));
  if (!source || source->code == transfer.credit_account()) return std::string();
  return source->code;
}

/// Money that left one of our accounts for a deposit address is taken from where it was too.
Result<std::vector<Posting>> lines_of(const State& state, const pb::Transfer& transfer) {
  TRY(const Amount amount, amount_of(transfer.amount()));
  const auto account = [&](const std::string& code) {
    return AccountRef{code, transfer.currency()};
  };
  std::vector<Posting> lines{debit(account(transfer.debit_account()), amount),
                             credit(account(transfer.credit_account()), amount)};
  TRY(const std::string source, other_source(state, transfer));
  if (!source.empty()) {
    lines.push_back(debit(chart::treasury(transfer.currency()), amount));
    lines.push_back(credit(account(source), amount));
  }
  return lines;
}

pb::Transfer describe(const pb::Chain& chain, const pb::ObservedTransfer& observed) {
  pb::Transfer transfer;
  transfer.set_chain(chain.name());
  transfer.set_token(observed.token());
  transfer.set_currency(observed.currency());
  transfer.set_token_address(observed.token_address());
  transfer.set_decimals(observed.decimals());
  transfer.set_tx_hash(observed.tx_hash());
  transfer.set_log_index(observed.log_index());
  transfer.set_from(observed.from());
  transfer.set_to(observed.to());
  transfer.set_amount(observed.amount());
  return transfer;
}

/// What a log was before a reorganisation took it back; nothing where it is new.
Result<std::optional<pb::Transfer>> reversed_before(const State& state, const pb::Chain& chain,
                                                    const pb::ObservedTransfer& observed) {
  TRY(const auto known,
      state.index(keys::transfer_log(chain.name(), observed.tx_hash(), observed.log_index())));
  if (!known) return std::optional<pb::Transfer>{};
  TRY(auto before, state.get<pb::Transfer>(keys::transfer(*known)));
  if (before.status() != pb::REVERSED) {
    return fail(Errc::Corrupt, "transfer_seen_twice", subject(before) + " is in the chain already");
  }
  return std::optional(std::move(before));
}

/// What was decided about a log outlives the block that it was in: money that was assigned stays
/// assigned, unless the intent was canceled meanwhile. The merchant who has it no longer stops
/// seeing it.
Status come_back(State& state, const pb::Transfer& before, pb::Transfer& transfer) {
  if (state.rules() < 2) return {};
  if (before.assigned() && transfer.disposition() == pb::SUSPENSE) {
    TRY(const auto intent, state.get<pb::Intent>(keys::intent(before.intent())));
    if (intent.canceled() == 0) {
      assign_to(intent, transfer);
      transfer.set_assigned(true);
    }
  }
  if (!before.merchant().empty() && before.merchant() != transfer.merchant()) {
    state.erase(keys::merchant_transfer(before.merchant(), transfer.id()));
  }
  return {};
}

std::unexpected<Error> not_unfinal() {
  return fail(Errc::Corrupt, "corrupt_record", "an index names a transfer that is not unfinal");
}

}  // namespace

Status see_transfer(State& state, pb::Chain& chain, const pb::ObservedBlock& block,
                    const pb::ObservedTransfer& observed) {
  TRY(const Amount amount, amount_of(observed.amount()));
  if (amount.is_zero() || observed.from() == observed.to()) return {};
  TRY(const auto before, reversed_before(state, chain, observed));
  pb::Transfer transfer = describe(chain, observed);
  transfer.set_block_number(block.number());
  transfer.set_block_hash(block.hash());
  transfer.set_block_time(block.time());
  transfer.set_evidence(observed.evidence());
  if (observed.has_log_in_receipt()) {
    transfer.set_proven_by(state.head().sequence() + 1);
    transfer.set_log_in_receipt(observed.log_in_receipt());
  }
  transfer.set_status(pb::SEEN);
  TRY(const bool ours, classify(state, transfer));
  if (!ours) return {};
  if (before) {
    transfer.set_id(before->id());
    transfer.set_created(before->created());
    transfer.set_version(before->version());
    TRY_OK(come_back(state, *before, transfer));
  } else {
    transfer.set_id(state.new_id().raw());
    transfer.set_created(to_ms(state.now()));
    state.put_index(keys::transfer_log(chain.name(), transfer.tx_hash(), transfer.log_index()),
                    transfer.id());
  }
  if (!transfer.merchant().empty()) {
    state.put_index(keys::merchant_transfer(transfer.merchant(), transfer.id()));
  }
  state.put_index(keys::unfinal_transfer(chain.name(), transfer.block_number(), transfer.id()));
  chain.set_unfinal_transfers(chain.unfinal_transfers() + 1);
  save(state, transfer);
  emit(state, "transfer.seen", transfer);
  if (!transfer.intent().empty()) return change_intent(state, transfer, IntentChange::Seen);
  if (!transfer.payout().empty()) return payout_mined(state, transfer);
  return {};
}

Result<bool> is_missed_payment(const State& state, const pb::Chain& chain,
                               const pb::ObservedTransfer& observed) {
  TRY(const auto known,
      state.index(keys::transfer_log(chain.name(), observed.tx_hash(), observed.log_index())));
  if (known) {
    TRY(const auto transfer, state.get<pb::Transfer>(keys::transfer(*known)));
    if (transfer.status() != pb::REVERSED) return false;
  }
  TRY(const auto to, state.find<pb::DepositAddress>(keys::deposit_address(observed.to())));
  TRY(const auto from, state.find<pb::DepositAddress>(keys::deposit_address(observed.from())));
  TRY(const auto signer, state.index(keys::signer_address(chain.name(), observed.from())));
  return to.has_value() && !from && !signer;
}

Status confirm_transfer(State& state, pb::Transfer& transfer) {
  if (transfer.status() != pb::SEEN) return not_unfinal();
  transfer.set_status(pb::CONFIRMED);
  if (books_itself(transfer)) {
    TRY(const auto lines, lines_of(state, transfer));
    TRY(const EntryId entry, hold(state, "transfer.confirmed", subject(transfer), lines));
    transfer.set_hold(entry.raw());
  }
  save(state, transfer);
  emit(state, "transfer.confirmed", transfer);
  if (transfer.disposition() == pb::SUSPENSE) emit(state, "transfer.suspense", transfer);
  if (transfer.intent().empty()) return {};
  return change_intent(state, transfer, IntentChange::Confirmed);
}

Status finalize_transfer(State& state, pb::Transfer& transfer) {
  if (transfer.status() == pb::SEEN) TRY_OK(confirm_transfer(state, transfer));
  if (transfer.status() != pb::CONFIRMED) return not_unfinal();
  transfer.set_status(pb::FINALIZED);
  if (!transfer.hold().empty()) {
    TRY_OK(post_hold(state, transfer.hold(), "transfer.finalized", subject(transfer)));
  }
  TRY_OK(charge_fee(state, transfer));
  save(state, transfer);
  emit(state, "transfer.finalized", transfer);
  return {};
}

Status reverse_transfer(State& state, pb::Transfer& transfer) {
  const bool confirmed = transfer.status() == pb::CONFIRMED;
  if (!confirmed && transfer.status() != pb::SEEN) return not_unfinal();
  transfer.set_status(pb::REVERSED);
  if (!transfer.hold().empty()) {
    TRY_OK(void_hold(state, transfer.hold(), "transfer.reversed", subject(transfer)));
    transfer.clear_hold();
  }
  save(state, transfer);
  emit(state, "transfer.reversed", transfer);
  if (!transfer.intent().empty()) {
    return change_intent(state, transfer,
                         confirmed ? IntentChange::ReversedConfirmed : IntentChange::ReversedSeen);
  }
  if (!transfer.payout().empty()) return payout_unmined(state, transfer);
  return {};
}

Result<pb::Reply> apply(State& state, const pb::AssignTransfer& command) {
  TRY(auto transfer, state.get<pb::Transfer>(keys::transfer(command.transfer())));
  TRY(const auto intent, state.get<pb::Intent>(keys::intent(command.intent())));
  if (transfer.disposition() != pb::SUSPENSE || transfer.status() == pb::REVERSED) {
    return fail(Errc::Conflict, "not_assignable", "the transfer is not in suspense");
  }
  if (intent.canceled() != 0) {
    return fail(Errc::Conflict, "intent_canceled", "the intent is canceled", "payment_intent");
  }
  if (intent.currency() != transfer.currency()) {
    return fail(
        Errc::Rejected, "currency_mismatch",
        "the intent is in " + intent.currency() + ", the transfer in " + transfer.currency(),
        "payment_intent");
  }
  const AccountRef from{transfer.credit_account(), transfer.currency()};
  const std::string merchant_before = transfer.merchant();
  assign_to(intent, transfer);
  if (state.rules() >= 2) transfer.set_assigned(true);
  const AccountRef to{transfer.credit_account(), transfer.currency()};
  TRY(const Amount amount, amount_of(transfer.amount()));
  if (transfer.status() == pb::CONFIRMED) {
    TRY_OK(void_hold(state, transfer.hold(), "transfer.assigned", subject(transfer)));
    TRY(const auto lines, lines_of(state, transfer));
    TRY(const EntryId entry, hold(state, "transfer.assigned", subject(transfer), lines));
    transfer.set_hold(entry.raw());
  } else if (transfer.status() == pb::FINALIZED) {
    TRY_OK(post(state, "transfer.assigned", subject(transfer),
                {debit(from, amount), credit(to, amount)}));
    TRY_OK(charge_fee(state, transfer));
  }
  if (merchant_before != transfer.merchant()) {
    if (!merchant_before.empty()) {
      state.erase(keys::merchant_transfer(merchant_before, transfer.id()));
    }
    state.put_index(keys::merchant_transfer(transfer.merchant(), transfer.id()));
  }
  save(state, transfer);
  TRY_OK(change_intent(state, transfer, IntentChange::Seen));
  if (transfer.status() != pb::SEEN) {
    TRY_OK(change_intent(state, transfer, IntentChange::Confirmed));
  }
  pb::Reply reply;
  *reply.mutable_transfer() = std::move(transfer);
  return reply;
}

}  // namespace settled::ledger
