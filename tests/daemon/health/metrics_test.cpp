#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>

#include "daemon/health/health.hpp"
#include "tests/daemon/health/report.hpp"
#include "tests/support/temp_directory.hpp"

namespace settled::daemon::health {
namespace {

std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.insert(line);
  return lines;
}

RequestCounts some_requests() {
  RequestCounts requests;
  requests.count("/v1/payouts/{id}", 200);
  requests.count("/v1/payouts/{id}", 200);
  requests.count("/v1/payouts/{id}", 404);
  requests.count("none", 404);
  return requests;
}

/// Where the tests' own promtool stands, or what the path finds.
std::string promtool() {
  const std::filesystem::path own = SETTLED_SOURCE_DIR "/tests/.cache/bin/promtool";
  if (std::filesystem::exists(own)) return own.string();
  return std::system("command -v promtool >/dev/null") == 0 ? "promtool" : "";
}

TEST_CASE("metrics tell the report's numbers") {
  const auto lines = lines_of(metrics_text(sound_report(), some_requests()));
  for (const char* line : {
           "settled_accepting 1",
           "settled_chain_head_block{chain=\"base\"} 1002",
           "settled_chain_final_block{chain=\"polygon\"} 1000",
           "settled_chain_lag_seconds{chain=\"base\"} 3",
           "settled_chain_following{chain=\"base\"} 1",
           "settled_chain_finality_violations_total{chain=\"base\"} 0",
           "settled_chain_finality_violations_total{chain=\"polygon\"} 2",
           "settled_node_up{chain=\"base\",node=\"one.example.com\"} 1",
           "settled_node_up{chain=\"base\",node=\"two.example.com\"} 0",
           "settled_node_up{chain=\"polygon\",node=\"three.example.com\"} 1",
           "settled_node_heads_subscribed{chain=\"base\",node=\"one.example.com\"} 1",
           "settled_node_forgeries_total{chain=\"base\",node=\"one.example.com\"} 0",
           "settled_node_forgeries_total{chain=\"base\",node=\"two.example.com\"} 3",
           "settled_chain_tip_block{chain=\"base\"} 1003",
           "settled_node_disagreements_total{chain=\"base\",node=\"two.example.com\"} 2",
           "settled_node_score{chain=\"base\",node=\"two.example.com\"} 400",
           "settled_node_head_block{chain=\"base\",node=\"one.example.com\"} 1003",
           "settled_node_set_aside{chain=\"base\",node=\"two.example.com\",reason=\"nodes_"
           "disagree\"} "
           "1",
           "settled_book_commands_total 77",
           "settled_book_events_total 60",
           "settled_book_entries_total 50",
           "settled_payout_oldest_unconfirmed_seconds 14",
           "settled_payout_gas_runway 250",
           "settled_webhook_pending 5",
           "settled_webhook_oldest_undelivered_seconds 33",
           "settled_webhook_attempts_total 40",
           "settled_webhook_delivered_total 34",
           "settled_webhook_failed_total 1",
           "settled_http_requests_total{route=\"/v1/payouts/{id}\",status=\"200\"} 2",
           "settled_http_requests_total{route=\"/v1/payouts/{id}\",status=\"404\"} 1",
           "settled_http_requests_total{route=\"none\",status=\"404\"} 1",
       }) {
    INFO(line);
    CHECK(lines.contains(line));
  }
}

TEST_CASE("each family has one help and one type, whatever the report holds") {
  for (const Report& report : {sound_report(), Report{}}) {
    std::set<std::string> families;
    std::istringstream in(metrics_text(report, some_requests()));
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("# TYPE ")) CHECK(families.insert(line).second);
    }
    CHECK(families.contains("# TYPE settled_accepting gauge"));
    CHECK(families.contains("# TYPE settled_http_requests_total counter"));
  }
}

TEST_CASE("what is not known is left out") {
  const std::string text = metrics_text(Report{}, RequestCounts{});
  CHECK(text.find("settled_payout_gas_runway") == std::string::npos);
  CHECK(text.find("settled_chain_head_block") == std::string::npos);
}

TEST_CASE("Prometheus's own tool finds nothing to say about the metrics") {
  const std::string tool = promtool();
  if (tool.empty()) {
    std::cout << "skipped: no promtool\n";
    return;
  }
  const tests::TempDirectory directory;
  const auto file = directory.path() / "metrics";
  Report report = sound_report();
  report.chains[0].nodes[0].name = "odd \"name\" \\ \n";
  std::ofstream(file) << metrics_text(report, some_requests());
  const std::string command = "'" + tool + "' check metrics <'" + file.string() + "'";
  CHECK(std::system(command.c_str()) == 0);
}

}  // namespace
}  // namespace settled::daemon::health
