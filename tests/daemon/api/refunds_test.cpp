#include <set>

#include <catch2/catch.hpp>

#include "tests/daemon/api/shop.hpp"

using namespace settled;
using tests::Answer;
using tests::Shop;
using json = nlohmann::json;

namespace {

const std::string kDestination = "0x00000000000000000000000000000000000000AA";

json refund_of(const std::string& amount) {
  return {{"amount", amount}, {"chain", "base"}, {"destination", kDestination}};
}

std::string path_of(const json& intent) {
  return "/v1/payment_intents/" + intent.at("id").get<std::string>() + "/refunds";
}

std::vector<std::string> event_types(Shop& shop, const std::string& key) {
  std::vector<std::string> types;
  const json list = shop.get("/v1/events?limit=100", key).body;
  for (const json& event : list.at("data")) types.push_back(event.at("type"));
  return types;
}

}  // namespace

TEST_CASE("A refund is requested, read, listed and canceled by its payout") {
  Shop shop;
  const json intent = shop.fund(shop.one, "30.00");
  json body = refund_of("20.00");
  body["reason"] = "broken";
  body["metadata"] = {{"ticket", "7"}};
  const Answer made = shop.post(path_of(intent), body, shop.one.key);
  REQUIRE(made.status == 201);
  CHECK(made.body.at("object") == "refund");
  CHECK(made.body.at("payment_intent") == intent.at("id"));
  CHECK(made.body.at("status") == "queued");
  CHECK(made.body.at("amount") == "20.00");
  CHECK(made.body.at("currency") == "USDC");
  CHECK(made.body.at("destination") == kDestination);
  CHECK(made.body.at("reason") == "broken");
  CHECK(made.body.at("metadata") == json{{"ticket", "7"}});
  const std::string id = made.body.at("id");
  const std::string payout = made.body.at("payout");
  CHECK(shop.get("/v1/refunds/" + id, shop.one.key).body == made.body);
  CHECK(shop.get("/v1/payouts/" + payout, shop.one.key).body.at("refund") == id);
  const auto intent_now = [&] {
    return shop.get("/v1/payment_intents/" + intent.at("id").get<std::string>(), shop.one.key).body;
  };
  CHECK(intent_now().at("amount_refunded") == "20.00");
  CHECK(shop.get("/v1/balances", shop.one.key).body.at("data")[1].at("reserved") == "20.00");
  const auto types = event_types(shop, shop.one.key);
  REQUIRE(types.size() > 2);
  CHECK(types[types.size() - 2] == "payout.created");
  CHECK(types.back() == "refund.created");

  const auto listed = [&](const std::string& target) {
    return shop.get(target, shop.one.key).body.at("data").size();
  };
  CHECK(listed(path_of(intent)) == 1);
  CHECK(listed("/v1/refunds") == 1);
  CHECK(listed("/v1/refunds?status=queued&payment_intent=" + intent.at("id").get<std::string>()) ==
        1);
  CHECK(listed("/v1/refunds?status=succeeded") == 0);
  CHECK(shop.get("/v1/refunds?payment_intent=pi_x", shop.one.key).code() == "invalid_parameter");
  CHECK(shop.get("/v1/refunds?reference=a", shop.one.key).code() == "unknown_parameter");

  const Answer canceled =
      shop.post("/v1/payouts/" + payout + "/cancel", json::object(), shop.one.key);
  CHECK(canceled.body.at("status") == "canceled");
  CHECK(shop.get("/v1/refunds/" + id, shop.one.key).body.at("status") == "canceled");
  CHECK(intent_now().at("amount_refunded") == "0.00");
  CHECK(shop.post(path_of(intent), refund_of("30.00"), shop.one.key).status == 201);
}

TEST_CASE("Refunds of one intent are listed by pages, newest first") {
  Shop shop;
  const json intent = shop.fund(shop.one, "30.00");
  const json other = shop.fund(shop.one, "30.00");
  std::vector<std::string> ids;
  for (const char* amount : {"1.00", "2.00", "3.00"}) {
    ids.push_back(shop.post(path_of(intent), refund_of(amount), shop.one.key).body.at("id"));
  }
  const std::string elsewhere =
      shop.post(path_of(other), refund_of("1.00"), shop.one.key).body.at("id");
  const json first = shop.get(path_of(intent) + "?limit=2", shop.one.key).body;
  CHECK(first.at("has_more") == true);
  CHECK(first.at("url") == path_of(intent));
  CHECK(first.at("data")[0].at("id") == ids[2]);
  const json rest =
      shop.get(path_of(intent) + "?limit=2&starting_after=" + ids[1], shop.one.key).body;
  REQUIRE(rest.at("data").size() == 1);
  CHECK(rest.at("data")[0].at("id") == ids[0]);
  CHECK(shop.get(path_of(intent) + "?starting_after=" + elsewhere, shop.one.key).code() ==
        "invalid_cursor");
  CHECK(shop.get("/v1/refunds?starting_after=" + elsewhere, shop.two.key).code() ==
        "invalid_cursor");
  CHECK(shop.get("/v1/refunds", shop.platform).body.at("data").size() == 4);
  CHECK(shop.get("/v1/refunds?merchant=" + shop.two.id, shop.platform).body.at("data").empty());
}

TEST_CASE("Bad refunds are refused") {
  Shop shop;
  const json intent = shop.fund(shop.one, "30.00");
  shop.fund(shop.one, "2000.00");
  const auto code = [&](const json& changes, unsigned status) {
    json body = refund_of("10.00");
    body.update(changes);
    INFO(body.dump());
    const Answer answer = shop.post(path_of(intent), body, shop.one.key);
    CHECK(answer.status == status);
    return answer.code();
  };
  CHECK(code({{"amount", "30.000001"}}, 422) == "refund_exceeds_payment");
  CHECK(code({{"amount", "1000.01"}}, 422) == "amount_over_limit");
  CHECK(code({{"amount", "0"}}, 400) == "invalid_amount");
  CHECK(code({{"amount", nullptr}}, 400) == "invalid_type");
  CHECK(code({{"amount", "1.0000001"}}, 400) == "amount_too_precise");
  CHECK(code({{"chain", "mars"}}, 422) == "unknown_chain");
  CHECK(code({{"chain", "dry"}}, 422) == "no_signer");
  CHECK(code({{"token", "EURC"}}, 422) == "token_not_available");
  CHECK(code({{"currency", "USDC"}}, 400) == "unknown_field");
  CHECK(code({{"reference", "x"}}, 400) == "unknown_field");
  CHECK(code({{"reason", std::string(201, 'x')}}, 400) == "too_long");
  CHECK(code({{"destination", "0x0000000000000000000000000000000000000000"}}, 422) ==
        "invalid_destination");
  CHECK(code({{"destination", intent.at("payment_options")[0].at("deposit_address")}}, 422) ==
        "invalid_destination");
  const json unpaid = shop.make_intent(shop.one);
  const Answer early = shop.post(path_of(unpaid), refund_of("1.00"), shop.one.key);
  CHECK(early.status == 422);
  CHECK(early.code() == "refund_exceeds_payment");
  CHECK(shop.get("/v1/refunds", shop.one.key).body.at("data").empty());
  CHECK(shop.get("/v1/payouts", shop.one.key).body.at("data").empty());
}

TEST_CASE("Only who may pay out refunds, and only its own payments") {
  Shop shop;
  const json intent = shop.fund(shop.one, "30.00");
  const json body = refund_of("10.00");
  const Answer foreign = shop.post(path_of(intent), body, shop.two.key);
  CHECK(foreign.status == 404);
  CHECK(foreign.code() == "not_found");
  CHECK(shop.get(path_of(intent), shop.two.key).status == 404);
  CHECK(shop.post(path_of({{"id", "pi_x"}}), body, shop.one.key).status == 404);
  const std::string reader = shop.make_key(shop.one.id, {"intents", "ledger.read"});
  CHECK(shop.post(path_of(intent), body, reader).status == 403);
  CHECK(shop.ask({"POST", path_of(intent), body.dump()}).status == 401);
  CHECK(shop.get("/v1/refunds", reader).status == 200);

  const Answer keyless = shop.ask({"POST", path_of(intent), body.dump(), shop.one.key});
  CHECK(keyless.status == 400);
  CHECK(keyless.code() == "idempotency_key_required");

  const Answer by_platform = shop.post(path_of(intent), body, shop.platform);
  REQUIRE(by_platform.status == 201);
  CHECK(by_platform.body.at("merchant") == shop.one.id);
  const std::string id = by_platform.body.at("id");
  CHECK(shop.get("/v1/refunds/" + id, shop.one.key).status == 200);
  CHECK(shop.get("/v1/refunds/" + id, shop.two.key).status == 404);
}

TEST_CASE("Ten requests with one key are one refund, and two keys cannot refund twice") {
  Shop shop;
  const json intent = shop.fund(shop.one, "30.00");
  std::vector<tests::Ask> asks(
      10, {"POST", path_of(intent), refund_of("30.00").dump(), shop.one.key, "once"});
  asks.push_back({"POST", path_of(intent), refund_of("30.00").dump(), shop.one.key, "again"});
  std::set<std::string> ids;
  unsigned refused = 0;
  for (const Answer& answer : shop.ask_all(asks)) {
    if (answer.status == 201) {
      ids.insert(answer.body.at("id"));
    } else {
      CHECK(answer.code() == "refund_exceeds_payment");
      ++refused;
    }
  }
  CHECK(ids.size() == 1);
  CHECK(refused == 1);
  CHECK(shop.get("/v1/refunds", shop.one.key).body.at("data").size() == 1);
  const Answer replayed =
      shop.ask({"POST", path_of(intent), refund_of("30.00").dump(), shop.one.key, "once"});
  CHECK(replayed.header("Idempotent-Replayed") == "true");
  CHECK(ids.contains(replayed.body.at("id")));
  const Answer other =
      shop.ask({"POST", path_of(intent), refund_of("29.00").dump(), shop.one.key, "once"});
  CHECK(other.code() == "idempotency_mismatch");
}

TEST_CASE("The fee of the settings is charged when money is final, and shown") {
  Shop shop({.bps = 290, .fixed = Amount::parse("0.30").value()});
  const json made = shop.make_intent(shop.one, "25.00");
  CHECK(made.at("fee") == json{{"bps", 290}, {"fixed", "0.30"}, {"charged", "0.00"}});
  const json funded = shop.fund(shop.one, "25.00");
  const json paid =
      shop.get("/v1/payment_intents/" + funded.at("id").get<std::string>(), shop.one.key).body;
  CHECK(paid.at("fee").at("charged") == "1.025");
  CHECK(paid.at("amount_received") == "25.00");
  CHECK(shop.get("/v1/transfers", shop.one.key).body.at("data")[0].at("fee") == "1.025");
  CHECK(shop.get("/v1/balances", shop.one.key).body.at("data")[1].at("available") == "23.975");
  const json income = shop.get("/v1/ledger/accounts/income:fees:USDC", shop.platform).body;
  CHECK(income.at("type") == "income");
  CHECK(income.at("posted").at("credits") == "1.025");
  CHECK(shop.get("/v1/ledger/accounts/income:fees:USDC", shop.one.key).status == 404);

  const Answer over = shop.post(path_of(funded), refund_of("23.98"), shop.one.key);
  CHECK(over.code() == "insufficient_funds");
  CHECK(shop.post(path_of(funded), refund_of("23.975"), shop.one.key).status == 201);

  const Answer small =
      shop.post("/v1/payment_intents", {{"amount", "0.30"}, {"currency", "USDC"}}, shop.one.key);
  CHECK(small.status == 422);
  CHECK(small.code() == "amount_too_small");
  CHECK(small.body.at("param") == "amount");
}
