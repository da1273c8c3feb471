#include <set>

#include <catch2/catch.hpp>

#include "tests/daemon/api/shop.hpp"

using namespace settled;
using tests::Shop;
using json = nlohmann::json;

namespace {

/// Served by the daemon's health listener.
const std::set<std::string> kElsewhere = {"GET /livez", "GET /readyz", "GET /health",
                                          "GET /metrics"};

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(c));
  return text;
}

void check_references(const json& document, const json& node) {
  if (node.is_object() && node.contains("$ref")) {
    const std::string target = node.at("$ref");
    INFO(target);
    REQUIRE(target.starts_with("#/"));
    CHECK(document.contains(json::json_pointer(target.substr(1))));
  }
  for (const json& child : node) {
    if (child.is_structured()) check_references(document, child);
  }
}

}  // namespace

TEST_CASE("openapi.json describes every route and no other") {
  Shop shop;
  const json document = shop.ask({"GET", "/openapi.json"}).body;
  CHECK(document.at("openapi") == "3.1.0");
  std::set<std::string> described;
  std::set<std::string> operations;
  for (const auto& [path, methods] : document.at("paths").items()) {
    for (const auto& [method, operation] : methods.items()) {
      described.insert(upper(method) + " " + path);
      INFO(method << " " << path);
      CHECK(operations.insert(operation.at("operationId")).second);
      CHECK_FALSE(operation.at("responses").empty());
    }
  }
  std::set<std::string> served = kElsewhere;
  for (const auto& [method, pattern] : shop.api->routes()) served.insert(method + " " + pattern);
  CHECK(described == served);
}

TEST_CASE("Every reference of openapi.json leads somewhere, every path parameter is declared") {
  const json document = json::parse(daemon::api::openapi_document());
  check_references(document, document);
  for (const auto& [path, methods] : document.at("paths").items()) {
    const auto at = path.find('{');
    if (at == std::string::npos) continue;
    const std::string name = path.substr(at + 1, path.find('}') - at - 1);
    for (const auto& [method, operation] : methods.items()) {
      INFO(method << " " << path);
      const std::string first = operation.at("parameters").at(0).at("$ref");
      CHECK(first == "#/components/parameters/" + name);
    }
  }
}

TEST_CASE("What the routes answer has the fields that the document requires") {
  Shop shop;
  const json document = json::parse(daemon::api::openapi_document());
  const auto check = [&](const std::string& schema, const json& object) {
    const json& wanted = document.at("components").at("schemas").at(schema);
    std::set<std::string> described;
    for (const auto& [name, unused] : wanted.at("properties").items()) described.insert(name);
    for (const json& name : wanted.at("required")) {
      INFO(schema << "." << name);
      CHECK(object.contains(name.get<std::string>()));
    }
    for (const auto& [name, unused] : object.items()) {
      INFO(schema << "." << name);
      CHECK(described.contains(name));
    }
  };
  shop.fund(shop.one, "10.00");
  const auto first = [&](const std::string& path) {
    return shop.get(path, shop.one.key).body.at("data").at(0);
  };
  check("PaymentIntent", first("/v1/payment_intents"));
  check("Transfer", first("/v1/transfers"));
  check("Balance", first("/v1/balances"));
  check("Account", first("/v1/ledger/accounts"));
  check("Entry", first("/v1/ledger/entries"));
  check("Event", first("/v1/events"));
  check("TrialBalance", shop.get("/v1/ledger/trial_balance", shop.one.key).body);
  check("Statement", shop.get("/v1/statements?currency=USDC", shop.one.key).body);
  const json closed =
      shop.post("/v1/ledger/periods", {{"name", "2025"}, {"until", "2026-01-01T00:00:00Z"}},
                shop.platform)
          .body;
  check("Period", closed);
  check("PeriodWithBalances",
        shop.get("/v1/ledger/periods/" + closed.at("id").get<std::string>(), shop.platform).body);
  check("ApiKey", shop.get("/v1/api_keys", shop.platform).body.at("data").at(0));
  check("Merchant", shop.get("/v1/merchants/" + shop.one.id, shop.platform).body);
  check("Problem", shop.get("/v1/balances?merchant=x", shop.one.key).body);
  shop.post("/v1/webhook_endpoints", {{"url", "https://a.example/"}, {"events", {"*"}}},
            shop.one.key);
  check("WebhookEndpoint", first("/v1/webhook_endpoints"));
  shop.post("/v1/payouts",
            {{"amount", "1.00"},
             {"currency", "USDC"},
             {"chain", "base"},
             {"destination", "0x00000000000000000000000000000000000000aa"}},
            shop.one.key);
  check("Payout", first("/v1/payouts"));
  const std::string intent = first("/v1/payment_intents").at("id");
  shop.post("/v1/payment_intents/" + intent + "/refunds",
            {{"amount", "1.00"},
             {"chain", "base"},
             {"destination", "0x00000000000000000000000000000000000000aa"}},
            shop.one.key);
  check("Refund", first("/v1/refunds"));
}
