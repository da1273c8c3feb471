#include "daemon/render/value.hpp"
#include "daemon/render/words.hpp"

namespace settled::daemon::render {
namespace {

Json transactions(const pb::Payout& payout) {
  Json out = Json::array();
  for (const pb::Attempt& attempt : payout.attempts()) {
    const bool mined = attempt.block_number() != 0;
    out.push_back({{"tx_hash", hash_text(attempt.tx_hash())},
                   {"nonce", attempt.nonce()},
                   {"status", word(attempt.status())},
                   {"block_number", mined ? Json(attempt.block_number()) : Json(nullptr)}});
  }
  return out;
}

Json approvals(const pb::Payout& payout) {
  Json out = Json::array();
  for (const pb::Approval& approval : payout.approvals()) {
    out.push_back({{"key", id_text<ApiKeyId>(approval.key())}, {"at", time_text(approval.at())}});
  }
  return out;
}

Json network_fee(const pb::Payout& payout) {
  if (payout.network_fee().empty()) return nullptr;
  return {{"amount", money(payout.network_fee())}, {"currency", payout.network_fee_currency()}};
}

Json failure(const pb::Payout& payout) {
  if (payout.failure_code().empty()) return nullptr;
  return {{"code", payout.failure_code()}, {"detail", payout.failure_detail()}};
}

}  // namespace

Json payout(const pb::Payout& payout, const Context& context,
            const std::optional<std::string>& waiting_for) {
  Json out = object_head(id_text<PayoutId>(payout.id()), "payout", payout.created(), context);
  out["merchant"] = id_text<MerchantId>(payout.merchant());
  out["status"] = word(payout.status());
  out["amount"] = money(payout.amount());
  out["currency"] = payout.currency();
  out["base_units"] = base_units(payout.amount(), payout.decimals());
  out["chain"] = payout.chain();
  out["token"] = payout.token();
  out["token_address"] = address_text(payout.token_address());
  out["destination"] = address_text(payout.destination());
  out["approvals"] = approvals(payout);
  out["approvals_required"] = payout.approvals_required();
  out["created_by"] = optional_id<ApiKeyId>(payout.created_by());
  out["waiting_for"] = waiting_for ? Json(*waiting_for) : Json(nullptr);
  out["transactions"] = transactions(payout);
  out["network_fee"] = network_fee(payout);
  out["failure"] = failure(payout);
  out["refund"] = optional_id<RefundId>(payout.refund());
  out["reference"] = optional_text(payout.reference());
  out["metadata"] = metadata(payout.metadata());
  out["sequence"] = payout.version();
  return out;
}

Json refund(const pb::Refund& refund, const Context& context) {
  Json out = object_head(id_text<RefundId>(refund.id()), "refund", refund.created(), context);
  out["payment_intent"] = id_text<IntentId>(refund.intent());
  out["payout"] = id_text<PayoutId>(refund.payout());
  out["merchant"] = id_text<MerchantId>(refund.merchant());
  out["amount"] = money(refund.amount());
  out["currency"] = refund.currency();
  out["chain"] = refund.chain();
  out["destination"] = address_text(refund.destination());
  out["status"] = word(refund.status());
  out["reason"] = optional_text(refund.reason());
  out["metadata"] = metadata(refund.metadata());
  out["sequence"] = refund.version();
  return out;
}

}  // namespace settled::daemon::render
