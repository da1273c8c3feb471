#include "daemon/health/health.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/daemon/health/report.hpp"

namespace settled::daemon::health {
namespace {

using nlohmann::json;

bool ready(const Report& report) {
  bool all = true;
  for (const Check& check : readiness(report)) all = all && check.ok;
  return all;
}

TEST_CASE("readiness depends on the book and on every required chain") {
  struct Row {
    const char* what;
    std::function<void(Report&)> change;
    bool ready;
  };
  const Row rows[] = {
      {"all is sound", [](Report&) {}, true},
      {"the daemon has no chain", [](Report& r) { r.chains.clear(); }, true},
      {"the process drains", [](Report& r) { r.accepting = false; }, false},
      {"a chain catches up", [](Report& r) { r.chains[0].state = "catching_up"; }, true},
      {"a chain is halted", [](Report& r) { r.chains[0].state = "halted"; }, false},
      {"no node, but the lag is within its limit", [](Report& r) { r.chains[0].state = "no_node"; },
       true},
      {"no node ever answered",
       [](Report& r) {
         r.chains[0].state = "no_node";
         r.chains[0].lag_seconds.reset();
       },
       false},
      {"the lag is at its limit", [](Report& r) { r.chains[0].lag_seconds = 120; }, true},
      {"the lag is above it", [](Report& r) { r.chains[0].lag_seconds = 121; }, false},
      {"a chain that is not required is halted", [](Report& r) { r.chains[1].state = "halted"; },
       true},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    Report report = sound_report();
    row.change(report);
    CHECK(ready(report) == row.ready);
  }
}

TEST_CASE("every check tells what it found") {
  Report report = sound_report();
  report.accepting = false;
  report.not_accepting = "draining";
  report.chains[0].state = "halted";
  report.chains[0].reason = "wrong_decimals: USDC has 18";
  report.chains[1].lag_seconds = 500;
  const auto checks = readiness(report);
  REQUIRE(checks.size() == 3);
  CHECK(checks[0].name == "book");
  CHECK(checks[0].detail == "draining");
  CHECK(checks[1].name == "chain base");
  CHECK(checks[1].detail == "halted: wrong_decimals: USDC has 18");
  CHECK(checks[2].ok);
  CHECK(checks[2].detail == "catching_up, last confirmed 500 s ago, limit 120 s (not required)");
}

TEST_CASE("health has the shape that is promised") {
  const json health = json::parse(health_json(sound_report()));
  CHECK(health["object"] == "health");
  CHECK(health["ready"] == true);
  REQUIRE(health["chains"].is_array());
  REQUIRE(health["chains"].size() == 2);
  const json& base = health["chains"][0];
  CHECK(base["name"] == "base");
  CHECK(base["state"] == "following");
  CHECK(base["required"] == true);
  CHECK(base["head"] == 1'002);
  CHECK(base["finalized"] == 1'000);
  CHECK(base["lag_seconds"] == 3);
  CHECK(base["tip"] == 1'003);
  const json one = {{"name", "one.example.com"},
                    {"state", "ok"},
                    {"reason", ""},
                    {"detail", ""},
                    {"head", 1'003},
                    {"score", 0},
                    {"forgeries", 0},
                    {"disagreements", 0}};
  const json two = {{"name", "two.example.com"},
                    {"state", "distrusted"},
                    {"reason", "nodes_disagree"},
                    {"detail", "nodes_disagree: it withholds log 3"},
                    {"head", nullptr},
                    {"score", 400},
                    {"forgeries", 3},
                    {"disagreements", 2}};
  CHECK(base["nodes"] == json::array({one, two}));
  CHECK(health["chains"][1]["tip"].is_null());
  CHECK(base.contains("last_reconciled_block"));
  CHECK(base.contains("unreconciled"));
  CHECK(health["chains"][1]["required"] == false);
  CHECK(health["payouts"] == json{{"oldest_unconfirmed_seconds", 14}, {"gas_runway", 250}});
  CHECK(health["webhooks"]["oldest_undelivered_seconds"] == 33);
  CHECK(health["webhooks"]["pending"] == 5);
  CHECK(health["book"] == json{{"sequence", 77},
                               {"hash", std::string(64, 'a')},
                               {"checkpoint", {{"sequence", 70}, {"age_seconds", 9}}}});
}

TEST_CASE("what is not known is null, never zero") {
  Report report;
  ChainReport& chain = report.chains.emplace_back();
  chain.name = "base";
  chain.state = "no_node";
  const json health = json::parse(health_json(report));
  CHECK(health["ready"] == false);
  for (const char* field : {"head", "finalized", "lag_seconds"}) {
    CHECK(health["chains"][0][field].is_null());
  }
  CHECK(health["payouts"]["oldest_unconfirmed_seconds"].is_null());
  CHECK(health["payouts"]["gas_runway"].is_null());
  CHECK(health["webhooks"]["oldest_undelivered_seconds"].is_null());
}

TEST_CASE("what a node says cannot break the answer") {
  Report report = sound_report();
  report.chains[0].nodes[0].detail = "quote \" and \xff\xfe and \n";
  const json health = json::parse(health_json(report));
  CHECK(health["chains"][0]["nodes"][0]["detail"].get<std::string>().starts_with("quote \" and"));
}

}  // namespace
}  // namespace settled::daemon::health
