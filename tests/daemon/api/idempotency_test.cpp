#include <set>

#include <catch2/catch.hpp>

#include "tests/daemon/api/shop.hpp"

using namespace settled;
using tests::Answer;
using tests::Ask;
using tests::Shop;
using json = nlohmann::json;

namespace {

const std::string kIntents = "/v1/payment_intents";
const std::string kBody = R"({"amount":"25.00","currency":"USDC"})";

}  // namespace

TEST_CASE("A repeated key gives the first answer again, though the object has changed") {
  Shop shop;
  const Ask request{"POST", kIntents, kBody, shop.one.key, "once"};
  const Answer first = shop.ask(request);
  REQUIRE(first.status == 201);
  CHECK(first.header("Idempotent-Replayed").empty());
  const std::string id = first.body.at("id");
  shop.ask({"POST", kIntents + "/" + id + "/cancel", "", shop.one.key});
  Ask respaced = request;
  respaced.body = R"({ "currency" : "USDC", "amount":"25.00" })";
  for (const Ask& again : {request, respaced}) {
    const Answer answer = shop.ask(again);
    CHECK(answer.status == 201);
    CHECK(answer.text == first.text);
    CHECK(answer.header("Idempotent-Replayed") == "true");
  }
  CHECK(shop.get(kIntents, shop.one.key).body.at("data").size() == 1);
}

TEST_CASE("A key with another body, path or method's worth of meaning is a mismatch") {
  Shop shop;
  shop.ask({"POST", kIntents, kBody, shop.one.key, "once"});
  const Answer body =
      shop.ask({"POST", kIntents, R"({"amount":"26.00","currency":"USDC"})", shop.one.key, "once"});
  CHECK(body.status == 422);
  CHECK(body.code() == "idempotency_mismatch");
  const Answer path =
      shop.ask({"POST", "/v1/webhook_endpoints", R"({"url":"https://a.example/","events":["*"]})",
                shop.one.key, "once"});
  CHECK(path.code() == "idempotency_mismatch");
  // Another API key's "once" is another key.
  CHECK(shop.ask({"POST", kIntents, kBody, shop.two.key, "once"}).status == 201);
}

TEST_CASE("Ten at once with one key make one intent") {
  Shop shop;
  shop.make_intent(shop.two);
  const auto answers =
      shop.ask_all(std::vector<Ask>(10, Ask{"POST", kIntents, kBody, shop.one.key, "once"}));
  std::set<std::string> texts;
  int replayed = 0;
  for (const Answer& answer : answers) {
    CHECK(answer.status == 201);
    texts.insert(answer.text);
    replayed += answer.header("Idempotent-Replayed") == "true" ? 1 : 0;
  }
  CHECK(texts.size() == 1);
  CHECK(replayed == 9);
  CHECK(shop.get(kIntents, shop.one.key).body.at("data").size() == 1);
}

TEST_CASE("Validation is not remembered, the book's refusal is") {
  Shop shop;
  CHECK(shop.ask({"POST", kIntents, R"({"amount":"x"})", shop.one.key, "again"}).status == 400);
  CHECK(shop.ask({"POST", kIntents, kBody, shop.one.key, "again"}).status == 201);

  const Ask payout{"POST", "/v1/payouts",
                   R"({"amount":"10.00","currency":"USDC","chain":"base",)"
                   R"("destination":"0x00000000000000000000000000000000000000aa"})",
                   shop.one.key, "pay"};
  CHECK(shop.ask(payout).code() == "insufficient_funds");
  shop.fund(shop.one, "100.00");
  const Answer refused = shop.ask(payout);
  CHECK(refused.status == 422);
  CHECK(refused.code() == "insufficient_funds");
  CHECK(refused.header("Idempotent-Replayed") == "true");
}

TEST_CASE("An API key's secret is shown once, a replay has none") {
  Shop shop;
  const Ask request{"POST", "/v1/api_keys", R"({"name":"x","scopes":["intents"]})", shop.platform,
                    "key"};
  const Answer first = shop.ask(request);
  const std::string secret = first.body.at("secret");
  CHECK(secret.size() == 46);
  CHECK(secret.starts_with("sk_"));
  const Answer again = shop.ask(request);
  CHECK(again.status == 201);
  CHECK(again.body.at("secret").is_null());
  CHECK(again.body.at("id") == first.body.at("id"));
}
