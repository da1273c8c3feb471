#include <catch2/catch.hpp>

#include "tests/daemon/api/shop.hpp"

using namespace settled;
using tests::Answer;
using tests::Shop;
using json = nlohmann::json;

namespace {

const std::string kEndpoints = "/v1/webhook_endpoints";

}  // namespace

TEST_CASE("The feed is oldest first and goes on after a sequence") {
  Shop shop;
  shop.fund(shop.one, "10.00");
  shop.make_intent(shop.two);
  const json feed = shop.get("/v1/events", shop.one.key).body.at("data");
  std::vector<std::string> types;
  for (const json& event : feed) types.push_back(event.at("type"));
  CHECK(types == std::vector<std::string>{"payment_intent.created", "transfer.seen",
                                          "payment_intent.processing", "transfer.confirmed",
                                          "payment_intent.succeeded", "transfer.finalized"});
  const std::uint64_t second = feed[1].at("sequence");
  const json rest =
      shop.get("/v1/events?limit=2&after=" + std::to_string(second), shop.one.key).body;
  CHECK(rest.at("data").size() == 2);
  CHECK(rest.at("has_more") == true);
  CHECK(rest.at("data")[0] == feed[2]);
  CHECK(shop.get("/v1/events", shop.platform).body.at("data").size() == 7);
  CHECK(shop.get("/v1/events?after=-1", shop.one.key).code() == "invalid_parameter");
  const std::string id = feed[0].at("id");
  CHECK(shop.get("/v1/events/" + id, shop.one.key).body == feed[0]);
  const Answer again = shop.ask({"POST", "/v1/events/" + id + "/redeliver", "", shop.one.key});
  CHECK(again.status == 200);
  CHECK(again.body.at("id") == id);
  CHECK(again.body.at("redelivery") ==
        json{{"queued", 2}, {"pending", 1}, {"skipped", json::array()}});
  shop.ask({"POST", "/v1/events/" + id + "/redeliver", "", shop.platform});
  CHECK(shop.redelivered ==
        std::vector<std::string>{"payment_intent.created", "payment_intent.created to all"});
}

TEST_CASE("A redelivery is done and answered once under its key") {
  Shop shop;
  shop.make_intent(shop.one);
  shop.make_intent(shop.one);
  const json feed = shop.get("/v1/events", shop.one.key).body.at("data");
  const auto path = [&](std::size_t index) {
    return "/v1/events/" + feed[index].at("id").get<std::string>() + "/redeliver";
  };
  const auto ask = [&](const std::string& target, const std::string& key, const std::string& by) {
    return shop.ask({"POST", target, "", key, by});
  };
  const Answer first = ask(path(0), shop.one.key, "again");
  REQUIRE(first.status == 200);
  CHECK(first.header("Idempotent-Replayed").empty());
  const Answer second = ask(path(0), shop.one.key, "again");
  CHECK(second.status == 200);
  CHECK(second.text == first.text);
  CHECK(second.header("Idempotent-Replayed") == "true");
  CHECK(shop.redelivered.size() == 1);

  CHECK(ask(path(1), shop.one.key, "again").code() == "idempotency_mismatch");
  CHECK(ask("/v1/payment_intents", shop.one.key, "again").code() == "idempotency_mismatch");
  CHECK(shop.redelivered.size() == 1);
  // Another key of the API, another key of the client, none: other requests.
  ask(path(0), shop.platform, "again");
  ask(path(0), shop.one.key, "once-more");
  ask(path(0), shop.one.key, "");
  CHECK(shop.redelivered.size() == 4);

  shop.ask({"POST", "/v1/payment_intents", R"({"amount":"1.00","currency":"USDC"})", shop.one.key,
            "of-a-command"});
  CHECK(ask(path(0), shop.one.key, "of-a-command").code() == "idempotency_mismatch");
  // What was refused before anything was done is not kept.
  CHECK(shop.ask({"POST", path(0), R"({"colour":"red"})", shop.one.key, "typed-wrong"}).status ==
        400);
  CHECK(ask(path(0), shop.one.key, "typed-wrong").status == 200);
  CHECK(shop.redelivered.size() == 5);
}

TEST_CASE("An endpoint's secret is shown at its creation and rotation alone") {
  Shop shop;
  const Answer made =
      shop.post(kEndpoints, {{"url", "https://a.example/hook"}, {"events", {"payout.created"}}},
                shop.one.key);
  REQUIRE(made.status == 201);
  const std::string secret = made.body.at("secret");
  CHECK(secret.starts_with("whsec_"));
  const std::string path = kEndpoints + "/" + made.body.at("id").get<std::string>();
  const Answer read = shop.get(path, shop.one.key);
  CHECK_FALSE(read.body.contains("secret"));
  CHECK(read.body.at("status") == "enabled");
  CHECK(read.body.at("disabled_reason").is_null());
  CHECK(shop.get(kEndpoints, shop.one.key).text.find(secret) == std::string::npos);
  const Answer rotated = shop.ask({"POST", path + "/rotate_secret", "", shop.one.key});
  CHECK(rotated.body.at("secret") != secret);

  const Answer patched =
      shop.ask({"PATCH", path, R"({"events":["*"],"status":"disabled"})", shop.one.key});
  CHECK(patched.status == 200);
  CHECK(patched.body.at("events") == json::array({"*"}));
  CHECK(patched.body.at("status") == "disabled");
  CHECK(patched.body.at("disabled_reason") == "requested");
  CHECK(shop.get(path + "/deliveries", shop.one.key).body.at("object") == "list");
  const Answer deleted = shop.ask({"DELETE", path, "", shop.one.key});
  CHECK(deleted.status == 200);
  CHECK(deleted.body.at("deleted") == true);
  CHECK(shop.get(path, shop.one.key).status == 404);
}

TEST_CASE("Bad endpoints are refused") {
  Shop shop;
  const auto code = [&](const std::string& url, const json& events, unsigned status) {
    const Answer answer = shop.post(kEndpoints, {{"url", url}, {"events", events}}, shop.one.key);
    INFO(url << events.dump());
    CHECK(answer.status == status);
    return answer.code();
  };
  CHECK(code("ftp://a.example/", {"*"}, 400) == "invalid_url");
  CHECK(code("javascript:1", {"*"}, 400) == "invalid_url");
  CHECK(code("", {"*"}, 400) == "empty_value");
  CHECK(code("http://a.example/", {"*"}, 422) == "forbidden_url");
  CHECK(code("https://a.example/", json::array(), 400) == "empty_value");
  CHECK(code("https://a.example/", {"sleep"}, 400) == "unknown_event_type");
  shop.urls_allowed = false;
  CHECK(code("https://a.example/", {"*"}, 422) == "forbidden_url");
  CHECK(shop.get(kEndpoints, shop.one.key).body.at("data").empty());
}

TEST_CASE("A merchant has at most sixteen endpoints, and another its own sixteen") {
  Shop shop;
  const json body = {{"url", "https://a.example/hook"}, {"events", {"*"}}};
  std::string first;
  for (int i = 0; i < 16; ++i) {
    const Answer made = shop.post(kEndpoints, body, shop.one.key);
    REQUIRE(made.status == 201);
    first = made.body.at("id");
  }
  const Answer refused = shop.post(kEndpoints, body, shop.one.key);
  CHECK(refused.status == 422);
  CHECK(refused.code() == "too_many_endpoints");
  CHECK(shop.post(kEndpoints, body, shop.two.key).status == 201);
  CHECK(shop.ask({"DELETE", kEndpoints + "/" + first, "", shop.one.key}).status == 200);
  CHECK(shop.post(kEndpoints, body, shop.one.key).status == 201);
}

TEST_CASE("The platform has endpoints of its own") {
  Shop shop;
  const json body = {{"url", "https://a.example/"}, {"events", {"*"}}};
  CHECK(shop.post(kEndpoints, body, shop.platform).body.at("merchant").is_null());
  CHECK(shop.get(kEndpoints, shop.one.key).body.at("data").empty());
}
