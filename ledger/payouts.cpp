#include "ledger/payouts.hpp"

#include <algorithm>

#include "ledger/accounts.hpp"
#include "ledger/events.hpp"
#include "ledger/keys.hpp"
#include "ledger/refunds.hpp"

namespace settled::ledger {
namespace {

Result<pb::Payout> get_payout(const State& state, const std::string& id) {
  return state.get<pb::Payout>(keys::payout(id));
}

Status check_destination(const State& state, const pb::RequestPayout& command) {
  const auto refuse = [](std::string why) {
    return fail(Errc::Rejected, "invalid_destination", std::move(why), "destination");
  };
  const std::string& to = command.destination();
  if (std::ranges::all_of(to, [](char c) { return c == '\0'; })) {
    return refuse("the zero address burns the money");
  }
  if (to == command.token_address()) return refuse("that is the token's own contract");
  TRY(const auto deposit, state.index(keys::deposit_address(to)));
  if (deposit) return refuse("that is a deposit address of this system");
  TRY(const auto signer, state.index(keys::signer_address(command.chain(), to)));
  if (signer) return refuse("that is a signer of this system");
  return {};
}

Result<pb::Reply> reply_with(pb::Payout payout) {
  pb::Reply reply;
  *reply.mutable_payout() = std::move(payout);
  return reply;
}

/// Ends a payout that was never signed and gives the merchant everything back.
Result<pb::Reply> release(State& state, pb::Payout payout, pb::PayoutStatus status,
                          std::string_view what) {
  TRY_OK(set_payout_status(state, payout, status));
  TRY_OK(void_hold(state, payout.hold(), "payout." + std::string(what), payout_subject(payout)));
  TRY_OK(save_payout(state, payout, what));
  return reply_with(std::move(payout));
}

Status check_approver(const pb::Payout& payout, const std::string& key) {
  if (payout.status() != pb::PENDING_APPROVAL) {
    return fail(Errc::Conflict, "not_pending_approval", "the payout does not wait for approval");
  }
  if (payout.created_by() == key) {
    return fail(Errc::Rejected, "maker_is_checker", "who asked for a payout cannot decide on it");
  }
  return {};
}

std::unexpected<Error> no_attempt() {
  return fail(Errc::Corrupt, "corrupt_record", "a transfer is of no attempt of its payout");
}

}  // namespace

bool is_terminal(pb::PayoutStatus status) {
  return status == pb::PAYOUT_SUCCEEDED || status == pb::FAILED || status == pb::REJECTED ||
         status == pb::PAYOUT_CANCELED;
}

bool may_follow(pb::PayoutStatus from, pb::PayoutStatus to) {
  switch (from) {
    case pb::PENDING_APPROVAL:
      return to == pb::QUEUED || to == pb::REJECTED || to == pb::PAYOUT_CANCELED;
    case pb::QUEUED:
      return to == pb::SUBMITTED || to == pb::FAILED || to == pb::PAYOUT_CANCELED;
    case pb::SUBMITTED:
      return to == pb::CONFIRMING || to == pb::FAILED || to == pb::UNKNOWN;
    case pb::CONFIRMING:
      return to == pb::SUBMITTED || to == pb::PAYOUT_SUCCEEDED;
    case pb::UNKNOWN:
      return to == pb::CONFIRMING || to == pb::FAILED;
    default:
      return false;
  }
}

Status set_payout_status(State& state, pb::Payout& payout, pb::PayoutStatus status) {
  if (!may_follow(payout.status(), status)) {
    return fail(Errc::Conflict, "illegal_payout_state",
                "a payout cannot go from status " + std::to_string(payout.status()) + " to " +
                    std::to_string(status));
  }
  payout.set_status(status);
  const std::string open = keys::open_payout(payout.chain(), payout.signer(), payout.id());
  if (is_terminal(status)) {
    state.erase(open);
  } else {
    state.put_index(open, std::string(1, static_cast<char>(status)));
  }
  return {};
}

Status save_payout(State& state, pb::Payout& payout, std::string_view what) {
  payout.set_version(payout.version() + 1);
  state.put(keys::payout(payout.id()), payout);
  if (!what.empty()) emit(state, "payout." + std::string(what), payout);
  return payout.refund().empty() ? Status{} : follow_payout(state, payout, what);
}

pb::Attempt* find_attempt(pb::Payout& payout, std::string_view tx_hash) {
  for (pb::Attempt& attempt : *payout.mutable_attempts()) {
    if (attempt.tx_hash() == tx_hash) return &attempt;
  }
  return nullptr;
}

std::string payout_subject(const pb::Payout& payout) {
  return PayoutId::from_raw(payout.id()).to_string();
}

Result<pb::Payout> new_payout(State& state, const pb::RequestPayout& command) {
  TRY(const Amount amount, amount_of(command.amount()));
  if (amount.is_zero()) {
    return fail(Errc::Invalid, "invalid_amount", "the amount must be positive", "amount");
  }
  TRY_OK(state.get<pb::Merchant>(keys::merchant(command.merchant())));
  TRY_OK(check_destination(state, command));
  pb::Payout payout;
  payout.set_id(state.new_id().raw());
  payout.set_merchant(command.merchant());
  payout.set_currency(command.currency());
  payout.set_amount(command.amount());
  payout.set_chain(command.chain());
  payout.set_token(command.token());
  payout.set_token_address(command.token_address());
  payout.set_decimals(command.decimals());
  payout.set_destination(command.destination());
  payout.set_signer(command.signer());
  payout.set_reference(command.reference());
  *payout.mutable_metadata() = command.metadata();
  payout.set_created_by(command.created_by());
  payout.set_approvals_required(command.approvals_required());
  payout.set_created(to_ms(state.now()));
  payout.set_status(command.approvals_required() > 0 ? pb::PENDING_APPROVAL : pb::QUEUED);
  const std::string merchant = MerchantId::from_raw(payout.merchant()).to_string();
  TRY(const EntryId held,
      hold(
          state, "payout.created", payout_subject(payout),
          {debit(chart::merchant(merchant, payout.currency()), amount),
           credit(chart::wallet(payout.signer(), payout.chain(), payout.token(), payout.currency()),
                  amount)}));
  payout.set_hold(held.raw());
  state.put_index(keys::merchant_payout(payout.merchant(), payout.id()));
  state.put_index(keys::open_payout(payout.chain(), payout.signer(), payout.id()),
                  std::string(1, static_cast<char>(payout.status())));
  return payout;
}

Result<pb::Reply> apply(State& state, const pb::RequestPayout& command) {
  TRY(auto payout, new_payout(state, command));
  TRY_OK(save_payout(state, payout, "created"));
  return reply_with(std::move(payout));
}

Result<pb::Reply> apply(State& state, const pb::ApprovePayout& command) {
  TRY(auto payout, get_payout(state, command.id()));
  TRY_OK(check_approver(payout, command.key()));
  for (const pb::Approval& approval : payout.approvals()) {
    if (approval.key() == command.key()) {
      return fail(Errc::Conflict, "already_approved", "this key approved the payout before");
    }
  }
  pb::Approval& approval = *payout.add_approvals();
  approval.set_key(command.key());
  approval.set_at(to_ms(state.now()));
  const auto given = static_cast<std::uint32_t>(payout.approvals_size());
  const bool enough = given >= payout.approvals_required();
  if (enough) TRY_OK(set_payout_status(state, payout, pb::QUEUED));
  TRY_OK(save_payout(state, payout, enough ? "approved" : ""));
  return reply_with(std::move(payout));
}

Result<pb::Reply> apply(State& state, const pb::RejectPayout& command) {
  TRY(auto payout, get_payout(state, command.id()));
  TRY_OK(check_approver(payout, command.key()));
  return release(state, std::move(payout), pb::REJECTED, "rejected");
}

Result<pb::Reply> apply(State& state, const pb::CancelPayout& command) {
  TRY(auto payout, get_payout(state, command.id()));
  if (!may_follow(payout.status(), pb::PAYOUT_CANCELED)) {
    return fail(Errc::Conflict, "not_cancelable", "the payout was signed or has ended");
  }
  return release(state, std::move(payout), pb::PAYOUT_CANCELED, "canceled");
}

Result<pb::Reply> apply(State& state, const pb::FailPayout& command) {
  TRY(auto payout, get_payout(state, command.id()));
  if (payout.status() != pb::QUEUED) {
    return fail(Errc::Conflict, "illegal_payout_state", "the payout is not queued");
  }
  payout.set_failure_code(command.code());
  payout.set_failure_detail(command.detail());
  return release(state, std::move(payout), pb::FAILED, "failed");
}

Result<pb::Reply> apply(State& state, const pb::RecordAttempt& command) {
  TRY(auto payout, get_payout(state, command.payout()));
  TRY_OK(set_payout_status(state, payout, pb::SUBMITTED));
  TRY(auto signer, state.get<pb::SignerState>(keys::signer(payout.chain(), payout.signer())));
  if (signer.next_nonce() != command.nonce()) {
    return fail(Errc::Conflict, "nonce_not_next",
                "the next nonce is " + std::to_string(signer.next_nonce()));
  }
  signer.set_next_nonce(command.nonce() + 1);
  state.put(keys::signer(payout.chain(), payout.signer()), signer);
  pb::Attempt& attempt = *payout.add_attempts();
  attempt.set_tx_hash(command.tx_hash());
  attempt.set_nonce(command.nonce());
  attempt.set_raw(command.raw());
  attempt.set_created(to_ms(state.now()));
  state.put_index(keys::attempt_hash(payout.chain(), command.tx_hash()), payout.id());
  TRY_OK(save_payout(state, payout, "submitted"));
  return reply_with(std::move(payout));
}

Result<pb::Reply> apply(State& state, const pb::MarkPayoutUnknown& command) {
  TRY(auto payout, get_payout(state, command.id()));
  TRY_OK(set_payout_status(state, payout, pb::UNKNOWN));
  payout.set_failure_code("unknown");
  payout.set_failure_detail(command.detail());
  TRY_OK(save_payout(state, payout));
  return reply_with(std::move(payout));
}

Status payout_mined(State& state, const pb::Transfer& transfer) {
  TRY(auto payout, get_payout(state, transfer.payout()));
  pb::Attempt* attempt = find_attempt(payout, transfer.tx_hash());
  if (attempt == nullptr) return no_attempt();
  TRY(const Amount sent, amount_of(payout.sent()));
  TRY(const Amount amount, amount_of(transfer.amount()));
  TRY(const Amount total, sent.plus(amount));
  payout.set_sent(total.stored());
  attempt->set_status(pb::MINED);
  attempt->set_block_number(transfer.block_number());
  if (payout.status() != pb::CONFIRMING) {
    TRY_OK(set_payout_status(state, payout, pb::CONFIRMING));
    payout.clear_failure_code();
    payout.clear_failure_detail();
  }
  return save_payout(state, payout);
}

Status payout_unmined(State& state, const pb::Transfer& transfer) {
  TRY(auto payout, get_payout(state, transfer.payout()));
  pb::Attempt* attempt = find_attempt(payout, transfer.tx_hash());
  if (attempt == nullptr) return no_attempt();
  TRY(const Amount sent, amount_of(payout.sent()));
  TRY(const Amount amount, amount_of(transfer.amount()));
  TRY(const Amount total, sent.minus(amount));
  payout.set_sent(total.stored());
  attempt->set_status(pb::SIGNED);
  attempt->clear_block_number();
  if (payout.status() == pb::CONFIRMING) {
    TRY_OK(set_payout_status(state, payout, pb::SUBMITTED));
  }
  return save_payout(state, payout);
}

}  // namespace settled::ledger
