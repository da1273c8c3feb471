#include "ledger/settlement.hpp"

#include <algorithm>

#include "ledger/accounts.hpp"
#include "ledger/events.hpp"
#include "ledger/keys.hpp"
#include "ledger/payouts.hpp"

namespace settled::ledger {
namespace {

/// Where the chain moved another sum than the payout's (a token with a fee on transfers), the
/// difference is the treasury's.
Result<std::vector<Posting>> difference(const pb::Payout& payout) {
  TRY(const Amount amount, amount_of(payout.amount()));
  TRY(const Amount sent, amount_of(payout.sent()));
  const AccountRef wallet =
      chart::wallet(payout.signer(), payout.chain(), payout.token(), payout.currency());
  const AccountRef treasury = chart::treasury(payout.currency());
  const Amount more = sent.saturating_minus(amount);
  const Amount less = amount.saturating_minus(sent);
  return std::vector<Posting>{debit(treasury, more), credit(wallet, more), debit(wallet, less),
                              credit(treasury, less)};
}

Status post_network_fee(State& state, const pb::Chain& chain, pb::Payout& payout,
                        const std::string& stored_fee) {
  TRY(const Amount fee, amount_of(stored_fee));
  payout.set_network_fee(fee.stored());
  payout.set_network_fee_currency(chain.native_currency());
  if (fee.is_zero()) return {};
  const std::string& native = chain.native_currency();
  TRY_OK(post(state, "payout.network_fee", payout_subject(payout),
              {debit(chart::network_fees(native), fee),
               credit(chart::wallet(payout.signer(), payout.chain(), native, native), fee)}));
  return {};
}

Status succeed(State& state, pb::Payout& payout, pb::Attempt& attempt,
               const pb::SettlePayout& command) {
  if (attempt.status() != pb::MINED || attempt.block_number() != command.block_number()) {
    return fail(Errc::Conflict, "transfer_not_seen",
                "the follower saw no transfer of this transaction in that block");
  }
  TRY_OK(set_payout_status(state, payout, pb::PAYOUT_SUCCEEDED));
  attempt.set_status(pb::ATTEMPT_FINAL);
  TRY(const auto extra, difference(payout));
  TRY_OK(post_hold(state, payout.hold(), "payout.succeeded", payout_subject(payout), extra));
  return {};
}

Status revert(State& state, pb::Payout& payout, pb::Attempt& attempt,
              const pb::SettlePayout& command) {
  if (attempt.status() == pb::MINED) {
    return fail(Errc::Conflict, "receipt_contradicts_log",
                "a transfer of this transaction was seen, and its receipt says it reverted");
  }
  TRY_OK(set_payout_status(state, payout, pb::FAILED));
  attempt.set_status(pb::ATTEMPT_REVERTED);
  attempt.set_block_number(command.block_number());
  payout.set_failure_code("reverted");
  payout.set_failure_detail("the token contract reverted the transfer");
  TRY_OK(void_hold(state, payout.hold(), "payout.failed", payout_subject(payout)));
  return {};
}

}  // namespace

Result<pb::Reply> apply(State& state, const pb::SettlePayout& command) {
  TRY(auto payout, state.get<pb::Payout>(keys::payout(command.id())));
  TRY(const auto chain, state.get<pb::Chain>(keys::chain(payout.chain())));
  pb::Attempt* attempt = find_attempt(payout, command.tx_hash());
  if (attempt == nullptr) {
    return fail(Errc::NotFound, "not_found", "the payout has no such transaction");
  }
  if (command.block_number() > chain.final_number()) {
    return fail(Errc::Conflict, "not_final", "the block is not final");
  }
  const bool succeeded = command.outcome() == pb::OUTCOME_SUCCEEDED;
  TRY_OK(succeeded ? succeed(state, payout, *attempt, command)
                   : revert(state, payout, *attempt, command));
  TRY_OK(post_network_fee(state, chain, payout, command.network_fee()));
  TRY_OK(save_payout(state, payout, succeeded ? "succeeded" : "failed"));
  pb::Reply reply;
  *reply.mutable_payout() = std::move(payout);
  return reply;
}

Result<pb::Reply> apply(State& state, const pb::OpenSigner& command) {
  const std::string key = keys::signer(command.chain(), command.signer());
  TRY(const auto found, state.find<pb::SignerState>(key));
  pb::SignerState signer = found.value_or(pb::SignerState{});
  if (found && signer.address() != command.address()) {
    return fail(Errc::Conflict, "signer_address_changed",
                "signer " + command.signer() + " had another address; give the new key a new name");
  }
  signer.set_chain(command.chain());
  signer.set_name(command.signer());
  signer.set_address(command.address());
  std::vector<Posting> lines;
  for (const pb::OpeningBalance& balance : command.balances()) {
    const auto& opened = signer.opened();
    if (std::ranges::find(opened, balance.token()) != opened.end()) continue;
    signer.add_opened(balance.token());
    TRY(const Amount amount, amount_of(balance.amount()));
    lines.push_back(
        debit(chart::wallet(command.signer(), command.chain(), balance.token(), balance.currency()),
              amount));
    lines.push_back(credit(chart::opening(balance.currency()), amount));
  }
  std::erase_if(lines, [](const Posting& line) { return line.amount.is_zero(); });
  if (!lines.empty()) TRY_OK(post(state, "wallet.opened", command.signer(), lines));
  state.put(key, signer);
  state.put_index(keys::signer_address(command.chain(), command.address()), command.signer());
  return pb::Reply{};
}

Result<pb::Reply> apply(State& state, const pb::ObserveNative& command) {
  TRY(const auto chain, state.get<pb::Chain>(keys::chain(command.chain())));
  if (command.block_number() > chain.final_number()) {
    return fail(Errc::Conflict, "not_final", "the block is not final");
  }
  const std::string& native = chain.native_currency();
  const AccountRef wallet = chart::wallet(command.signer(), chain.name(), native, native);
  TRY(const auto account, state.find<pb::Account>(keys::account(wallet.code)));
  TRY(const CounterAmounts booked, amounts_of(account ? account->counters() : pb::Counters{}));
  TRY(const Amount balance, amount_of(command.balance()));
  // Compared without subtracting: an account that was overdrawn has more credits than debits.
  TRY(const Amount should, balance.plus(booked.credits_posted));
  const Amount came = should.saturating_minus(booked.debits_posted);
  const Amount left = booked.debits_posted.saturating_minus(should);
  const AccountRef treasury = chart::treasury(native);
  if (!came.is_zero()) {
    TRY_OK(post(state, "treasury.native", command.signer(),
                {debit(wallet, came), credit(treasury, came)}));
  }
  if (!left.is_zero()) {
    TRY_OK(post(state, "treasury.native", command.signer(),
                {debit(treasury, left), credit(wallet, left)}));
  }
  return pb::Reply{};
}

Result<pb::Reply> apply(State& state, const pb::RaiseNonce& command) {
  const std::string key = keys::signer(command.chain(), command.signer());
  TRY(auto signer, state.get<pb::SignerState>(key));
  if (command.next_nonce() <= signer.next_nonce()) {
    return fail(Errc::Conflict, "nonce_behind",
                "the next nonce is " + std::to_string(signer.next_nonce()));
  }
  signer.set_next_nonce(command.next_nonce());
  state.put(key, signer);
  return pb::Reply{};
}

}  // namespace settled::ledger
