#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "daemon/api/service.hpp"
#include "ledger/keys.hpp"
#include "tests/daemon/api/shop.hpp"

using namespace settled;
using tests::Shop;
using json = nlohmann::json;

namespace {

using Texts = ledger::reports::Page<std::string>;

json listed(const Texts& page) {
  return json::parse(daemon::api::list_of(
      page, "/v1/x", [](const std::string& text) { return daemon::render::Json(text); }));
}

}  // namespace

TEST_CASE("A list ends where its bytes are enough, next to the cursor that it came from") {
  const std::string large(400'000, 'x');
  Texts page{.data = {"a" + large, "b" + large, "c" + large, "d" + large}};
  json out = listed(page);
  CHECK(out.at("has_more") == true);
  REQUIRE(out.at("data").size() == 2);
  CHECK(out.at("data")[0].get<std::string>().front() == 'a');
  page.backwards = true;
  out = listed(page);
  CHECK(out.at("has_more") == true);
  REQUIRE(out.at("data").size() == 2);
  CHECK(out.at("data")[0].get<std::string>().front() == 'c');
  CHECK(out.at("data")[1].get<std::string>().front() == 'd');

  CHECK(listed({.data = {"a", "b"}}).at("has_more") == false);
  out = listed({.data = {std::string(3'000'000, 'y')}});
  CHECK(out.at("data").size() == 1);
  CHECK(out.at("has_more") == false);
}

TEST_CASE("A list is bounded by creation times") {
  Shop shop;
  const std::string made = shop.make_intent(shop.one).at("created");
  const auto count = [&](const std::string& query) {
    return shop.get("/v1/payment_intents?" + query, shop.one.key).body.at("data").size();
  };
  CHECK(count("created[gte]=" + made) == 1);
  CHECK(count("created[gt]=" + made) == 0);
  CHECK(count("created[lte]=" + made) == 1);
  CHECK(count("created[lt]=" + made) == 0);
}

TEST_CASE("A merchant reads no line of another merchant in an entry that touches both") {
  Shop shop;
  shop.fund(shop.one, "10.00");
  const std::string own = "liability:merchants:" + shop.one.id + ":USDC";
  const std::string other = "liability:merchants:" + shop.two.id + ":USDC";
  const json first = shop.get("/v1/ledger/entries", shop.one.key).body.at("data").at(0);
  const auto id = EntryId::parse(first.at("id").get<std::string>()).value();
  auto entry =
      ledger::read_record<ledger::pb::Entry>(*shop.store, ledger::keys::entry(id.raw())).value();
  REQUIRE(entry);
  *entry->add_lines() = entry->lines(0);
  entry->mutable_lines(entry->lines_size() - 1)->set_account(other);
  ledger::store::Batch batch;
  batch.put(ledger::keys::entry(id.raw()), entry->SerializeAsString());
  REQUIRE(shop.store->write(batch, ledger::store::Durability::Written));

  const tests::Answer seen = shop.get("/v1/ledger/entries", shop.one.key);
  CHECK(seen.body.at("data").at(0).at("lines") == first.at("lines"));
  CHECK(seen.text.find(own) != std::string::npos);
  CHECK(seen.text.find(shop.two.id) == std::string::npos);
  CHECK(shop.get("/v1/ledger/entries", shop.platform).text.find(other) != std::string::npos);

  const std::string path = "/v1/ledger/entries/" + first.at("id").get<std::string>();
  CHECK(shop.get(path, shop.one.key).body.at("lines") == first.at("lines"));
  CHECK(shop.get(path, shop.platform).text.find(other) != std::string::npos);
  // A receipt has the bytes of the entry, in which nothing can be hidden.
  const tests::Answer receipt = shop.get(path + "/proof", shop.one.key);
  CHECK(receipt.status == 422);
  CHECK(receipt.code() == "entry_of_several_merchants");
}

TEST_CASE("A hold and an account are read by themselves as they are, and as they were") {
  Shop shop;
  for (const char* code : {"asset:till", "income:sales"}) {
    REQUIRE(shop.post("/v1/ledger/accounts", {{"code", code}, {"currency", "USDC"}}, shop.platform)
                .status == 201);
  }
  const json lines = {{{"account", "asset:till"}, {"side", "debit"}, {"amount", "1.00"}},
                      {{"account", "income:sales"}, {"side", "credit"}, {"amount", "1.00"}}};
  const json hold =
      shop.post("/v1/ledger/entries",
                {{"reference", "held"}, {"kind", "sale"}, {"lines", lines}, {"pending", true}},
                shop.platform)
          .body;
  const std::string path = "/v1/ledger/entries/" + hold.at("id").get<std::string>();
  CHECK(shop.get(path, shop.platform).body.at("hold_status") == "pending");
  REQUIRE(shop.post(path + "/void", {{"reference", "let-go"}}, shop.platform).status == 201);
  CHECK(shop.get(path, shop.platform).body.at("hold_status") == "voided");

  const std::string account = "/v1/ledger/accounts/asset:till";
  REQUIRE(shop.post(account + "/close", json::object(), shop.platform).status == 200);
  CHECK_FALSE(shop.get(account, shop.platform).body.at("closed").is_null());
  // Before it was opened nothing was known of its end.
  const json before = shop.get(account + "?at=2020-01-01T00:00:00Z", shop.platform).body;
  CHECK(before.at("closed").is_null());
  CHECK(before.at("uncleared_since").is_null());
  CHECK(before.at("posted").at("debits") == "0.00");
}
