#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "tests/daemon/api/shop.hpp"

using namespace settled;
using tests::Answer;
using tests::Shop;
using json = nlohmann::json;

namespace {

const std::string kIntents = "/v1/payment_intents";

std::vector<std::string> ids_of(const json& list) {
  std::vector<std::string> out;
  for (const json& each : list.at("data")) out.push_back(each.at("id"));
  return out;
}

}  // namespace

TEST_CASE("An intent is made with every token of its currency, and read back") {
  Shop shop;
  const json body = {{"amount", "25"},       {"currency", "USDC"}, {"reference", "order-42"},
                     {"description", "tea"}, {"expires_in", 60},   {"metadata", {{"a", "b"}}}};
  const Answer made = shop.post(kIntents, body, shop.one.key);
  REQUIRE(made.status == 201);
  const json& intent = made.body;
  CHECK(intent.at("object") == "payment_intent");
  CHECK(intent.at("merchant") == shop.one.id);
  CHECK(intent.at("status") == "requires_payment");
  CHECK(intent.at("amount") == "25.00");
  CHECK(intent.at("amount_remaining") == "25.00");
  CHECK(intent.at("return_url").is_null());
  CHECK(intent.at("metadata") == json{{"a", "b"}});
  REQUIRE(intent.at("payment_options").size() == 2);
  CHECK(intent.at("payment_options")[0].at("base_units") == "25000000");
  CHECK(intent.at("payment_options")[1].at("base_units") == "25000000000000000000");
  CHECK(shop.topped_up == 1);  // the pool was empty, and the create went on all the same
  const std::string id = intent.at("id");
  CHECK(shop.get(kIntents + "/" + id, shop.one.key).body == intent);
  CHECK(shop.get(kIntents + "/" + id, shop.platform).body == intent);

  const Answer canceled = shop.ask({"POST", kIntents + "/" + id + "/cancel", "", shop.one.key});
  CHECK(canceled.status == 200);
  CHECK(canceled.body.at("status") == "canceled");
  const Answer again = shop.ask({"POST", kIntents + "/" + id + "/cancel", "", shop.one.key});
  CHECK(again.status == 409);
  CHECK(again.code() == "not_cancelable");
}

TEST_CASE("`accept` narrows the options, and the platform names the merchant") {
  Shop shop;
  const json accept = json::array({{{"chain", "base"}, {"token", "USDC"}}});
  json body = {{"amount", "1.00"}, {"currency", "USDC"}, {"accept", accept}};
  CHECK(shop.post(kIntents, body, shop.one.key).body.at("payment_options").size() == 1);
  CHECK(shop.post(kIntents, body, shop.platform).code() == "missing_field");
  body["merchant"] = shop.two.id;
  CHECK(shop.post(kIntents, body, shop.platform).body.at("merchant") == shop.two.id);
  CHECK(shop.post(kIntents, body, shop.one.key).status == 404);
  CHECK(shop.post(kIntents, body, shop.two.key).status == 201);
}

TEST_CASE("Bad intents are refused as problems and make nothing") {
  Shop shop;
  const auto refused = [&](const std::string& body, unsigned status, const std::string& code,
                           const std::string& param = "") {
    INFO(body);
    const Answer answer = shop.ask({"POST", kIntents, body, shop.one.key});
    CHECK(answer.status == status);
    CHECK(answer.code() == code);
    CHECK(answer.body.value("param", "") == param);
    CHECK(answer.body.at("request_id") == "req_test");
  };
  const auto with = [](const json& fields = json::object()) {
    json body = {{"amount", "25.00"}, {"currency", "USDC"}};
    body.update(fields);
    return body.dump();
  };
  refused(with({{"surprise", 1}}), 400, "unknown_field", "surprise");
  refused(with({{"amount", "1.0000001"}}), 400, "amount_too_precise", "amount");
  for (const char* amount : {"-1.00", "+1.00", "1e3", "", " 1", "1.", ".5", "0", "0.00", "NaN"}) {
    refused(with({{"amount", amount}}), 400, "invalid_amount", "amount");
  }
  refused(with({{"amount", 25}}), 400, "invalid_amount", "amount");
  refused(with({{"amount", "1000000000000.01"}}), 400, "amount_too_large", "amount");
  refused(with({{"currency", "XXX"}}), 422, "unknown_currency", "currency");
  refused(with({{"accept", json::array()}}), 400, "empty_value", "accept");
  refused(with({{"accept", "USDC"}}), 400, "invalid_type", "accept");
  refused(with({{"accept", {{{"chain", "mars"}, {"token", "USDC"}}}}}), 422, "token_not_available",
          "accept");
  refused(with({{"accept", {{{"chain", "base"}, {"token", "EURC"}}}}}), 422, "token_not_available",
          "accept");
  for (const json& expiry : {json(0), json(-1), json(2592001)}) {
    refused(with({{"expires_in", expiry}}), 400, "out_of_range", "expires_in");
  }
  refused(with({{"expires_in", "60"}}), 400, "invalid_type", "expires_in");
  refused(with({{"return_url", "javascript:alert(1)"}}), 400, "invalid_url", "return_url");
  refused(with({{"reference", std::string(201, 'x')}}), 400, "too_long", "reference");
  refused(with({{"metadata", {{"k", 1}}}}), 400, "invalid_metadata", "metadata.k");
  refused("", 400, "missing_field", "amount");
  refused("[]", 400, "invalid_type");
  refused("{", 400, "invalid_json");
  refused(R"({"amount":"1.00","amount":"2.00"})", 400, "duplicate_key", "amount");
  const Answer form =
      shop.ask({"POST", kIntents, "a=b", shop.one.key, "", "application/x-www-form-urlencoded"});
  CHECK(form.status == 415);
  CHECK(form.code() == "unsupported_media_type");
  CHECK(shop.ask({"POST", kIntents, with(), shop.one.key, std::string(256, 'k')}).code() ==
        "invalid_idempotency_key");
  CHECK(shop.ask({"POST", kIntents + "?a=b", with(), shop.one.key}).code() == "unknown_parameter");
  CHECK(shop.get(kIntents, shop.one.key).body.at("data").empty());
  CHECK(shop.ask({"POST", kIntents, with(), shop.one.key, std::string(255, 'k'),
                  "Application/JSON; charset=utf-8"})
            .status == 201);
}

TEST_CASE("Bad query parameters are refused") {
  Shop shop;
  const auto code = [&](const std::string& query) {
    const Answer answer = shop.get(kIntents + "?" + query, shop.one.key);
    CHECK(answer.status == 400);
    return answer.code();
  };
  for (const char* limit : {"0", "101", "x", "-1", "", "1.5"}) {
    CHECK(code("limit=" + std::string(limit)) == "invalid_parameter");
  }
  CHECK(code("surprise=1") == "unknown_parameter");
  CHECK(code("status=sleeping") == "invalid_parameter");
  CHECK(code("limit=1&limit=2") == "duplicate_parameter");
  CHECK(code("created[gte]=yesterday") == "invalid_parameter");
  CHECK(code("starting_after=pi_nothing") == "invalid_cursor");
  const std::string mine = shop.make_intent(shop.one).at("id");
  const std::string others = shop.make_intent(shop.two).at("id");
  CHECK(code("starting_after=" + others) == "invalid_cursor");
  CHECK(code("starting_after=" + mine + "&ending_before=" + mine) == "invalid_cursor");
}

TEST_CASE("Pages walk 130 intents both ways without gaps or doubles") {
  Shop shop;
  std::vector<tests::Ask> asks;
  for (int i = 0; i < 130; ++i) {
    json body = {{"amount", "1.00"}, {"currency", "USDC"}};
    if (i % 13 == 0) body["reference"] = "thirteenth";
    asks.push_back({"POST", kIntents, body.dump(), shop.one.key});
  }
  std::set<std::string> made;
  for (const Answer& answer : shop.ask_all(std::move(asks))) made.insert(answer.body.at("id"));
  REQUIRE(made.size() == 130);
  shop.make_intent(shop.two);

  const json first = shop.get(kIntents, shop.one.key).body;
  CHECK(first.at("object") == "list");
  CHECK(first.at("url") == kIntents);
  CHECK(first.at("data").size() == 20);
  CHECK(first.at("has_more") == true);

  std::vector<std::string> forward;
  for (std::string after; forward.size() <= 130;) {
    const json page = shop.get(kIntents + "?limit=50" + after, shop.one.key).body;
    for (std::string& id : ids_of(page)) forward.push_back(std::move(id));
    if (!page.at("has_more").get<bool>()) break;
    after = "&starting_after=" + forward.back();
  }
  CHECK(std::set<std::string>(forward.begin(), forward.end()) == made);
  CHECK(std::is_sorted(forward.rbegin(), forward.rend()));

  std::vector<std::string> back;
  for (std::string before = forward.back(); back.size() <= 130;) {
    const json page = shop.get(kIntents + "?limit=50&ending_before=" + before, shop.one.key).body;
    const auto ids = ids_of(page);
    back.insert(back.begin(), ids.begin(), ids.end());
    if (!page.at("has_more").get<bool>()) break;
    before = ids.front();
  }
  CHECK(back == std::vector<std::string>(forward.begin(), forward.end() - 1));

  const auto count = [&](const std::string& filter) {
    return shop.get(kIntents + "?limit=100&" + filter, shop.one.key).body.at("data").size();
  };
  CHECK(count("reference=thirteenth") == 10);
  CHECK(count("status=succeeded") == 0);
  const std::string oldest =
      shop.get(kIntents + "/" + forward.back(), shop.one.key).body.at("created");
  CHECK(count("created[lt]=" + oldest) == 0);
  CHECK(count("created[gte]=" + oldest) == 100);
  const json everybody = shop.get(kIntents + "?limit=1", shop.platform).body;
  CHECK(everybody.at("data")[0].at("merchant") == shop.two.id);
  CHECK(shop.get(kIntents + "?merchant=" + shop.two.id, shop.platform).body.at("data").size() == 1);
}
