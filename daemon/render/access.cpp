#include "daemon/render/value.hpp"
#include "daemon/render/words.hpp"

namespace settled::daemon::render {

Json merchant(const pb::Merchant& merchant, const Context& context) {
  Json out =
      object_head(id_text<MerchantId>(merchant.id()), "merchant", merchant.created(), context);
  out["name"] = merchant.name();
  out["metadata"] = metadata(merchant.metadata());
  return out;
}

Json api_key(const pb::ApiKey& key, const Context& context) {
  Json out = object_head(id_text<ApiKeyId>(key.id()), "api_key", key.created(), context);
  out["name"] = key.name();
  out["merchant"] = optional_id<MerchantId>(key.merchant());
  out["scopes"] = scope_words(key.scopes());
  out["revoked"] = key.revoked() == 0 ? Json(nullptr) : Json(time_text(key.revoked()));
  return out;
}

Json webhook_endpoint(const pb::Endpoint& endpoint, const Context& context, Secret secret) {
  Json out = object_head(id_text<EndpointId>(endpoint.id()), "webhook_endpoint", endpoint.created(),
                         context);
  out["merchant"] = optional_id<MerchantId>(endpoint.merchant());
  out["url"] = endpoint.url();
  out["events"] = std::vector<std::string>(endpoint.events().begin(), endpoint.events().end());
  out["status"] = endpoint.disabled() ? "disabled" : "enabled";
  out["disabled_reason"] = optional_text(endpoint.disabled_reason());
  out["metadata"] = metadata(endpoint.metadata());
  out["sequence"] = endpoint.version();
  if (secret == Secret::Shown) out["secret"] = endpoint.secret();
  return out;
}

}  // namespace settled::daemon::render
