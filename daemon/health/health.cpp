#include "daemon/health/health.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace settled::daemon::health {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json nullable(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json chain_json(const ChainReport& chain) {
  Json nodes = Json::array();
  for (const NodeReport& node : chain.nodes) {
    nodes.push_back({{"name", node.name},
                     {"state", node.state},
                     {"reason", node.reason},
                     {"detail", node.detail},
                     {"head", nullable(node.head)},
                     {"score", node.score},
                     {"forgeries", node.forgeries},
                     {"disagreements", node.disagreements}});
  }
  return {{"name", chain.name},           {"state", chain.state},
          {"detail", chain.reason},       {"required", chain.required},
          {"head", nullable(chain.head)}, {"finalized", nullable(chain.finalized)},
          {"tip", nullable(chain.tip)},   {"lag_seconds", nullable(chain.lag_seconds)},
          {"nodes", std::move(nodes)},    {"last_reconciled_block", nullptr},
          {"unreconciled", nullptr}};
}

Check chain_check(const ChainReport& chain) {
  Check check{"chain " + chain.name, false, chain.state};
  if (!chain.reason.empty()) check.detail += ": " + chain.reason;
  if (chain.state == "halted" || !chain.lag_seconds) return check;
  check.ok = *chain.lag_seconds <= chain.max_lag_seconds;
  if (!check.ok) {
    check.detail += ", last confirmed " + std::to_string(*chain.lag_seconds) + " s ago, limit " +
                    std::to_string(chain.max_lag_seconds) + " s";
  }
  return check;
}

http::Response text(unsigned status, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(body);
  return response;
}

http::Response ready_answer(const Report& report, bool verbose) {
  const auto checks = readiness(report);
  const bool ready = std::ranges::all_of(checks, &Check::ok);
  std::string body;
  for (const Check& check : checks) {
    if (verbose || !check.ok) {
      body += (check.ok ? "[+]" : "[-]") + check.name + " " + check.detail + "\n";
    }
  }
  body += ready ? "ready\n" : "not ready\n";
  return text(ready ? 200 : 503, std::move(body));
}

Json checkpoint_json(const Report& report) {
  if (!report.checkpoint) return nullptr;
  return {{"sequence", report.checkpoint->sequence},
          {"age_seconds", report.checkpoint->age_seconds}};
}

}  // namespace

std::vector<Check> readiness(const Report& report) {
  std::vector<Check> checks;
  checks.push_back({"book", report.accepting, report.accepting ? "open" : report.not_accepting});
  for (const ChainReport& chain : report.chains) {
    Check check = chain_check(chain);
    if (!chain.required && !check.ok) {
      check.ok = true;
      check.detail += " (not required)";
    }
    checks.push_back(std::move(check));
  }
  return checks;
}

std::string health_json(const Report& report) {
  Json chains = Json::array();
  for (const ChainReport& chain : report.chains) chains.push_back(chain_json(chain));
  const auto checks = readiness(report);
  const Json health = {
      {"object", "health"},
      {"ready", std::ranges::all_of(checks, &Check::ok)},
      {"chains", std::move(chains)},
      {"payouts",
       {{"oldest_unconfirmed_seconds", nullable(report.oldest_unconfirmed_payout_seconds)},
        {"gas_runway", nullable(report.gas_runway)}}},
      {"webhooks",
       {{"oldest_undelivered_seconds", nullable(report.oldest_undelivered_webhook_seconds)},
        {"pending", report.webhooks_pending}}},
      {"clearing",
       {{"uncleared_accounts", nullable(report.uncleared_accounts)},
        {"oldest_uncleared_seconds", report.oldest_uncleared_seconds}}},
      {"book",
       {{"sequence", report.book_sequence},
        {"hash", report.book_hash},
        {"checkpoint", checkpoint_json(report)}}}};
  return health.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void add_routes(http::Router& router, const std::function<Report()>& gather,
                const RequestCounts& requests) {
  using http::PathParameters;
  using http::Request;
  using http::Response;
  using http::Task;
  router.add("GET", "/livez",
             [](Request, PathParameters) -> Task<Response> { co_return text(200, "ok\n"); });
  router.add("GET", "/readyz", [gather](Request request, PathParameters) -> Task<Response> {
    co_return ready_answer(gather(), request.query_value("verbose").has_value());
  });
  router.add("GET", "/health", [gather](Request, PathParameters) -> Task<Response> {
    Response response;
    response.body = health_json(gather());
    co_return response;
  });
  router.add("GET", "/metrics",
             [gather, counts = &requests](Request, PathParameters) -> Task<Response> {
               Response response = text(200, metrics_text(gather(), *counts));
               response.content_type = "text/plain; version=0.0.4; charset=utf-8";
               co_return response;
             });
}

}  // namespace settled::daemon::health
