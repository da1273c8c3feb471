#include "daemon/deposits/observed.hpp"

#include <utility>

#include "ledger/types/amount.hpp"

namespace settled::daemon::deposits {
namespace {

namespace pb = ledger::pb;

void describe(const chains::SeenTransfer& transfer, pb::ObservedTransfer& out) {
  const chains::TokenSettings& token = *transfer.token;
  const Result<Amount> amount = Amount::from_base_units(transfer.base_units, token.decimals);
  INVARIANT(amount.has_value());
  out.set_token(token.symbol);
  out.set_currency(token.currency);
  out.set_token_address(token.address.raw());
  out.set_decimals(static_cast<std::uint32_t>(token.decimals));
  out.set_tx_hash(transfer.tx_hash.raw());
  out.set_log_index(transfer.log_index);
  out.set_from(transfer.from.raw());
  out.set_to(transfer.to.raw());
  out.set_amount(amount->stored());
  out.set_evidence(std::string(chains::to_string(transfer.evidence)));
  if (transfer.log_in_receipt) out.set_log_in_receipt(*transfer.log_in_receipt);
  out.set_receipt_proof(std::string(as_text(transfer.receipt_proof)));
}

void describe(const chains::SeenBlock& seen, pb::ObservedBlock& out) {
  out.set_number(seen.block.number);
  out.set_hash(seen.block.hash.raw());
  out.set_parent(seen.parent.raw());
  out.set_time(to_ms(seen.block.time));
  for (const chains::SeenTransfer& transfer : seen.transfers) {
    describe(transfer, *out.add_transfers());
  }
}

}  // namespace

ledger::ConfirmationRule confirmation_rule(const chains::ChainSettings& settings) {
  ledger::ConfirmationRule out{.confirmations = settings.confirmations};
  for (const chains::ConfirmationTier& each : settings.confirmation_tiers) {
    pb::ConfirmationTier& tier = *out.tiers.Add();
    tier.set_up_to(each.up_to.stored());
    tier.set_confirmations(each.confirmations);
  }
  return out;
}

pb::ObserveBlocks observed(const chains::BlockBatch& batch, const chains::ChainSettings& settings) {
  pb::ObserveBlocks out;
  out.set_chain(batch.chain);
  ledger::ConfirmationRule rule = confirmation_rule(settings);
  out.set_confirmations(rule.confirmations);
  *out.mutable_tiers() = std::move(rule.tiers);
  out.set_final_number(batch.final_number);
  for (const chains::SeenBlock& seen : batch.blocks) describe(seen, *out.add_blocks());
  return out;
}

pb::BookMissedPayments missed_in(const std::string& chain, const chains::SeenBlock& block) {
  pb::BookMissedPayments out;
  out.set_chain(chain);
  describe(block, *out.add_blocks());
  return out;
}

pb::Block stored(const chains::BlockRef& block) {
  pb::Block out;
  out.set_number(block.number);
  out.set_hash(block.hash.raw());
  out.set_time(to_ms(block.time));
  return out;
}

Result<chains::BlockRef> block_ref(const pb::Block& block) {
  if (block.hash().size() != chains::evm::BlockHash::kSize) {
    return fail(Errc::Corrupt, "corrupt_record", "a stored block's hash is not 32 bytes");
  }
  return chains::BlockRef{block.number(), fixed_from<chains::evm::BlockHash>(block.hash()),
                          from_ms(block.time())};
}

}  // namespace settled::daemon::deposits
