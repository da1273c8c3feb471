#include "chains/http/url.hpp"
#include "daemon/api/body.hpp"
#include "daemon/api/secrets.hpp"
#include "daemon/api/service.hpp"
#include "daemon/json/fields.hpp"
#include "daemon/render/words.hpp"
#include "ledger/keys.hpp"

namespace settled::daemon::api {
namespace {

constexpr Access kWebhooks{.any_of = ledger::kWebhooks};
constexpr std::size_t kMaxUrl = 2000;
constexpr std::size_t kMaxEvents = 100;
constexpr std::size_t kMaxWord = 64;
/// So long the secret before signs too, for receivers that learn of the new one by hand.
constexpr std::chrono::milliseconds kOverlap = std::chrono::hours(24);

Status check_url(const Settings& settings, const std::string& text) {
  const auto url = chains::http::parse_url(text);
  if (!url) return fail(Errc::Invalid, "invalid_url", url.error().detail, "url");
  if (url->tls || settings.allow_http_endpoints) return {};
  return fail(Errc::Rejected, "forbidden_url", "must be an https URL", "url");
}

template <typename Command>
Status set_events(Command& command, const std::vector<std::string>& events) {
  for (const std::string& each : events) {
    if (each != "*" && !render::is_event_type(each)) {
      return fail(Errc::Invalid, "unknown_event_type", "there is no event \"" + each + "\"",
                  "events");
    }
    command.add_events(each);
  }
  return {};
}

Result<pb::Endpoint> endpoint_of(const Service& service, const Call& call) {
  return service.find<EndpointId, pb::Endpoint>(call.caller, call.parameters["id"],
                                                ledger::keys::endpoint);
}

Result<pb::Command> create_endpoint(const Service& service, Call& call) {
  json::Fields fields(call.body);
  pb::Command command;
  pb::CreateEndpoint& create = *command.mutable_create_endpoint();
  TRY(*create.mutable_url(), fields.text("url", kMaxUrl));
  TRY(const auto events, fields.string_list("events", kMaxEvents, kMaxWord));
  TRY(auto metadata, fields.metadata());
  TRY(const auto merchant, fields.optional_text("merchant", kMaxWord));
  TRY_OK(fields.done());
  TRY_OK(check_url(service.settings, create.url()));
  TRY_OK(set_events(create, events));
  TRY(*create.mutable_merchant(), service.acting_for(call.caller, merchant));
  create.set_secret(new_webhook_secret(service.random));
  set_metadata(*create.mutable_metadata(), std::move(metadata));
  return command;
}

std::optional<bool> is_disabled(std::string_view status) {
  if (status == "disabled") return true;
  if (status == "enabled") return false;
  return std::nullopt;
}

Result<pb::Command> update_endpoint(const Service& service, Call& call) {
  json::Fields fields(call.body);
  pb::Command command;
  pb::UpdateEndpoint& update = *command.mutable_update_endpoint();
  TRY(auto url, fields.optional_text("url", kMaxUrl));
  TRY(const auto events, fields.optional_string_list("events", kMaxEvents, kMaxWord));
  TRY(const auto status, fields.optional_text("status", kMaxWord));
  TRY_OK(fields.done());
  if (url) {
    TRY_OK(check_url(service.settings, *url));
    update.set_url(*std::move(url));
  }
  if (events) TRY_OK(set_events(update, *events));
  if (status) {
    const auto disabled = is_disabled(*status);
    if (!disabled) {
      return fail(Errc::Invalid, "invalid_value", "is enabled or disabled", "status");
    }
    update.set_disabled(*disabled);
    if (*disabled) update.set_disabled_reason("requested");
  }
  TRY(const auto endpoint, endpoint_of(service, call));
  update.set_id(endpoint.id());
  return command;
}

Result<pb::Command> rotate_secret(const Service& service, Call& call) {
  TRY_OK(json::Fields(call.body).done());
  TRY(const auto endpoint, endpoint_of(service, call));
  pb::Command command;
  pb::RotateEndpointSecret& rotate = *command.mutable_rotate_endpoint_secret();
  rotate.set_id(endpoint.id());
  rotate.set_secret(new_webhook_secret(service.random));
  rotate.set_overlap_ms(kOverlap.count());
  return command;
}

Result<pb::Command> delete_endpoint(const Service& service, Call& call) {
  TRY_OK(json::Fields(call.body).done());
  TRY(const auto endpoint, endpoint_of(service, call));
  pb::Command command;
  command.mutable_delete_endpoint()->set_id(endpoint.id());
  return command;
}

Result<std::string> list_endpoints(const Service& service, const Call& call) {
  Query query(call.request);
  TRY(const auto page, query.page<EndpointId>());
  TRY(const std::string merchant, service.narrowed(call.caller, query));
  TRY_OK(query.done());
  TRY_OK(service.check_cursor<pb::Endpoint>(page, merchant, ledger::keys::endpoint));
  TRY(const auto found, ledger::reports::endpoints(service.reader(), merchant, page, {}));
  return list_of(found, call.request.path, [&](const pb::Endpoint& endpoint) {
    return render::webhook_endpoint(endpoint, service.context);
  });
}

Result<std::string> get_endpoint(const Service& service, const Call& call) {
  TRY_OK(Query(call.request).done());
  TRY(const auto endpoint, endpoint_of(service, call));
  return render::text(render::webhook_endpoint(endpoint, service.context));
}

Result<std::string> list_deliveries(const Service& service, const Call& call) {
  Query query(call.request);
  TRY(const auto page, query.page<DeliveryId>());
  TRY_OK(query.done());
  TRY(const auto endpoint, endpoint_of(service, call));
  return service.hooks.deliveries(EndpointId::from_raw(endpoint.id()), page);
}

/// Resolving the host takes time and may fail, so it comes after all other checks.
Change with_new_url(Service& service, Change change) {
  change.permit = [&service](pb::Command command) -> Task<Status> {
    const bool create = command.has_create_endpoint();
    std::string url = create ? command.create_endpoint().url() : command.update_endpoint().url();
    if (url.empty()) co_return Status{};
    auto allowed = co_await service.hooks.endpoint_url_allowed(std::move(url));
    if (!allowed && allowed.error().param.empty()) allowed.error().param = "url";
    co_return allowed;
  };
  return change;
}

}  // namespace

void add_endpoint_routes(Service& service) {
  const auto hidden = [&service](const pb::Reply& reply, const Call&) {
    return render::webhook_endpoint(reply.endpoint(), service.context);
  };
  const auto shown = [&service](const pb::Reply& reply, const Call&) {
    return render::webhook_endpoint(reply.endpoint(), service.context, render::Secret::Shown);
  };
  const auto deleted = [](const pb::Reply& reply, const Call&) -> Json {
    return {{"id", EndpointId::from_raw(reply.endpoint().id()).to_string()},
            {"object", "webhook_endpoint"},
            {"deleted", true}};
  };
  const auto command = [&service](auto make) {
    return [&service, make](Call& call) { return make(service, call); };
  };
  constexpr std::string_view kAll = "/v1/webhook_endpoints";
  constexpr std::string_view kOne = "/v1/webhook_endpoints/{id}";
  service.change("POST", kAll,
                 with_new_url(service, {.access = kWebhooks,
                                        .status = 201,
                                        .command = command(create_endpoint),
                                        .answer = shown}));
  service.read(kAll, kWebhooks,
               [&service](const Call& call) { return list_endpoints(service, call); });
  service.read(kOne, kWebhooks,
               [&service](const Call& call) { return get_endpoint(service, call); });
  service.change(
      "PATCH", kOne,
      with_new_url(service,
                   {.access = kWebhooks, .command = command(update_endpoint), .answer = hidden}));
  service.change("DELETE", kOne,
                 {.access = kWebhooks, .command = command(delete_endpoint), .answer = deleted});
  service.change("POST", "/v1/webhook_endpoints/{id}/rotate_secret",
                 {.access = kWebhooks, .command = command(rotate_secret), .answer = shown});
  service.read("/v1/webhook_endpoints/{id}/deliveries", kWebhooks,
               [&service](const Call& call) { return list_deliveries(service, call); });
}

}  // namespace settled::daemon::api
