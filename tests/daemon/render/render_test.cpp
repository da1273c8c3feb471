#include "daemon/render/render.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "chains/evm/address.hpp"
#include "daemon/render/words.hpp"
#include "ledger/intents.hpp"
#include "ledger/types/amount.hpp"
#include "ledger/types/crypto.hpp"

using namespace settled;
using namespace settled::daemon::render;

namespace {

/// An example of EIP-55.
constexpr std::string_view kDeposit = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";

std::string id(char byte) {
  return std::string(16, byte);
}
std::string units(std::string_view amount) {
  return Amount::parse(amount).value().stored();
}

Context context() {
  Context out;
  out.public_url = "https://pay.example.com";
  out.checkout_key.bytes.fill(1);
  return out;
}

pb::Intent intent() {
  pb::Intent out;
  out.set_id(id(1));
  out.set_merchant(id(2));
  out.set_status(pb::SUCCEEDED);
  out.set_labels(ledger::kOverpaid | ledger::kLate);
  out.set_currency("USDC");
  out.set_amount(units("25"));
  out.set_received(units("30.5"));
  out.set_deposit_address(chains::evm::parse_address(kDeposit).value().raw());
  pb::PaymentOption& option = *out.add_options();
  option.set_chain("base");
  option.set_chain_id(8453);
  option.set_token("USDC");
  option.set_token_address(std::string(20, '\x11'));
  option.set_decimals(6);
  out.set_version(4);
  return out;
}

}  // namespace

TEST_CASE("An intent remains at zero when more came than was asked for") {
  const Json json = payment_intent(intent(), context());
  CHECK(json.begin().key() == "id");
  CHECK(json.at("status") == "succeeded");
  CHECK(json.at("labels") == Json({"overpaid", "late"}));
  CHECK(json.at("amount_received") == "30.50");
  CHECK(json.at("amount_remaining") == "0.00");
  CHECK(json.at("amount_refunded") == "0.00");
  CHECK(json.at("fee") == Json({{"bps", 0}, {"fixed", "0.00"}, {"charged", "0.00"}}));
  CHECK(json.at("sequence") == 4);
  CHECK(json.at("reference").is_null());
  const Json& option = json.at("payment_options").at(0);
  CHECK(option.at("base_units") == "25000000");
  CHECK(option.at("uri") ==
        std::string("ethereum:0x1111111111111111111111111111111111111111@8453/transfer?address=") +
            std::string(kDeposit) + "&uint256=25000000");
  const std::string url = json.at("checkout_url");
  const std::string token =
      checkout_token(json.at("id").get<std::string>(), context().checkout_key);
  CHECK(token.size() == 22);
  CHECK(url ==
        "https://pay.example.com/pay/" + json.at("id").get<std::string>() + "?token=" + token);
  CHECK(checkout_token("pi_other", context().checkout_key) != token);
  CHECK(checkout_token(json.at("id").get<std::string>(), Hash256{}) != token);
}

TEST_CASE(
    "An event's bytes are the same whenever they are made, and hold the object's own sequence") {
  pb::Event record;
  record.set_id(id(3));
  record.set_sequence(9);
  record.set_type("payment_intent.succeeded");
  *record.mutable_intent() = intent();
  const std::string body = event_body(record, context());
  CHECK(body == event_body(record, context()));
  const Json parsed = Json::parse(body);
  CHECK(parsed.at("sequence") == 9);
  CHECK(parsed.at("data").at("object").at("sequence") == 4);
  CHECK(parsed.at("data").at("object") == payment_intent(intent(), context()));
}

TEST_CASE("A transfer from the zero address shows it, and nothing where nothing is known") {
  pb::Transfer record;
  record.set_id(id(4));
  record.set_token_address(std::string(20, '\x11'));
  record.set_from(std::string(20, '\0'));
  record.set_to(std::string(20, '\x11'));
  record.set_tx_hash(std::string(32, '\xab'));
  record.set_block_hash(std::string(32, '\xcd'));
  record.set_amount(units("0.000000000000000001"));
  record.set_decimals(18);
  const Json json = transfer(record, context());
  CHECK(json.at("from") == "0x" + std::string(40, '0'));
  CHECK(json.at("tx_hash").get<std::string>().starts_with("0xabab"));
  CHECK(json.at("base_units") == "1");
  CHECK(json.at("merchant").is_null());
  CHECK(json.at("payment_intent").is_null());
}

TEST_CASE("A payout tells its transactions, fee and failure") {
  pb::Payout record;
  record.set_id(id(5));
  record.set_merchant(id(2));
  record.set_status(pb::FAILED);
  record.set_amount(units("1"));
  record.set_decimals(6);
  record.set_token_address(std::string(20, '\x11'));
  record.set_destination(std::string(20, '\x22'));
  pb::Attempt& attempt = *record.add_attempts();
  attempt.set_tx_hash(std::string(32, '\xab'));
  attempt.set_nonce(3);
  Json json = payout(record, context(), "gas");
  CHECK(json.at("waiting_for") == "gas");
  CHECK(json.at("transactions")[0].at("block_number").is_null());
  CHECK(json.at("network_fee").is_null());
  attempt.set_status(pb::ATTEMPT_REVERTED);
  attempt.set_block_number(7);
  record.set_network_fee(units("0.0001"));
  record.set_network_fee_currency("ETH");
  record.set_failure_code("reverted");
  json = payout(record, context());
  CHECK(json.at("transactions")[0].at("block_number") == 7);
  CHECK(json.at("network_fee") == Json({{"amount", "0.0001"}, {"currency", "ETH"}}));
  CHECK(json.at("failure").at("code") == "reverted");
}

TEST_CASE("Fees are told by the intent and by the transfer that they were taken of") {
  pb::Intent charged = intent();
  charged.set_fee_bps(290);
  charged.set_fee_fixed(units("0.3"));
  charged.set_fee_charged(units("1.025"));
  CHECK(payment_intent(charged, context()).at("fee") ==
        Json({{"bps", 290}, {"fixed", "0.30"}, {"charged", "1.025"}}));
  pb::Transfer record;
  record.set_id(id(4));
  for (std::string* address :
       {record.mutable_token_address(), record.mutable_from(), record.mutable_to()}) {
    *address = std::string(20, '\x11');
  }
  record.set_tx_hash(std::string(32, '\xab'));
  record.set_block_hash(std::string(32, '\xcd'));
  record.set_amount(units("25"));
  record.set_decimals(6);
  CHECK(transfer(record, context()).at("fee").is_null());
  record.set_fee(units("1.025"));
  CHECK(transfer(record, context()).at("fee") == "1.025");
}

TEST_CASE("A refund tells its payment and its payout, the payout its refund") {
  pb::Refund record;
  record.set_id(id(7));
  record.set_intent(id(1));
  record.set_payout(id(5));
  record.set_merchant(id(2));
  record.set_currency("USDC");
  record.set_amount(units("5"));
  record.set_chain("base");
  record.set_destination(std::string(20, '\x22'));
  record.set_status(pb::PENDING_APPROVAL);
  record.set_version(1);
  const Json json = refund(record, context());
  CHECK(json.begin().key() == "id");
  CHECK(json.at("id").get<std::string>().starts_with("re_"));
  CHECK(json.at("object") == "refund");
  CHECK(json.at("status") == "pending_approval");
  CHECK(json.at("amount") == "5.00");
  CHECK(json.at("reason").is_null());
  CHECK(json.at("payment_intent").get<std::string>().starts_with("pi_"));

  pb::Payout out;
  out.set_id(id(5));
  out.set_merchant(id(2));
  out.set_token_address(std::string(20, '\x11'));
  out.set_destination(std::string(20, '\x22'));
  CHECK(payout(out, context()).at("refund").is_null());
  out.set_refund(id(7));
  CHECK(payout(out, context()).at("refund") == json.at("id"));
  CHECK(json.at("payout") == payout(out, context()).at("id"));
  pb::Event told;
  told.set_id(id(8));
  *told.mutable_refund() = record;
  CHECK(event(told, context()).at("data").at("object") == json);
}

TEST_CASE("An endpoint's secret is told only when asked for") {
  pb::Endpoint record;
  record.set_id(id(6));
  record.set_secret("whsec_x");
  record.set_disabled(true);
  record.set_disabled_reason("gone");
  CHECK_FALSE(webhook_endpoint(record, context()).contains("secret"));
  CHECK(webhook_endpoint(record, context(), Secret::Shown).at("secret") == "whsec_x");
  CHECK(webhook_endpoint(record, context()).at("status") == "disabled");
}

TEST_CASE("Every word leads back to its value, and unknown words to none") {
  for (const auto status : {pb::REQUIRES_PAYMENT, pb::PARTIALLY_PAID, pb::PROCESSING, pb::SUCCEEDED,
                            pb::EXPIRED, pb::CANCELED}) {
    CHECK(intent_status(word(status)) == status);
  }
  CHECK_FALSE(intent_status("sleeping"));
  CHECK(parse_scopes(scope_words(all_scopes())) == all_scopes());
  CHECK(parse_scopes({"intents", "all"}).error().reason == "unknown_scope");
  CHECK(is_event_type("payout.submitted"));
  CHECK(is_event_type("refund.succeeded"));
  CHECK_FALSE(is_event_type("payout"));
}

TEST_CASE("A list holds rendered objects as they are") {
  CHECK(list({}, false, "/v1/x") ==
        R"({"object":"list","data":[],"has_more":false,"url":"/v1/x"})");
  CHECK(list({"1", "2"}, true, "/\"") ==
        R"({"object":"list","data":[1,2],"has_more":true,"url":"/\""})");
}
