#include "chains/evm/address.hpp"
#include "chains/evm/uri.hpp"
#include "daemon/render/value.hpp"
#include "daemon/render/words.hpp"
#include "ledger/types/crypto.hpp"

namespace settled::daemon::render {
namespace {

constexpr std::size_t kTokenBytes = 16;

Json payment_option(const pb::Intent& intent, const pb::PaymentOption& option) {
  using chains::evm::Address;
  const auto units =
      stored_amount(intent.amount()).to_base_units(static_cast<int>(option.decimals()));
  INVARIANT(units.has_value());
  const auto token = fixed_from<Address>(option.token_address());
  const auto deposit = fixed_from<Address>(intent.deposit_address());
  return {{"chain", option.chain()},
          {"chain_id", option.chain_id()},
          {"token", option.token()},
          {"token_address", chains::evm::to_checksum(token)},
          {"decimals", option.decimals()},
          {"deposit_address", chains::evm::to_checksum(deposit)},
          {"amount", money(intent.amount())},
          {"base_units", to_string(*units)},
          {"uri", chains::evm::payment_uri(token, option.chain_id(), deposit, *units)}};
}

}  // namespace

std::string checkout_token(std::string_view intent_id, const Hash256& checkout_key) {
  const Hash256 mac = hmac_sha256(checkout_key.view(), as_bytes(intent_id));
  return to_base64url(mac.view().first(kTokenBytes));
}

Json payment_intent(const pb::Intent& intent, const Context& context) {
  const std::string id = id_text<IntentId>(intent.id());
  const Amount amount = stored_amount(intent.amount());
  const Amount received = stored_amount(intent.received());
  Json options = Json::array();
  for (const pb::PaymentOption& option : intent.options()) {
    options.push_back(payment_option(intent, option));
  }
  Json transfers = Json::array();
  for (const std::string& transfer : intent.transfers()) {
    transfers.push_back(id_text<TransferId>(transfer));
  }
  Json out = object_head(id, "payment_intent", intent.created(), context);
  out["merchant"] = id_text<MerchantId>(intent.merchant());
  out["status"] = word(intent.status());
  out["labels"] = label_words(intent.labels());
  out["amount"] = amount.to_string();
  out["currency"] = intent.currency();
  out["amount_received"] = received.to_string();
  out["amount_remaining"] = amount.saturating_minus(received).to_string();
  out["amount_refunded"] = money(intent.refunded());
  out["fee"] = {{"bps", intent.fee_bps()},
                {"fixed", money(intent.fee_fixed())},
                {"charged", money(intent.fee_charged())}};
  out["payment_options"] = std::move(options);
  out["transfers"] = std::move(transfers);
  out["checkout_url"] =
      context.public_url + "/pay/" + id + "?token=" + checkout_token(id, context.checkout_key);
  out["reference"] = optional_text(intent.reference());
  out["description"] = optional_text(intent.description());
  out["metadata"] = metadata(intent.metadata());
  out["return_url"] = optional_text(intent.return_url());
  out["expires_at"] = time_text(intent.expires_at());
  out["sequence"] = intent.version();
  return out;
}

}  // namespace settled::daemon::render
