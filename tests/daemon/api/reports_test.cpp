#include <catch2/catch.hpp>

#include "tests/daemon/api/shop.hpp"

using namespace settled;
using tests::Answer;
using tests::Shop;
using json = nlohmann::json;

namespace {

std::string code_of(const Shop::Merchant& merchant) {
  return "liability:merchants:" + merchant.id + ":USDC";
}

}  // namespace

TEST_CASE("A merchant reads its own statement, the platform anybody's") {
  Shop shop;
  shop.fund(shop.one, "10.00");
  shop.fund(shop.one, "2.50");
  const json own = shop.get("/v1/statements?currency=USDC", shop.one.key).body;
  CHECK(own.at("merchant") == shop.one.id);
  CHECK(own.at("account") == code_of(shop.one));
  CHECK(own.at("opening").at("posted") == "0.00");
  CHECK(own.at("closing") == json({{"posted", "12.50"}, {"available", "12.50"}}));
  REQUIRE(own.at("lines").size() == 2);
  CHECK(own.at("lines")[0].at("amount") == "10.00");
  CHECK(own.at("lines")[1].at("balance") == "12.50");
  CHECK(own.at("lines")[1].at("part") == "payments");
  CHECK(own.at("totals").at("payments") == "12.50");
  CHECK(own.at("totals").at("fees") == "0.00");
  CHECK(own.at("next").is_null());
  const std::string asked = "/v1/statements?currency=USDC&merchant=" + shop.one.id;
  CHECK(shop.get(asked, shop.platform).body.at("closing") == own.at("closing"));
  CHECK(shop.get(asked, shop.two.key).status == 404);
  CHECK(shop.get("/v1/statements?currency=USDC", shop.two.key).body.at("lines").empty());
}

TEST_CASE("A statement's pages follow on one another") {
  Shop shop;
  for (int i = 0; i < 3; ++i) shop.fund(shop.one, "1.00");
  std::string carried = "0.00";
  std::string after;
  int lines = 0;
  for (int pages = 0; pages < 10; ++pages) {
    const json page = shop.get("/v1/statements?currency=USDC&limit=2" + after, shop.one.key).body;
    CHECK(page.at("opening").at("posted") == carried);
    carried = page.at("closing").at("posted");
    lines += static_cast<int>(page.at("lines").size());
    CHECK(page.at("has_more") == !page.at("next").is_null());
    if (page.at("next").is_null()) break;
    after = "&starting_after=" + page.at("next").get<std::string>();
  }
  CHECK(lines == 3);
  CHECK(carried == "3.00");
}

TEST_CASE("A statement that cannot be is refused") {
  Shop shop;
  const auto refused = [&](const std::string& query, const std::string& key) {
    const Answer answer = shop.get("/v1/statements" + query, key);
    return std::to_string(answer.status) + " " + answer.code() + " " +
           answer.body.value("param", "");
  };
  const std::string& one = shop.one.key;
  CHECK(refused("", one) == "400 missing_parameter currency");
  CHECK(refused("?currency=USDC", shop.platform) == "400 missing_parameter merchant");
  CHECK(refused("?currency=USDC&merchant=mer_x", shop.platform) == "404 not_found merchant");
  CHECK(refused("?currency=XYZ", one) == "400 invalid_parameter currency");
  CHECK(refused("?currency=USDC&from=yesterday", one) == "400 invalid_parameter from");
  CHECK(refused("?currency=USDC&from=1969-12-31T00:00:00Z", one) == "400 invalid_parameter from");
  CHECK(refused("?currency=USDC&from=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z", one) ==
        "400 invalid_parameter until");
  CHECK(refused("?currency=USDC&limit=1001", one) == "400 invalid_parameter limit");
  CHECK(refused("?currency=USDC&limit=0", one) == "400 invalid_parameter limit");
  CHECK(refused("?currency=USDC&starting_after=en_x", one) == "400 invalid_cursor starting_after");
  CHECK(refused("?currency=USDC&colour=red", one) == "400 unknown_parameter colour");
  CHECK(refused("?currency=USDC", "") == "401 unauthenticated ");
  CHECK(refused("?currency=USDC", shop.make_key(shop.one.id, {"webhooks"})) == "403 forbidden ");
}

TEST_CASE("The trial balance of a moment is that of then") {
  Shop shop;
  shop.fund(shop.one, "10.00");
  const json now = shop.get("/v1/ledger/trial_balance", shop.platform).body;
  REQUIRE(now.at("currencies").size() == 1);
  CHECK(now.at("currencies")[0].at("debits") == "10.00");
  CHECK(now.at("currencies")[0].at("pending_debits") == "0.00");
  const json later =
      shop.get("/v1/ledger/trial_balance?at=2999-01-01T00:00:00Z", shop.platform).body;
  CHECK(later == now);
  const json before =
      shop.get("/v1/ledger/trial_balance?at=2020-01-01T00:00:00Z", shop.platform).body;
  CHECK(before.at("at") == "2020-01-01T00:00:00.000Z");
  CHECK(before.at("accounts").empty());
  CHECK(shop.get("/v1/ledger/trial_balance?at=1960-01-01T00:00:00Z", shop.platform)
            .body.at("accounts")
            .empty());
  CHECK(shop.get("/v1/ledger/trial_balance?at=now", shop.platform).code() == "invalid_parameter");
}

TEST_CASE("The platform closes periods and reads them") {
  Shop shop;
  shop.fund(shop.one, "10.00");
  const Answer first = shop.post(
      "/v1/ledger/periods", {{"name", "2025"}, {"until", "2026-01-01T00:00:00Z"}}, shop.platform);
  REQUIRE(first.status == 201);
  CHECK(first.body.at("number") == 1);
  CHECK(first.body.at("from").is_null());
  CHECK(first.body.at("until") == "2026-01-01T00:00:00.000Z");
  CHECK(first.body.at("entry").is_null());
  const auto close = [&](const json& body, const std::string& key) {
    const Answer answer = shop.post("/v1/ledger/periods", body, key);
    return std::to_string(answer.status) + " " + answer.code();
  };
  CHECK(close({{"name", "again"}, {"until", "2026-01-01T00:00:00Z"}}, shop.platform) ==
        "409 period_overlaps");
  CHECK(close({{"name", "x"}, {"until", "2999-01-01T00:00:00Z"}}, shop.platform) ==
        "422 period_not_over");
  CHECK(close({{"name", "x"}, {"until", "tomorrow"}}, shop.platform) == "400 invalid_time");
  CHECK(close({{"name", ""}, {"until", "2026-02-01T00:00:00Z"}}, shop.platform).starts_with("400"));
  CHECK(close({{"until", "2026-02-01T00:00:00Z"}}, shop.platform).starts_with("400"));
  const json good = {{"name", "x"}, {"until", "2026-01-02T00:00:00Z"}};
  CHECK(close(good, shop.one.key) == "403 forbidden");
  CHECK(close(good, shop.make_key("", {"ledger.read"})) == "403 forbidden");

  const std::string id = first.body.at("id");
  const json read = shop.get("/v1/ledger/periods/" + id, shop.platform).body;
  CHECK(read.at("before_closing").at("object") == "trial_balance");
  CHECK(read.at("after_closing").at("accounts").empty());
  const json list = shop.get("/v1/ledger/periods", shop.platform).body;
  REQUIRE(list.at("data").size() == 1);
  CHECK(list.at("data")[0] == first.body);
  CHECK(shop.get("/v1/ledger/periods", shop.one.key).status == 403);
  CHECK(shop.get("/v1/ledger/periods/per_00000000000000000000000000", shop.platform).status == 404);
  CHECK(shop.get("/v1/ledger/periods?starting_after=per_00000000000000000000000000", shop.platform)
            .code() == "invalid_cursor");
}

TEST_CASE("An export is streamed with its type and name") {
  Shop shop;
  shop.fund(shop.one, "10.00");
  const auto get = [&](const std::string& query, const std::string& key) {
    const Answer answer = shop.get("/v1/exports?format=" + query, key);
    CHECK(answer.status == 200);
    return answer;
  };
  const Answer csv = get("csv", shop.platform);
  CHECK(csv.header("Content-Disposition") == "attachment; filename=\"journal.csv\"");
  CHECK(csv.content_type.starts_with("text/csv"));
  CHECK(csv.text.starts_with("sequence,entry,time,kind,"));
  CHECK(csv.text.contains("asset:deposits:base:USDC,debit,10.00,USDC,"));
  const Answer own = get("csv", shop.one.key);
  CHECK_FALSE(own.text.contains("asset:"));
  CHECK(own.text.contains(code_of(shop.one) + ",credit,10.00,USDC,"));
  CHECK(get("csv", shop.two.key).text.find("\r\n") + 2 == get("csv", shop.two.key).text.size());
  CHECK(get("jsonl", shop.platform).content_type == "application/jsonl");
  CHECK(get("hledger", shop.platform).text.contains("commodity 1000.000000000000000000 \"USDC\""));
  CHECK(get("statement&currency=USDC", shop.one.key).text.contains(",closing,,10.00,10.00,USDC"));
}

TEST_CASE("An export that cannot be is refused with a problem") {
  Shop shop;
  const auto refused = [&](const std::string& query, const std::string& key) {
    const Answer answer = shop.get("/v1/exports" + query, key);
    CHECK(answer.content_type == "application/problem+json");
    return std::to_string(answer.status) + " " + answer.code() + " " +
           answer.body.value("param", "");
  };
  CHECK(refused("", shop.one.key) == "400 missing_parameter format");
  CHECK(refused("?format=pdf", shop.one.key) == "400 invalid_parameter format");
  CHECK(refused("?format=statement", shop.one.key) == "400 missing_parameter currency");
  CHECK(refused("?format=statement&currency=USDC", shop.platform) ==
        "400 missing_parameter merchant");
  CHECK(refused("?format=csv&merchant=mer_x", shop.platform) == "404 not_found merchant");
  CHECK(refused("?format=csv&merchant=" + shop.one.id, shop.two.key) == "404 not_found merchant");
  CHECK(refused("?format=csv&from=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z", shop.one.key) ==
        "400 invalid_parameter until");
  CHECK(refused("?format=csv&page=1", shop.one.key) == "400 unknown_parameter page");
  CHECK(refused("?format=csv", "") == "401 unauthenticated ");
  CHECK(refused("?format=csv", shop.make_key(shop.one.id, {"intents"})) == "403 forbidden ");
}

TEST_CASE("Four exports go on at a time, and one that is let go makes room") {
  Shop shop;
  const tests::Ask ask = {"GET", "/v1/exports?format=csv", "", shop.one.key};
  std::vector<daemon::http::Response> under_way;
  for (int i = 0; i < 4; ++i) {
    under_way.push_back(shop.respond(ask));
    CHECK(under_way.back().status == 200);
  }
  const Answer refused = shop.ask(ask);
  CHECK(refused.status == 503);
  CHECK(refused.code() == "too_many_exports");
  CHECK(refused.header("Retry-After") == "1");
  under_way.pop_back();
  CHECK(shop.ask(ask).status == 200);
  CHECK(shop.ask(ask).status == 200);
}
