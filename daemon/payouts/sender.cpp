#include "daemon/payouts/sender.hpp"

#include <algorithm>
#include <set>

#include "chains/evm/abi.hpp"
#include "daemon/payouts/ask.hpp"
#include "daemon/payouts/hold.hpp"
#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "wallet/policy.hpp"

namespace settled::daemon::payouts {
namespace {

namespace keys = ledger::keys;
namespace rpc = chains::rpc;
using pb::Command;

/// How often the sender looks without being woken: for rebroadcasts, and for nodes that came back.
constexpr std::chrono::seconds kIdle{2};
/// While nothing has changed, payouts that wait are not looked at again sooner.
constexpr std::chrono::seconds kLookAgain{1};
/// No transfer needs as much gas: a node that says more is not believed.
constexpr std::uint64_t kMostGas = 100'000'000;

std::vector<evm::Address> tokens_of(const std::vector<pb::Payout>& payouts) {
  std::set<evm::Address> tokens;
  for (const pb::Payout& payout : payouts) {
    tokens.insert(fixed_from<evm::Address>(payout.token_address()));
  }
  return {tokens.begin(), tokens.end()};
}

Bytes bytes_of(const std::string& raw) {
  return {raw.begin(), raw.end()};
}

}  // namespace

Sender::Sender(const boost::asio::any_io_executor& executor, ledger::Book& book,
               rpc::NodePool& nodes, const chains::ChainSettings& chain, wallet::Signer& signer,
               const Clock& clock, Log log, Settings settings)
    : book_(book),
      nodes_(nodes),
      chain_(chain),
      signer_(signer),
      clock_(clock),
      log_(std::move(log)),
      settings_(settings),
      signal_(executor) {}

std::optional<std::string> Sender::waiting_for(std::string_view raw_payout_id) const {
  const auto found = waiting_.find(std::string(raw_payout_id));
  if (found == waiting_.end()) return std::nullopt;
  return found->second;
}

void Sender::stop() {
  stopping_ = true;
  signal_.ring();
}

Result<pb::SignerState> Sender::state() const {
  TRY(auto found, ledger::read_record<pb::SignerState>(book_.reader(),
                                                       keys::signer(chain_.name, signer_.name())));
  return found.value_or(pb::SignerState{});
}

void Sender::note(const Error& error) {
  if (error.detail == last_error_) return;
  last_error_ = error.detail;
  log_("payouts of " + signer_.name() + " on " + chain_.name + ": " + error.reason + ": " +
       error.detail);
}

Task<void> Sender::run() {
  while (!stopping_) {
    const Status done = co_await step();
    if (done) {
      last_error_.clear();
    } else {
      note(done.error());
    }
    if (book_.poisoned()) co_return;
    co_await signal_.wait(kIdle);
  }
}

Task<Status> Sender::step() {
  CO_TRY(auto open, ledger::reports::open_payouts(book_.reader(), chain_.name, signer_.name()));
  CO_TRY(const auto chain,
         ledger::read_record<pb::Chain>(book_.reader(), keys::chain(chain_.name)));
  if (!chain) co_return fail(Errc::NotFound, "unknown_chain", "the chain is not open");
  Situation situation = sort_out(std::move(open));
  health_.oldest_unconfirmed.reset();
  for (const auto* payouts : {&situation.sent, &situation.mined}) {
    for (const pb::Payout& payout : *payouts) {
      const Time created = from_ms(attempt_of(payout).created());
      health_.oldest_unconfirmed = std::min(created, health_.oldest_unconfirmed.value_or(created));
    }
  }
  if (halted_ && halted_()) {
    for (const pb::Payout& payout : situation.queued) waiting_[payout.id()] = "chain";
    co_return Status{};
  }
  Status result = co_await send_due(situation);
  const std::string seen = chain->head().hash() + std::to_string(chain->final_number());
  if (result && seen != receipts_asked_at_) {
    result = co_await settle(situation, chain->final_number());
    // Where a step failed, the idle timer or the next commit asks the same again.
    if (result) receipts_asked_at_ = seen;
    // What became of one transaction must not hold up the payouts after it.
    const Status marked = co_await mark_unknown(situation.sent, chain->final_number());
    if (!marked) note(marked.error());
  }
  if (result) result = co_await submit(std::move(situation), seen);
  if (result) result = co_await observe_native();
  co_return result;
}

Task<Status> Sender::send_due(Situation situation) {
  // A transaction that is mined needs no resending; should a reorganisation bring it back, it is
  // sent again at once.
  for (const pb::Payout& payout : situation.mined) history_.erase(tx_hash_of(attempt_of(payout)));
  const Time now = clock_.now();
  const auto due = due_for_sending(situation.sent, history_, now);
  if (due.empty()) co_return Status{};
  std::vector<Bytes> raw;
  std::vector<evm::TxHash> hashes;
  for (const pb::Attempt* attempt : due) {
    raw.push_back(bytes_of(attempt->raw()));
    hashes.push_back(tx_hash_of(*attempt));
  }
  const auto sent = co_await nodes_.broadcast(std::move(raw));
  Status first;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    // "nonce too low" is what a node says when this very transaction was mined meanwhile.
    const bool taken = sent[i].has_value() || sent[i].error().reason == "nonce_too_low";
    history_[hashes[i]] = {now, taken};
    if (!taken && first) first = std::unexpected(sent[i].error());
  }
  // What was not taken is sent again soon; the rest of the work does not wait for it.
  if (!first) note(first.error());
  co_return Status{};
}

bool Sender::waits_unchanged(const Situation& situation, const std::string& chain_seen) {
  std::string view = chain_seen + '/' + std::to_string(situation.sent.size());
  for (const pb::Payout& payout : situation.queued) view += payout.id();
  const bool all_wait = std::ranges::all_of(
      situation.queued, [&](const pb::Payout& payout) { return waiting_.contains(payout.id()); });
  const Time now = clock_.now();
  if (all_wait && view == looked_.view && now < looked_.at + kLookAgain) return true;
  looked_ = {std::move(view), now};
  return false;
}

Task<Status> Sender::submit(Situation situation, std::string chain_seen) {
  if (stopping_ || situation.queued.empty() || situation.sent.size() >= settings_.max_in_flight) {
    if (situation.queued.empty()) waiting_.clear();
    co_return Status{};
  }
  CO_TRY(const bool held, is_held(book_.reader()));
  if (held) {
    for (const pb::Payout& payout : situation.queued) waiting_[payout.id()] = "release";
    co_return Status{};
  }
  if (waits_unchanged(situation, chain_seen)) co_return Status{};
  auto asked = co_await balances(tokens_of(situation.queued), rpc::Tag::Latest);
  CO_TRY(Funds on_chain, std::move(asked));
  Funds available = net_of_sent(std::move(on_chain), situation.sent);
  Admission admission =
      admit(situation.queued, available, settings_.max_in_flight - situation.sent.size());
  waiting_ = std::move(admission.waiting);
  if (admission.admitted.empty()) co_return Status{};
  auto estimated = co_await estimate(&admission.admitted);
  CO_TRY(std::vector<std::uint64_t> gas, std::move(estimated));
  auto priced = co_await ask<rpc::Fees>(nodes_, [](rpc::Node& node) { return node.fees(); });
  CO_TRY(const rpc::Fees fees, std::move(priced));
  CO_TRY(const FeeCaps caps, fee_caps(fees));

  std::vector<pb::Payout> affordable;
  for (std::size_t i = 0; i < admission.admitted.size(); ++i) {
    const evm::U256 cost = caps.max_fee_per_gas * gas[i];
    if (i == 0 && cost != 0) {
      const evm::U256 runway = available.native / cost;
      health_.gas_runway = runway > 1'000'000 ? 1'000'000 : static_cast<std::uint64_t>(runway);
    }
    if (cost > available.native) {
      waiting_[admission.admitted[i].id()] = "gas";
      continue;
    }
    available.native = available.native - cost;
    gas[affordable.size()] = gas[i];
    affordable.push_back(std::move(admission.admitted[i]));
  }
  gas.resize(affordable.size());
  co_return co_await sign_and_record(std::move(affordable), std::move(gas), caps);
}

Task<Result<std::vector<std::uint64_t>>> Sender::estimate(std::vector<pb::Payout>* payouts) {
  std::vector<rpc::CallRequest> calls;
  for (const pb::Payout& payout : *payouts) {
    CO_TRY(auto transaction, payment(payout, chain_.chain_id, 0, 0, FeeCaps{}));
    calls.push_back({signer_.address(), *transaction.to, std::move(transaction.data)});
  }
  using Estimates = std::vector<Result<std::uint64_t>>;
  auto answer = co_await ask<Estimates>(
      nodes_, [calls](rpc::Node& node) { return node.estimate_gas(calls); });
  CO_TRY(const Estimates estimates, std::move(answer));

  std::vector<std::uint64_t> gas;
  std::vector<pb::Payout> possible;
  for (std::size_t i = 0; i < payouts->size(); ++i) {
    if (estimates[i] && *estimates[i] <= kMostGas) {
      gas.push_back(with_margin(*estimates[i]));
      possible.push_back(std::move((*payouts)[i]));
      continue;
    }
    const Error error = estimates[i]
                            ? Error{Errc::Corrupt, "absurd_gas",
                                    "a node estimated " + std::to_string(*estimates[i]) + " gas"}
                            : estimates[i].error();
    // Signing what is known to revert would burn gas for nothing; anything else is the node's
    // trouble, and the payout stays queued.
    if (error.reason != "reverted") {
      waiting_[(*payouts)[i].id()] = "node";
      note(error);
      continue;
    }
    Command command;
    command.mutable_fail_payout()->set_id((*payouts)[i].id());
    command.mutable_fail_payout()->set_code("would_revert");
    command.mutable_fail_payout()->set_detail(error.detail);
    const auto failed = co_await apply(book_, std::move(command));
    if (!failed && failed.error().code != Errc::Conflict) co_return std::unexpected(failed.error());
  }
  *payouts = std::move(possible);
  co_return gas;
}

Task<Status> Sender::sign_and_record(std::vector<pb::Payout> payouts,
                                     std::vector<std::uint64_t> gas, FeeCaps caps) {
  CO_TRY(const pb::SignerState signer, state());
  std::vector<Command> commands;
  std::vector<Bytes> raw;
  std::vector<evm::TxHash> hashes;
  for (std::size_t i = 0; i < payouts.size(); ++i) {
    const std::uint64_t nonce = signer.next_nonce() + i;
    CO_TRY(const auto transaction, payment(payouts[i], chain_.chain_id, nonce, gas[i], caps));
    CO_TRY(const auto call, evm::decode_transfer(transaction.data));
    CO_TRY(const uint128 units, evm::narrow(call.amount));
    const wallet::ExpectedPayment expected{
        chain_.chain_id, fixed_from<evm::Address>(payouts[i].token_address()),
        fixed_from<evm::Address>(payouts[i].destination()), units, nonce};
    CO_TRY(auto payment, wallet::sign_payment(signer_, transaction, expected));
    Command& command = commands.emplace_back();
    auto& attempt = *command.mutable_record_attempt();
    attempt.set_payout(payouts[i].id());
    attempt.set_nonce(nonce);
    attempt.set_tx_hash(payment.hash.raw());
    attempt.set_raw(std::string(as_text(payment.raw)));
    raw.push_back(std::move(payment.raw));
    hashes.push_back(payment.hash);
  }
  const auto recorded = co_await apply_all(book_, std::move(commands));
  std::vector<Bytes> to_send;
  std::vector<evm::TxHash> sent_hashes;
  Status result;
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    if (recorded[i]) {
      to_send.push_back(std::move(raw[i]));
      sent_hashes.push_back(hashes[i]);
    } else if (recorded[i].error().code != Errc::Conflict) {
      result = std::unexpected(recorded[i].error());
    }
    // A Conflict: it was canceled meanwhile, or follows one that was. What was signed is dropped,
    // having never left, and the next step signs anew with the nonces that are next then.
  }
  if (to_send.empty()) co_return result;
  const Time now = clock_.now();
  const auto sent = co_await nodes_.broadcast(std::move(to_send));
  for (std::size_t i = 0; i < sent_hashes.size(); ++i) {
    history_[sent_hashes[i]] = {now, sent[i].has_value()};
    if (!sent[i]) note(sent[i].error());
  }
  co_return result;
}

}  // namespace settled::daemon::payouts
