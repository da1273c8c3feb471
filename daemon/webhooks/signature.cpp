#include "daemon/webhooks/signature.hpp"

#include <chrono>
#include <utility>

#include "ledger/types/crypto.hpp"

namespace settled::daemon::webhooks {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";

std::unexpected<Error> bad_secret() {
  return fail(Errc::Corrupt, "bad_webhook_secret",
              "an endpoint's secret is not base 64 after whsec_");
}

}  // namespace

Result<std::string> sign(std::string_view secret, std::string_view id, std::int64_t timestamp_s,
                         std::string_view body) {
  if (!secret.starts_with(kSecretPrefix)) return bad_secret();
  const auto key = from_base64(secret.substr(kSecretPrefix.size()));
  if (!key || key->empty()) return bad_secret();
  std::string content(id);
  content.append(".").append(std::to_string(timestamp_s)).append(".").append(body);
  return "v1," + to_base64(hmac_sha256(*key, as_bytes(content)).view());
}

Result<chains::http::Request> make_request(const ledger::pb::Endpoint& endpoint,
                                           std::string_view event_id, std::string body, Time now) {
  const std::int64_t timestamp_s =
      std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  TRY(std::string signature, sign(endpoint.secret(), event_id, timestamp_s, body));
  if (!endpoint.previous_secret().empty() && endpoint.previous_secret_until() > to_ms(now)) {
    TRY(const std::string previous, sign(endpoint.previous_secret(), event_id, timestamp_s, body));
    signature.append(" ").append(previous);
  }
  return chains::http::Request{.method = "POST",
                               .url = endpoint.url(),
                               .headers = {{"content-type", "application/json"},
                                           {"user-agent", "settled/" SETTLED_VERSION},
                                           {"webhook-id", std::string(event_id)},
                                           {"webhook-timestamp", std::to_string(timestamp_s)},
                                           {"webhook-signature", std::move(signature)}},
                               .body = std::move(body),
                               .retry_on_stale = true};
}

}  // namespace settled::daemon::webhooks
