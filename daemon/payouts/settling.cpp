#include "daemon/payouts/ask.hpp"
#include "daemon/payouts/sender.hpp"
#include "ledger/keys.hpp"
#include "ledger/state.hpp"

/// How a payout that was sent ends.
namespace settled::daemon::payouts {
namespace {

/// A transaction that is this old and not mined is asked about: is its nonce used up?
constexpr std::chrono::seconds kSuspectAfter{60};

namespace rpc = chains::rpc;
using pb::Command;

/// What a receipt in a final block means for its payout. Error: Invalid `amount_too_large`.
Result<Command> settlement(const pb::Payout& payout, const rpc::Receipt& receipt) {
  TRY(const uint128 fee, receipt.fee());
  Command command;
  auto& settle = *command.mutable_settle_payout();
  settle.set_id(payout.id());
  settle.set_tx_hash(receipt.tx_hash.raw());
  settle.set_block_number(receipt.block_number);
  settle.set_outcome(receipt.succeeded ? pb::OUTCOME_SUCCEEDED : pb::OUTCOME_REVERTED);
  settle.set_network_fee(Amount::from_units(fee).stored());
  return command;
}

using Receipts = std::vector<std::optional<rpc::Receipt>>;

/// Receipts from one node. A revert in a final block ends a payout and gives the money back, and no
/// transfer seen by the follower stands beside it: so the node must show our final block, and the
/// receipt's block as part of the same chain. A node on a fork of its own is passed over.
Task<Result<Receipts>> receipts_on_our_chain(rpc::Node* node, std::vector<evm::TxHash> hashes,
                                             std::uint64_t final_number,
                                             rpc::BlockHash final_hash) {
  CO_TRY(Receipts receipts, co_await node->receipts(std::move(hashes)));
  const auto elsewhere = [] {
    return fail(Errc::Unavailable, "lagging_backend", "the node is not on the chain we follow");
  };
  for (const auto& receipt : receipts) {
    if (!receipt || receipt->succeeded || receipt->block_number > final_number) continue;
    CO_TRY(const auto headers, co_await node->headers({final_number, receipt->block_number}));
    if (headers[0].hash != final_hash || headers[1].hash != receipt->block_hash) {
      co_return elsewhere();
    }
  }
  co_return receipts;
}

}  // namespace

Task<Status> Sender::settle(Situation situation, std::uint64_t final_number) {
  std::vector<pb::Payout> asked;
  asked.reserve(situation.sent.size() + situation.mined.size());
  for (pb::Payout& payout : situation.sent) asked.push_back(std::move(payout));
  for (pb::Payout& payout : situation.mined) {
    if (attempt_of(payout).block_number() <= final_number) asked.push_back(std::move(payout));
  }
  if (asked.empty()) co_return Status{};
  std::vector<evm::TxHash> hashes;
  hashes.reserve(asked.size());
  for (const pb::Payout& payout : asked) hashes.push_back(tx_hash_of(attempt_of(payout)));
  CO_TRY(const auto final_block,
         ledger::read_record<pb::Block>(book_.reader(),
                                        ledger::keys::block(chain_.name, final_number)));
  if (!final_block) co_return fail(Errc::NotFound, "unknown_block", "no final block to hold to");
  const rpc::BlockHash final_hash = fixed_from<rpc::BlockHash>(final_block->hash());
  auto answer = co_await ask<Receipts>(nodes_, [hashes, final_number, final_hash](rpc::Node& node) {
    return receipts_on_our_chain(&node, hashes, final_number, final_hash);
  });
  CO_TRY(const Receipts receipts, std::move(answer));
  std::vector<Command> commands;
  std::vector<evm::TxHash> ended;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (!receipts[i] || receipts[i]->block_number > final_number) continue;
    CO_TRY(Command command, settlement(asked[i], *receipts[i]));
    commands.push_back(std::move(command));
    ended.push_back(receipts[i]->tx_hash);
  }
  const auto applied = co_await apply_all(book_, std::move(commands));
  Status result;
  for (std::size_t i = 0; i < applied.size(); ++i) {
    if (!applied[i]) {
      result = std::unexpected(applied[i].error());
      continue;
    }
    native_due_ = true;
    history_.erase(ended[i]);
  }
  co_return result;
}

Task<Status> Sender::mark_unknown(std::vector<pb::Payout> sent, std::uint64_t final_number) {
  const std::int64_t before = to_ms(clock_.now() - kSuspectAfter);
  std::erase_if(sent, [&](const pb::Payout& payout) {
    return payout.status() == pb::UNKNOWN || attempt_of(payout).created() > before;
  });
  if (sent.empty()) co_return Status{};
  const evm::Address owner = signer_.address();
  // First by the latest state, which every node has: what is merely stuck is no question about a
  // final block, whose state an ordinary node may have dropped.
  auto latest = co_await ask<std::uint64_t>(
      nodes_, [owner](rpc::Node& node) { return node.transaction_count(owner, rpc::Tag::Latest); });
  CO_TRY(const std::uint64_t used_by_now, std::move(latest));
  std::erase_if(
      sent, [&](const pb::Payout& payout) { return attempt_of(payout).nonce() >= used_by_now; });
  if (sent.empty()) co_return Status{};
  auto asked = co_await ask<std::uint64_t>(nodes_, [owner, final_number](rpc::Node& node) {
    return node.transaction_count(owner, final_number);
  });
  CO_TRY(const std::uint64_t used, std::move(asked));
  for (const pb::Payout& payout : sent) {
    const pb::Attempt& attempt = attempt_of(payout);
    if (attempt.nonce() >= used) continue;
    auto answer = co_await ask<std::vector<std::optional<rpc::Receipt>>>(
        nodes_, [hash = tx_hash_of(attempt)](rpc::Node& node) { return node.receipts({hash}); });
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

}  // namespace settled::daemon::payouts
