#include <algorithm>

#include "daemon/api/body.hpp"
#include "daemon/api/secrets.hpp"
#include "daemon/api/service.hpp"
#include "daemon/json/fields.hpp"
#include "daemon/render/words.hpp"
#include "ledger/keys.hpp"

/// Merchants and API keys: the platform's business.
namespace settled::daemon::api {
namespace {

constexpr Access kAdmin{.any_of = ledger::kAdmin, .platform_only = true};
constexpr std::size_t kMaxName = 200;
constexpr std::size_t kMaxScopes = 16;
constexpr std::size_t kMaxWord = 40;

Result<pb::Command> create_merchant(Call& call) {
  json::Fields fields(call.body);
  pb::Command command;
  pb::CreateMerchant& create = *command.mutable_create_merchant();
  TRY(*create.mutable_name(), fields.text("name", kMaxName));
  TRY(auto metadata, fields.metadata());
  TRY_OK(fields.done());
  set_metadata(*create.mutable_metadata(), std::move(metadata));
  return command;
}

Result<pb::Command> create_key(const Service& service, Call& call) {
  json::Fields fields(call.body);
  pb::Command command;
  pb::CreateApiKey& create = *command.mutable_create_api_key();
  TRY(*create.mutable_name(), fields.text("name", kMaxName));
  TRY(const auto merchant, fields.optional_text("merchant", kMaxWord));
  TRY(const auto words, fields.string_list("scopes", kMaxScopes, kMaxWord));
  TRY_OK(fields.done());
  TRY(*create.mutable_merchant(), service.acting_for(call.caller, merchant));
  TRY(const std::uint32_t scopes, render::parse_scopes(words));
  create.set_scopes(scopes);
  call.secret = new_api_secret(service.random);
  create.set_secret_sha256(api_secret_sha256(call.secret));
  return command;
}

Json created_key(const Service& service, const pb::Reply& reply, const Call& call) {
  Json out = render::api_key(reply.api_key(), service.context);
  out["secret"] = call.secret.empty() ? Json(nullptr) : Json(call.secret);
  return out;
}

Result<pb::Command> revoke_key(const Service& service, Call& call) {
  TRY_OK(json::Fields(call.body).done());
  TRY(const auto key, (service.find<ApiKeyId, pb::ApiKey>(call.caller, call.parameters["id"],
                                                          ledger::keys::api_key)));
  pb::Command command;
  command.mutable_revoke_api_key()->set_id(key.id());
  return command;
}

/// Keys are few: all of them are read, and the page is cut out.
Result<std::string> list_keys(const Service& service, const Call& call) {
  Query query(call.request);
  TRY(const auto page, query.page<ApiKeyId>());
  TRY(const std::string merchant, service.narrowed(call.caller, query));
  TRY_OK(query.done());
  TRY_OK(service.check_cursor<pb::ApiKey>(page, merchant, ledger::keys::api_key));
  TRY(auto keys, ledger::reports::all_api_keys(service.reader()));
  std::erase_if(keys, [&](const pb::ApiKey& key) {
    return (!merchant.empty() && key.merchant() != merchant) ||
           (page.starting_after && key.id() >= *page.starting_after) ||
           (page.ending_before && key.id() <= *page.ending_before);
  });
  ledger::reports::Page<pb::ApiKey> out;
  out.has_more = keys.size() > page.limit;
  const auto surplus = static_cast<std::ptrdiff_t>(keys.size() - std::min(keys.size(), page.limit));
  if (page.ending_before) {
    keys.erase(keys.end() - surplus, keys.end());
  } else {
    keys.erase(keys.begin(), keys.begin() + surplus);
  }
  std::ranges::reverse(keys);
  out.data = std::move(keys);
  return list_of(out, call.request.path,
                 [&](const pb::ApiKey& key) { return render::api_key(key, service.context); });
}

}  // namespace

void add_access_routes(Service& service) {
  service.change("POST", "/v1/merchants",
                 {.access = kAdmin,
                  .status = 201,
                  .command = create_merchant,
                  .answer = [&service](const pb::Reply& reply, const Call&) {
                    return render::merchant(reply.merchant(), service.context);
                  }});
  service.read("/v1/merchants/{id}", kAdmin, [&service](const Call& call) -> Result<std::string> {
    TRY_OK(Query(call.request).done());
    TRY(const MerchantId id, MerchantId::parse(call.parameters["id"]));
    TRY(const auto merchant,
        ledger::read_record<pb::Merchant>(service.reader(), ledger::keys::merchant(id.raw())));
    if (!merchant) return Service::not_found();
    return render::text(render::merchant(*merchant, service.context));
  });
  service.change(
      "POST", "/v1/api_keys",
      {.access = kAdmin,
       .status = 201,
       .command = [&service](Call& call) { return create_key(service, call); },
       .answer = [&service](const pb::Reply& reply,
                            const Call& call) { return created_key(service, reply, call); }});
  service.read("/v1/api_keys", kAdmin,
               [&service](const Call& call) { return list_keys(service, call); });
  service.change("POST", "/v1/api_keys/{id}/revoke",
                 {.access = kAdmin,
                  .command = [&service](Call& call) { return revoke_key(service, call); },
                  .answer =
                      [&service](const pb::Reply& reply, const Call&) {
                        return render::api_key(reply.api_key(), service.context);
                      }});
}

}  // namespace settled::daemon::api
