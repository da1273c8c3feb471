#include <catch2/catch.hpp>

#include "tests/daemon/api/shop.hpp"

using namespace settled;
using tests::Answer;
using tests::Shop;
using json = nlohmann::json;

namespace {

const std::string kDestination = "0x00000000000000000000000000000000000000AA";

json payout_of(const std::string& amount) {
  return {
      {"amount", amount}, {"currency", "USDC"}, {"chain", "base"}, {"destination", kDestination}};
}

}  // namespace

TEST_CASE("Paid money is shown in the transfer, the balance and the ledger") {
  Shop shop;
  const json intent = shop.fund(shop.one, "30.50");
  const std::string id = intent.at("id");
  const json paid = shop.get("/v1/payment_intents/" + id, shop.one.key).body;
  CHECK(paid.at("status") == "succeeded");
  CHECK(paid.at("sequence") > intent.at("sequence"));
  const json list =
      shop.get(
              "/v1/transfers?status=finalized&direction=in&chain=base&disposition=matched&"
              "payment_intent=" +
                  id,
              shop.one.key)
          .body;
  REQUIRE(list.at("data").size() == 1);
  const json& transfer = list.at("data")[0];
  CHECK(transfer.at("amount") == "30.50");
  CHECK(transfer.at("base_units") == "30500000");
  CHECK(transfer.at("payout").is_null());
  CHECK(transfer.at("reason").is_null());
  const std::string hash = transfer.at("tx_hash");
  CHECK(shop.get("/v1/transfers?tx_hash=" + hash, shop.one.key).body ==
        [&] { return shop.get("/v1/transfers", shop.one.key).body; }());
  CHECK(shop.get("/v1/transfers?status=reversed", shop.one.key).body.at("data").empty());
  CHECK(shop.get("/v1/transfers?tx_hash=0x12", shop.one.key).code() == "invalid_parameter");

  const json rows = shop.get("/v1/balances", shop.one.key).body.at("data");
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].at("currency") == "EURC");
  CHECK(rows[0].at("available") == "0.00");
  CHECK(rows[1].at("currency") == "USDC");
  CHECK(rows[1].at("available") == "30.50");
  CHECK(shop.get("/v1/balances", shop.platform).code() == "missing_parameter");

  const std::string code = "liability:merchants:" + shop.one.id + ":USDC";
  const json account = shop.get("/v1/ledger/accounts/" + code, shop.one.key).body;
  CHECK(account.at("type") == "liability");
  CHECK(account.at("posted").at("credits") == "30.50");
  const json before =
      shop.get("/v1/ledger/accounts/" + code + "?at=2020-01-01T00:00:00Z", shop.one.key).body;
  CHECK(before.at("posted").at("credits") == "0.00");
  CHECK(shop.get("/v1/ledger/accounts/" + code, shop.two.key).status == 404);
  CHECK(shop.get("/v1/ledger/accounts/liability:nothing", shop.platform).status == 404);
  const json accounts = shop.get("/v1/ledger/accounts?limit=1", shop.platform).body;
  CHECK(accounts.at("has_more") == true);
  const std::string cursor = accounts.at("data")[0].at("code");
  const json rest = shop.get("/v1/ledger/accounts?starting_after=" + cursor, shop.platform).body;
  CHECK(rest.at("data").size() == 1);
  CHECK(
      shop.get("/v1/ledger/accounts?ending_before=" + code, shop.platform).body.at("data").size() ==
      1);

  const json entries = shop.get("/v1/ledger/entries?account=" + code, shop.one.key).body;
  REQUIRE(entries.at("data").size() == 2);
  CHECK(entries.at("data")[0].at("phase") == "posted");
  CHECK(entries.at("data")[0].at("hold") == entries.at("data")[1].at("id"));
  CHECK(entries.at("data")[1].at("lines").size() == 2);
  const std::string newest = entries.at("data")[0].at("id");
  CHECK(shop.get("/v1/ledger/entries?starting_after=" + newest, shop.one.key)
            .body.at("data")
            .size() == 1);
  CHECK(shop.get("/v1/ledger/entries?starting_after=" + newest, shop.two.key).code() ==
        "invalid_cursor");
  CHECK(shop.get("/v1/ledger/entries?account=" + code, shop.two.key).status == 404);

  const json trial = shop.get("/v1/ledger/trial_balance", shop.platform).body;
  CHECK(trial.at("currencies") == json::array({{{"currency", "USDC"},
                                                {"debits", "30.50"},
                                                {"credits", "30.50"},
                                                {"pending_debits", "0.00"},
                                                {"pending_credits", "0.00"}}}));
  CHECK(trial.at("accounts").size() == 2);
  CHECK(shop.get("/v1/ledger/trial_balance", shop.one.key).body.at("accounts").size() == 1);
}

TEST_CASE("A payout is requested, listed and canceled") {
  Shop shop;
  shop.fund(shop.one, "100.00");
  json body = payout_of("40.00");
  body["metadata"] = {{"batch", "7"}};
  body["reference"] = "rent";
  const Answer made = shop.post("/v1/payouts", body, shop.one.key);
  REQUIRE(made.status == 201);
  CHECK(made.body.at("status") == "queued");
  CHECK(made.body.at("token") == "USDC");
  CHECK(made.body.at("network_fee").is_null());
  CHECK(made.body.at("failure").is_null());
  CHECK(made.body.at("transactions").empty());
  const std::string id = made.body.at("id");
  CHECK(shop.get("/v1/payouts/" + id, shop.one.key).body.at("waiting_for") == "liquidity");
  CHECK(shop.get("/v1/payouts?status=queued&reference=rent&chain=base", shop.one.key)
            .body.at("data")
            .size() == 1);
  CHECK(shop.get("/v1/payouts?status=failed", shop.one.key).body.at("data").empty());
  CHECK(shop.get("/v1/balances", shop.one.key).body.at("data")[1].at("reserved") == "40.00");
  const Answer canceled = shop.post("/v1/payouts/" + id + "/cancel", json::object(), shop.one.key);
  CHECK(canceled.body.at("status") == "canceled");
  CHECK(shop.post("/v1/payouts/" + id + "/cancel", json::object(), shop.one.key).code() ==
        "not_cancelable");
  const std::string approver = shop.make_key(shop.one.id, {"payouts.approve"});
  for (const char* action : {"/approve", "/reject"}) {
    CHECK(shop.post("/v1/payouts/" + id + action, json::object(), approver).code() ==
          "not_pending_approval");
  }
}

TEST_CASE("Bad payouts are refused") {
  Shop shop;
  shop.fund(shop.one, "100.00");
  const auto code = [&](const json& changes, unsigned status) {
    json body = payout_of("10.00");
    body.update(changes);
    INFO(body.dump());
    const Answer answer = shop.post("/v1/payouts", body, shop.one.key);
    CHECK(answer.status == status);
    return answer.code();
  };
  CHECK(code({{"amount", "100.01"}}, 422) == "insufficient_funds");
  CHECK(code({{"amount", "1000.01"}}, 422) == "amount_over_limit");
  CHECK(code({{"amount", "0"}}, 400) == "invalid_amount");
  CHECK(code({{"chain", "mars"}}, 422) == "unknown_chain");
  CHECK(code({{"chain", "dry"}}, 422) == "no_signer");
  CHECK(code({{"currency", "XXX"}}, 422) == "unknown_currency");
  CHECK(code({{"token", "EURC"}}, 422) == "token_not_available");
  CHECK(code({{"currency", "USDX"}}, 422) == "ambiguous_token");
  CHECK(code({{"surprise", 1}}, 400) == "unknown_field");
  const json intent = shop.make_intent(shop.two);
  for (const std::string& to :
       {std::string("0x0000000000000000000000000000000000000000"), std::string("0x12"),
        std::string("0x1111111111111111111111111111111111111101"),
        std::string("0x1111111111111111111111111111111111111102"),
        std::string("0x11111111111111111111111111111111111111ee"),
        std::string("0xFB6916095ca1df60bB79Ce92cE3Ea74c37c5d358"), std::string("bob"),
        intent.at("payment_options")[0].at("deposit_address").get<std::string>()}) {
    CHECK(code({{"destination", to}}, 422) == "invalid_destination");
  }
  const Answer keyless = shop.ask({"POST", "/v1/payouts", payout_of("1.00").dump(), shop.one.key});
  CHECK(keyless.status == 400);
  CHECK(keyless.code() == "idempotency_key_required");
  CHECK(shop.get("/v1/payouts", shop.one.key).body.at("data").empty());
}

TEST_CASE("Only suspense money can be assigned, and both objects must be seen") {
  Shop shop;
  shop.fund(shop.one, "10.00");
  const json transfer = shop.get("/v1/transfers", shop.platform).body.at("data").at(0);
  const std::string path = "/v1/transfers/" + transfer.at("id").get<std::string>() + "/assign";
  const std::string open = shop.make_intent(shop.one).at("id");
  const Answer matched = shop.post(path, {{"payment_intent", open}}, shop.platform);
  CHECK(matched.status == 409);
  CHECK(matched.code() == "not_assignable");
  const Answer unknown = shop.post(path, {{"payment_intent", "pi_x"}}, shop.platform);
  CHECK(unknown.status == 404);
  CHECK(unknown.body.at("param") == "payment_intent");
}
