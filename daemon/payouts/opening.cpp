#include <algorithm>

#include "chains/evm/abi.hpp"
#include "daemon/payouts/ask.hpp"
#include "daemon/payouts/sender.hpp"
#include "ledger/keys.hpp"
#include "ledger/reports.hpp"

/// What a signer holds: its balances when it is first seen, what came from outside since, and what
/// it can spend now.
namespace settled::daemon::payouts {
namespace {

/// A balance that could not be had is not asked for again sooner.
constexpr std::chrono::seconds kAskAgain{1};

}  // namespace

namespace keys = ledger::keys;
namespace rpc = chains::rpc;
using pb::Command;

Task<Result<Funds>> Sender::balances(std::vector<evm::Address> tokens, rpc::BlockTag at) {
  const evm::Address owner = signer_.address();
  Funds funds;
  auto native = co_await ask<evm::U256>(
      nodes_, [owner, at](rpc::Node& node) { return node.balance(owner, at); });
  CO_TRY(funds.native, std::move(native));
  for (const evm::Address& token : tokens) {
    auto returned = co_await ask<Bytes>(nodes_, [owner, at, token](rpc::Node& node) {
      return node.call(token, evm::encode_balance_of(owner), at);
    });
    CO_TRY(const Bytes word, std::move(returned));
    // At that block the contract may not have been there yet: then nobody held any of it.
    if (word.empty()) {
      funds.tokens[token] = 0;
      continue;
    }
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
  if (complete && known.address() == address.raw()) {
    // Until the first nonce is known, the process may have ended before it asked for it.
    if (known.next_nonce() > 0) co_return Status{};
    co_return co_await raise_nonce();
  }
  CO_TRY(const auto chain,
         ledger::read_record<pb::Chain>(book_.reader(), keys::chain(chain_.name)));
  if (!chain) co_return fail(Errc::NotFound, "unknown_chain", "the chain is not open");
  opened_at_ = chain->head().number();
  auto asked = co_await balances(tokens, opened_at_);
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

Task<Status> Sender::observe_native() {
  const Time now = clock_.now();
  if (!native_due_ || now < native_asked_ + kAskAgain) co_return Status{};
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
  // A balance from before the opening one would undo it.
  if (number < std::max(opened_at_, chain->start_number())) co_return Status{};
  native_asked_ = now;
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
  native_asked_ = {};
  co_return Status{};
}

}  // namespace settled::daemon::payouts
