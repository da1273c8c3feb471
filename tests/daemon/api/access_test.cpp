#include <catch2/catch.hpp>

#include "tests/daemon/api/shop.hpp"

using namespace settled;
using tests::Answer;
using tests::Shop;
using json = nlohmann::json;

TEST_CASE("Without a valid key every route answers 401") {
  Shop shop;
  for (const auto& [method, pattern] : shop.api->routes()) {
    if (pattern == "/openapi.json") continue;
    INFO(method << " " << pattern);
    for (const std::string& key : {std::string(), "sk_" + std::string(43, 'x'), shop.one.key + "x",
                                   shop.one.key.substr(1), shop.one.key.substr(0, 45)}) {
      std::string target = pattern;
      if (const auto at = target.find('{'); at != std::string::npos) {
        target.replace(at, target.find('}') - at + 1, "x");
      }
      const Answer answer = shop.ask({method, target, "", key});
      CHECK(answer.status == 401);
      CHECK(answer.code() == "unauthenticated");
      CHECK(answer.header("WWW-Authenticate") == "Bearer");
    }
  }
}

TEST_CASE("Scopes and the platform's business") {
  Shop shop;
  const std::string reader = shop.make_key(shop.one.id, {"ledger.read"});
  const std::string intents = shop.make_key(shop.one.id, {"intents"});
  const std::string admin = shop.make_key(shop.one.id, {"admin"});
  const auto forbidden = [&](const std::string& method, const std::string& path,
                             const std::string& key) {
    INFO(method << " " << path);
    const Answer answer = shop.ask({method, path, "", key});
    CHECK(answer.status == 403);
    CHECK(answer.code() == "forbidden");
  };
  forbidden("POST", "/v1/payment_intents", reader);
  forbidden("POST", "/v1/payouts", reader);
  forbidden("POST", "/v1/webhook_endpoints", reader);
  forbidden("GET", "/v1/webhook_endpoints", intents);
  forbidden("GET", "/v1/ledger/accounts", intents);
  forbidden("GET", "/v1/payouts", shop.make_key(shop.one.id, {"webhooks"}));
  forbidden("POST", "/v1/payouts/x/approve", shop.one.key);
  for (const std::string& key : {shop.one.key, admin}) {
    forbidden("POST", "/v1/merchants", key);
    forbidden("POST", "/v1/api_keys", key);
    forbidden("GET", "/v1/api_keys", key);
  }
  forbidden("POST", "/v1/transfers/x/assign", shop.one.key);
  CHECK(shop.get("/v1/events", reader).status == 200);
  CHECK(shop.get("/v1/balances", intents).status == 200);
}

TEST_CASE("A revoked key is refused from the next request on") {
  Shop shop;
  const Answer made =
      shop.post("/v1/api_keys", {{"name", "x"}, {"scopes", {"intents"}}, {"merchant", shop.one.id}},
                shop.platform);
  const std::string secret = made.body.at("secret");
  const std::string id = made.body.at("id");
  CHECK(shop.get("/v1/payment_intents", secret).status == 200);
  const Answer revoked = shop.post("/v1/api_keys/" + id + "/revoke", json::object(), shop.platform);
  CHECK(revoked.status == 200);
  CHECK(revoked.body.at("revoked").is_string());
  CHECK_FALSE(revoked.body.contains("secret"));
  CHECK(shop.get("/v1/payment_intents", secret).status == 401);

  const json all = shop.get("/v1/api_keys", shop.platform).body;
  REQUIRE(all.at("data").size() == 4);
  CHECK(all.at("data")[0].at("id") == id);
  const json older = shop.get("/v1/api_keys?limit=2&starting_after=" + id, shop.platform).body;
  CHECK(older.at("data").size() == 2);
  CHECK(older.at("has_more") == true);
  const json narrow = shop.get("/v1/api_keys?merchant=" + shop.two.id, shop.platform).body;
  CHECK(narrow.at("data").size() == 1);
}

TEST_CASE("Keys and merchants are checked") {
  Shop shop;
  CHECK(shop.post("/v1/merchants", {{"name", ""}}, shop.platform).code() == "empty_value");
  CHECK(shop.post("/v1/api_keys", {{"name", "x"}, {"scopes", {"all"}}}, shop.platform).code() ==
        "unknown_scope");
  CHECK(shop.post("/v1/api_keys", {{"name", "x"}, {"scopes", {"admin"}}, {"merchant", "mer_x"}},
                  shop.platform)
            .status == 404);
  const Answer merchant = shop.get("/v1/merchants/" + shop.one.id, shop.platform);
  CHECK(merchant.body.at("name") == "a shop");
  CHECK(shop.get("/v1/merchants/mer_x", shop.platform).status == 404);
}

TEST_CASE("Another merchant's objects do not exist") {
  Shop shop;
  const json intent = shop.fund(shop.one, "100.00");
  const std::string id = intent.at("id");
  const json transfer = shop.get("/v1/transfers", shop.one.key).body.at("data").at(0);
  const Answer payout = shop.post("/v1/payouts",
                                  {{"amount", "10.00"},
                                   {"currency", "USDC"},
                                   {"chain", "base"},
                                   {"destination", "0x00000000000000000000000000000000000000aa"}},
                                  shop.one.key);
  REQUIRE(payout.status == 201);
  const Answer endpoint = shop.post(
      "/v1/webhook_endpoints", {{"url", "https://a.example/"}, {"events", {"*"}}}, shop.one.key);
  const json event = shop.get("/v1/events", shop.one.key).body.at("data").at(0);
  const std::string account = "liability:merchants:" + shop.one.id + ":USDC";
  const auto path = [](const std::string& folder, const json& object) {
    return "/v1/" + folder + "/" + object.at("id").get<std::string>();
  };
  for (const std::string& each :
       {path("payment_intents", intent), path("transfers", transfer), path("payouts", payout.body),
        path("webhook_endpoints", endpoint.body),
        path("webhook_endpoints", endpoint.body) + "/deliveries", path("events", event)}) {
    INFO(each);
    CHECK(shop.get(each, shop.one.key).status == 200);
    CHECK(shop.get(each, shop.platform).status == 200);
    CHECK(shop.get(each, shop.two.key).code() == "not_found");
  }
  for (const std::string& each :
       {path("payment_intents", intent) + "/cancel", path("payouts", payout.body) + "/cancel",
        path("webhook_endpoints", endpoint.body) + "/rotate_secret",
        path("events", event) + "/redeliver"}) {
    INFO(each);
    CHECK(shop.ask({"POST", each, "", shop.two.key}).status == 404);
  }
  CHECK(shop.ask({"DELETE", path("webhook_endpoints", endpoint.body), "", shop.two.key}).status ==
        404);
  for (const char* each : {"payment_intents", "transfers", "payouts", "webhook_endpoints", "events",
                           "ledger/accounts", "ledger/entries"}) {
    INFO(each);
    CHECK(shop.get("/v1/" + std::string(each), shop.two.key).body.at("data").empty());
  }
  CHECK(shop.get("/v1/balances?merchant=" + shop.one.id, shop.two.key).status == 404);
  CHECK(shop.get("/v1/balances?merchant=" + shop.one.id, shop.platform).status == 200);
}
