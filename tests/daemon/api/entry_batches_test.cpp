#include <catch2/catch.hpp>

#include "tests/daemon/api/shop.hpp"

using namespace settled;
using namespace settled::tests;
using nlohmann::json;

namespace {

json entry(const std::string& reference, const std::string& amount) {
  return {{"reference", reference},
          {"kind", "loan"},
          {"lines",
           {{{"account", "asset:bank"}, {"side", "debit"}, {"amount", amount}},
            {{"account", "liability:loans"}, {"side", "credit"}, {"amount", amount}}}}};
}

void open(Shop& shop) {
  for (const char* code : {"asset:bank", "liability:loans"}) {
    REQUIRE(shop.post("/v1/ledger/accounts", {{"code", code}, {"currency", "USDC"}}, shop.platform)
                .status == 201);
  }
}

}  // namespace

TEST_CASE("several entries are posted at once, and replayed under their key") {
  Shop shop;
  open(shop);
  const Ask ask{"POST", "/v1/ledger/entry_batches",
                json{{"entries", {entry("one", "1.00"), entry("two", "2.00")}}}.dump(),
                shop.platform, "the-key"};
  const Answer made = shop.ask(ask);
  REQUIRE(made.status == 201);
  CHECK(made.body.at("object") == "entry_batch");
  REQUIRE(made.body.at("entries").size() == 2);
  const std::string second = made.body.at("entries").at(1);
  CHECK(shop.get("/v1/ledger/entries/" + second, shop.platform).body.at("reference") == "two");
  const Answer again = shop.ask(ask);
  CHECK(again.status == 201);
  CHECK(again.text == made.text);
  CHECK(again.header("Idempotent-Replayed") == "true");
}

TEST_CASE("a batch that is refused names the place, and books nothing") {
  Shop shop;
  open(shop);
  json wrong = entry("two", "2.00");
  wrong["lines"][1]["account"] = "asset:none";
  const Answer refused = shop.post("/v1/ledger/entry_batches",
                                   {{"entries", {entry("one", "1.00"), wrong}}}, shop.platform);
  CHECK(refused.status == 404);
  CHECK(refused.code() == "account_not_found");
  CHECK(refused.body.at("param") == "entries[1]");
  CHECK(shop.get("/v1/ledger/entries", shop.platform).body.at("data").empty());
  CHECK(shop.post("/v1/ledger/entry_batches", {{"entries", json::array()}}, shop.platform).status ==
        400);
  CHECK(shop.post("/v1/ledger/entry_batches", {{"entries", {entry("one", "1.00")}}}, shop.one.key)
            .status == 403);
}
