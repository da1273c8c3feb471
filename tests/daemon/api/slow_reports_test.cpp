#include <optional>

#include <catch2/catch.hpp>

#include "tests/daemon/api/shop.hpp"

using namespace settled;
using tests::Answer;
using tests::Ask;
using tests::Shop;
using json = nlohmann::json;

namespace {

/// Where an answer goes that comes some time.
auto into(std::optional<Answer>& place) {
  return [&place](Answer answer) { place = std::move(answer); };
}

Ask get(std::string target, const std::string& key) {
  return {"GET", std::move(target), "", key};
}

std::string usdc_debits(const json& balance) {
  return balance.at("currencies").at(0).at("debits");
}

/// The id of a period that is closed.
std::string closed_period(Shop& shop) {
  return shop
      .post("/v1/ledger/periods", {{"name", "2025"}, {"until", "2026-01-01T00:00:00Z"}},
            shop.platform)
      .body.at("id");
}

void open_clearing_account(Shop& shop) {
  REQUIRE(shop.post("/v1/ledger/accounts",
                    {{"code", "asset:clearing:bank:EUR"},
                     {"currency", "EUR"},
                     {"must_return_to_zero", true}},
                    shop.platform)
              .status == 201);
}

}  // namespace

TEST_CASE("A report that takes long holds up nobody, and shows one moment") {
  Shop shop;
  shop.fund(shop.one, "10.00");
  open_clearing_account(shop);
  const std::string path =
      GENERATE("trial_balance", "trial_balance?at=2999-01-01T00:00:00Z", "clearing", "periods/");
  const std::string target =
      "/v1/ledger/" + path + (path.ends_with('/') ? closed_period(shop) : std::string());
  const std::string before = shop.get(target, shop.platform).text;
  boost::asio::io_context io;
  std::optional<Answer> report;
  shop.pausing->pause();
  shop.spawn(io, get(target, shop.platform), into(report));
  io.poll();
  REQUIRE(shop.pausing->until_paused());

  std::optional<Answer> read;
  std::optional<Answer> written;
  shop.spawn(io, get("/v1/balances", shop.one.key), into(read));
  shop.spawn(io,
             {.method = "POST",
              .target = "/v1/payment_intents",
              .body = json({{"amount", "5.00"}, {"currency", "USDC"}}).dump(),
              .key = shop.one.key,
              .idempotency_key = "beside-a-report"},
             into(written));
  while (!read || !written) REQUIRE(io.run_one() == 1);
  CHECK(read->status == 200);
  CHECK(written->status == 201);
  CHECK_FALSE(report);

  shop.fund(shop.two, "7.00");
  shop.pausing->resume();
  io.run();
  REQUIRE(report);
  CHECK(report->status == 200);
  CHECK(report->text == before);
}

TEST_CASE("When too many reports wait the next is refused, but none of a merchant's own") {
  Shop shop;
  shop.fund(shop.one, "10.00");
  shop.fund(shop.two, "3.00");
  boost::asio::io_context io;
  shop.pausing->pause();
  std::vector<std::optional<Answer>> reports(daemon::SlowReadLimits().threads +
                                             daemon::SlowReadLimits().waiting);
  shop.spawn(io, get("/v1/ledger/trial_balance", shop.platform), into(reports[0]));
  io.poll();
  REQUIRE(shop.pausing->until_paused());
  for (std::size_t i = 1; i < reports.size(); ++i) {
    shop.spawn(io, get("/v1/ledger/trial_balance", shop.platform), into(reports[i]));
  }
  io.poll();
  const std::string period = "/v1/ledger/periods/" + closed_period(shop);
  for (const std::string& path :
       {std::string("/v1/ledger/trial_balance"), std::string("/v1/ledger/clearing"), period}) {
    std::optional<Answer> refused;
    shop.spawn(io, get(path, shop.platform), into(refused));
    io.poll();
    REQUIRE(refused);
    CHECK(refused->status == 503);
    CHECK(refused->code() == "too_many_reports");
  }
  const Answer own = shop.get("/v1/ledger/trial_balance", shop.one.key);
  CHECK(usdc_debits(own.body) == "0.00");
  CHECK(own.body.at("accounts").size() == 1);
  shop.pausing->resume();
  io.run();
  for (const auto& report : reports) {
    REQUIRE(report);
    CHECK(usdc_debits(report->body) == "13.00");
  }
  CHECK(shop.get("/v1/ledger/trial_balance", shop.platform).status == 200);
}

TEST_CASE("A report that is under way when everything ends is left alone") {
  std::optional<Answer> report;
  Shop shop;
  shop.fund(shop.one, "10.00");
  const bool loop_first = GENERATE(true, false);
  auto io = std::make_unique<boost::asio::io_context>();
  shop.pausing->pause();
  shop.spawn(*io, get("/v1/ledger/trial_balance", shop.platform), into(report));
  io->poll();
  REQUIRE(shop.pausing->until_paused());
  if (loop_first) io.reset();
  shop.pausing->resume();
  shop.api->end_reports();
  shop.book.reset();
  CHECK_FALSE(report);
}
