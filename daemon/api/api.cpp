#include "daemon/api/api.hpp"

#include "daemon/api/service.hpp"

namespace settled::daemon::api {

Settings settings_from(const config::Settings& settings) {
  return {.chains = settings.chains,
          .signers = settings.wallet.signers,
          .intents = settings.intents,
          .payouts = settings.payouts,
          .fees = settings.fees,
          .allow_http_endpoints = settings.webhooks.allow_private_networks,
          .requests_per_second = settings.daemon.requests_per_second.value_or(0)};
}

Api::Api(ledger::Book& book, Random& random, Settings settings, render::Context context,
         Hooks hooks)
    : service_(std::make_unique<Service>(book, random, std::move(settings), std::move(context),
                                         std::move(hooks))) {
  const Hooks& given = service_->hooks;
  INVARIANT(given.waiting_for && given.endpoint_url_allowed && given.need_deposit_addresses &&
            given.deliveries && given.redeliver);
}

Api::~Api() = default;

void Api::add_routes(http::Router& router) {
  service_->start(router);
  add_access_routes(*service_);
  add_intent_routes(*service_);
  add_transfer_routes(*service_);
  add_payout_routes(*service_);
  add_refund_routes(*service_);
  add_balance_routes(*service_);
  add_ledger_routes(*service_);
  add_report_routes(*service_);
  add_export_routes(*service_);
  add_journal_routes(*service_);
  add_proof_routes(*service_);
  add_explain_routes(*service_);
  add_event_routes(*service_);
  add_endpoint_routes(*service_);
  service_->open("/openapi.json", [] {
    http::Response response;
    response.body = openapi_document();
    return response;
  });
}

void Api::end_reports() {
  service_->slow_reads.end();
}

std::optional<http::Response> Api::refuse_stranger(const http::Request& request) const {
  const bool ours = !request.segments.empty() && request.segments.front() == "v1";
  return ours ? service_->refuse_stranger(request) : std::nullopt;
}

const std::vector<std::pair<std::string, std::string>>& Api::routes() const {
  return service_->routes();
}

}  // namespace settled::daemon::api
