#include "daemon/payouts/sender.hpp"

#include <algorithm>
#include <set>

#include "chains/evm/abi.hpp"
#include "ledger/accounts.hpp"
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
/// A transaction that is this old and not mined is asked about: is its nonce used up?
constexpr std::chrono::seconds kSuspectAfter{60};

template <typename T, typename Ask>
Task<Result<T>> ask(rpc::NodePool& nodes, Ask question) {
  std::function<Task<Result<T>>(rpc::Node&)> asked = std::move(question);
  co_return co_await nodes.call<T>(std::move(asked));
}

evm::TxHash hash_of(const pb::Attempt& attempt) {
  return fixed_from<evm::TxHash>(attempt.tx_hash());
}

Bytes bytes_of(const std::string& raw) {
  return {raw.begin(), raw.end()};
}

}  // namespace

Sender::Sender(boost::asio::any_io_executor executor, ledger::Book& book, rpc::NodePool& nodes,
               const chains::ChainSettings& chain, wallet::Signer& signer, const Clock& clock,
               Log log, Settings settings)
    : book_(book),
      nodes_(nodes),
      chain_(chain),
      signer_(signer),
      clock_(clock),
      log_(std::move(log)),
      settings_(settings),
      signal_(std::move(executor)) {}

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

Task<Result<Funds>> Sender::balances(std::vector<evm::Address> tokens) {
  CO_TRY(const auto chain,
         ledger::read_record<pb::Chain>(book_.reader(), keys::chain(chain_.name)));
  if (!chain) co_return fail(Errc::NotFound, "unknown_chain", "the chain is not open");
  const rpc::BlockTag head = chain->head().number();
  const evm::Address owner = signer_.address();
  Funds funds;
  auto native = co_await ask<evm::U256>(
      nodes_, [owner, head](rpc::Node& node) { return node.balance(owner, head); });
  CO_TRY(funds.native, std::move(native));
  for (const evm::Address& token : tokens) {
    auto returned = co_await ask<Bytes>(nodes_, [owner, head, token](rpc::Node& node) {
      return node.call(token, evm::encode_balance_of(owner), head);
    });
    CO_TRY(const Bytes word, std::move(returned));
    CO_TRY(funds.tokens[token], evm::decode_uint256(word));
  }
  co_return funds;
}

Task<Status> Sender::open() {
  CO_TRY(const pb::SignerState known, state());
  const auto opened = [&](const std::string& name) {
    return std::ranges::find(known.opened(), name) != known.opened().end();
  };
  std::vector<evm::Address> tokens;
  for (const auto& token : chain_.tokens) {
    if (!opened(token.symbol)) tokens.push_back(token.address);
  }
  const evm::Address address = signer_.address();
  const bool complete = tokens.empty() && opened(chain_.native_currency);
  if (complete && known.address() == address.raw()) co_return Status{};

  auto asked = co_await balances(tokens);
  CO_TRY(Funds funds, std::move(asked));
  Command command;
  auto& open = *command.mutable_open_signer();
  open.set_chain(chain_.name);
  open.set_signer(signer_.name());
  open.set_address(address.raw());
  const auto add = [&](const std::string& token, const std::string& currency, Amount amount) {
    auto& balance = *open.add_balances();
    balance.set_token(token);
    balance.set_currency(currency);
    balance.set_amount(amount.stored());
  };
  CO_TRY(const uint128 wei, evm::narrow(funds.native));
  add(chain_.native_currency, chain_.native_currency, Amount::from_units(wei));
  for (const auto& token : chain_.tokens) {
    if (opened(token.symbol)) continue;
    CO_TRY(const uint128 units, evm::narrow(funds.tokens[token.address]));
    CO_TRY(const Amount amount, Amount::from_base_units(units, token.decimals));
    add(token.symbol, token.currency, amount);
  }
  auto applied = co_await apply(book_, std::move(command));
  CO_TRY_OK(std::move(applied));
  co_return co_await raise_nonce();
}

Task<Status> Sender::raise_nonce() {
  const evm::Address owner = signer_.address();
  auto asked = co_await ask<std::uint64_t>(
      nodes_, [owner](rpc::Node& node) { return node.transaction_count(owner, rpc::Tag::Latest); });
  CO_TRY(const std::uint64_t count, std::move(asked));
  CO_TRY(const pb::SignerState known, state());
  if (count <= known.next_nonce()) co_return Status{};
  log_("signer " + signer_.name() + " on " + chain_.name + ": nonces up to " +
       std::to_string(count) + " were used outside of settled");
  Command command;
  auto& raise = *command.mutable_raise_nonce();
  raise.set_chain(chain_.name);
  raise.set_signer(signer_.name());
  raise.set_next_nonce(count);
  auto applied = co_await apply(book_, std::move(command));
  CO_TRY_OK(std::move(applied));
  co_return Status{};
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
  Status result = co_await send_due(situation);
  const bool blocks_came = chain->head().number() != receipts_asked_at_;
  if (result && blocks_came && !(situation.sent.empty() && situation.mined.empty())) {
    result = co_await settle(situation, chain->final_number());
    if (result) result = co_await mark_unknown(situation.sent);
  }
  // Where a step failed, the next block or the idle timer asks the same again.
  if (result) receipts_asked_at_ = chain->head().number();
  if (result) result = co_await submit(std::move(situation));
  if (result) result = co_await observe_native();
  co_return result;
}

Task<Status> Sender::send_due(Situation situation) {
  // A transaction that is mined needs no resending; should a reorganisation bring it back, it is
  // sent again at once.
  for (const pb::Payout& payout : situation.mined) history_.erase(hash_of(attempt_of(payout)));
  const Time now = clock_.now();
  const auto due = due_for_sending(situation.sent, history_, now);
  if (due.empty()) co_return Status{};
  std::vector<Bytes> raw;
  std::vector<evm::TxHash> hashes;
  for (const pb::Attempt* attempt : due) {
    raw.push_back(bytes_of(attempt->raw()));
    hashes.push_back(hash_of(*attempt));
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

Task<Status> Sender::settle(Situation situation, std::uint64_t final_number) {
  std::vector<pb::Payout> asked;
  for (pb::Payout& payout : situation.sent) asked.push_back(std::move(payout));
  for (pb::Payout& payout : situation.mined) {
    if (attempt_of(payout).block_number() <= final_number) asked.push_back(std::move(payout));
  }
  if (asked.empty()) co_return Status{};
  std::vector<evm::TxHash> hashes;
  for (const pb::Payout& payout : asked) hashes.push_back(hash_of(attempt_of(payout)));
  using Receipts = std::vector<std::optional<rpc::Receipt>>;
  auto answer =
      co_await ask<Receipts>(nodes_, [hashes](rpc::Node& node) { return node.receipts(hashes); });
  CO_TRY(const Receipts receipts, std::move(answer));
  Status result;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!receipts[i] || receipts[i]->block_number > final_number) continue;
    const Status settled = co_await settle_one(asked[i], *receipts[i]);
    if (!settled) result = settled;
  }
  co_return result;
}

Task<Status> Sender::settle_one(pb::Payout payout, rpc::Receipt receipt) {
  CO_TRY(const uint128 fee, receipt.fee());
  Command command;
  auto& settle = *command.mutable_settle_payout();
  settle.set_id(payout.id());
  settle.set_tx_hash(receipt.tx_hash.raw());
  settle.set_block_number(receipt.block_number);
  settle.set_outcome(receipt.succeeded ? pb::OUTCOME_SUCCEEDED : pb::OUTCOME_REVERTED);
  settle.set_network_fee(Amount::from_units(fee).stored());
  const auto applied = co_await apply(book_, std::move(command));
  if (applied) {
    native_due_ = true;
    history_.erase(receipt.tx_hash);
    co_return Status{};
  }
  co_return std::unexpected(applied.error());
}

Task<Status> Sender::mark_unknown(std::vector<pb::Payout> sent) {
  const std::int64_t before = to_ms(clock_.now() - kSuspectAfter);
  std::erase_if(sent, [&](const pb::Payout& payout) {
    return payout.status() == pb::UNKNOWN || attempt_of(payout).created() > before;
  });
  if (sent.empty()) co_return Status{};
  const evm::Address owner = signer_.address();
  auto asked = co_await ask<std::uint64_t>(nodes_, [owner](rpc::Node& node) {
    return node.transaction_count(owner, rpc::Tag::Finalized);
  });
  CO_TRY(const std::uint64_t used, std::move(asked));
  for (const pb::Payout& payout : sent) {
    const pb::Attempt& attempt = attempt_of(payout);
    if (attempt.nonce() >= used) continue;
    auto answer = co_await ask<std::vector<std::optional<rpc::Receipt>>>(
        nodes_, [hash = hash_of(attempt)](rpc::Node& node) { return node.receipts({hash}); });
    CO_TRY(const auto receipts, std::move(answer));
    if (receipts.front()) continue;
    Command command;
    command.mutable_mark_payout_unknown()->set_id(payout.id());
    command.mutable_mark_payout_unknown()->set_detail(
        "nonce " + std::to_string(attempt.nonce()) +
        " is used up in a final block, and no node shows a receipt of this transaction");
    auto applied = co_await apply(book_, std::move(command));
    CO_TRY_OK(std::move(applied));
  }
  co_return Status{};
}

Task<Result<Funds>> Sender::funds(const std::vector<pb::Payout>& queued) {
  std::set<evm::Address> tokens;
  for (const pb::Payout& payout : queued) {
    tokens.insert(fixed_from<evm::Address>(payout.token_address()));
  }
  const evm::Address owner = signer_.address();
  Funds funds;
  auto native = co_await ask<evm::U256>(
      nodes_, [owner](rpc::Node& node) { return node.balance(owner, rpc::Tag::Latest); });
  CO_TRY(funds.native, std::move(native));
  for (const evm::Address& token : tokens) {
    auto returned = co_await ask<Bytes>(nodes_, [owner, token](rpc::Node& node) {
      return node.call(token, evm::encode_balance_of(owner), rpc::Tag::Latest);
    });
    CO_TRY(const Bytes word, std::move(returned));
    CO_TRY(funds.tokens[token], evm::decode_uint256(word));
  }
  co_return funds;
}

Task<Status> Sender::submit(Situation situation) {
  if (stopping_ || situation.queued.empty() || situation.sent.size() >= settings_.max_in_flight) {
    if (situation.queued.empty()) waiting_.clear();
    co_return Status{};
  }
  auto asked = co_await funds(situation.queued);
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
  const FeeCaps caps = fee_caps(fees);

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
    if (estimates[i]) {
      gas.push_back(with_margin(*estimates[i]));
      possible.push_back(std::move((*payouts)[i]));
      continue;
    }
    // Signing what is known to revert would burn gas for nothing; anything else is the node's
    // trouble, and the payout stays queued.
    if (estimates[i].error().reason != "reverted") {
      waiting_[(*payouts)[i].id()] = "node";
      note(estimates[i].error());
      continue;
    }
    Command command;
    command.mutable_fail_payout()->set_id((*payouts)[i].id());
    command.mutable_fail_payout()->set_code("would_revert");
    command.mutable_fail_payout()->set_detail(estimates[i].error().detail);
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

Task<Status> Sender::observe_native() {
  if (!native_due_) co_return Status{};
  CO_TRY(const auto chain,
         ledger::read_record<pb::Chain>(book_.reader(), keys::chain(chain_.name)));
  CO_TRY(const auto open,
         ledger::reports::open_payouts(book_.reader(), chain_.name, signer_.name()));
  // Only while nothing of ours can be on its way is a difference known to come from outside.
  const bool quiet = std::ranges::all_of(open, [](const pb::Payout& payout) {
    return payout.status() == pb::QUEUED || payout.status() == pb::PENDING_APPROVAL;
  });
  if (!chain || !quiet) co_return Status{};
  const std::uint64_t number = chain->final_number();
  const evm::Address owner = signer_.address();
  auto asked = co_await ask<evm::U256>(
      nodes_, [owner, number](rpc::Node& node) { return node.balance(owner, number); });
  CO_TRY(const evm::U256 wei, std::move(asked));
  CO_TRY(const uint128 narrow, evm::narrow(wei));
  Command command;
  auto& observe = *command.mutable_observe_native();
  observe.set_chain(chain_.name);
  observe.set_signer(signer_.name());
  observe.set_block_number(number);
  observe.set_balance(Amount::from_units(narrow).stored());
  auto applied = co_await apply(book_, std::move(command));
  CO_TRY_OK(std::move(applied));
  native_due_ = false;
  co_return Status{};
}

}  // namespace settled::daemon::payouts
