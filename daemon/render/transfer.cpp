#include "daemon/render/value.hpp"
#include "daemon/render/words.hpp"

namespace settled::daemon::render {

Json transfer(const pb::Transfer& transfer, const Context& context) {
  Json out =
      object_head(id_text<TransferId>(transfer.id()), "transfer", transfer.created(), context);
  out["merchant"] = optional_id<MerchantId>(transfer.merchant());
  out["direction"] = transfer.outgoing() ? "out" : "in";
  out["status"] = word(transfer.status());
  out["amount"] = money(transfer.amount());
  out["currency"] = transfer.currency();
  out["fee"] = transfer.fee().empty() ? Json(nullptr) : Json(money(transfer.fee()));
  out["base_units"] = base_units(transfer.amount(), transfer.decimals());
  out["chain"] = transfer.chain();
  out["token"] = transfer.token();
  out["token_address"] = address_text(transfer.token_address());
  out["tx_hash"] = hash_text(transfer.tx_hash());
  out["log_index"] = transfer.log_index();
  out["block_number"] = transfer.block_number();
  out["block_hash"] = hash_text(transfer.block_hash());
  out["block_time"] = time_text(transfer.block_time());
  out["from"] = address_text(transfer.from());
  out["to"] = address_text(transfer.to());
  out["evidence"] = transfer.evidence();
  out["disposition"] = word(transfer.disposition());
  out["reason"] = optional_text(transfer.reason());
  out["payment_intent"] = optional_id<IntentId>(transfer.intent());
  out["payout"] = optional_id<PayoutId>(transfer.payout());
  out["sequence"] = transfer.version();
  return out;
}

}  // namespace settled::daemon::render
