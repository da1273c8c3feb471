#include "daemon/webhooks/signature.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "ledger/types/time.hpp"

namespace settled::daemon::webhooks {
namespace {

// The example of the Standard Webhooks libraries' own tests.
constexpr auto kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr auto kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::int64_t kTimestamp = 1614265330;
constexpr auto kBody = R"({"test": 2432232314})";
constexpr auto kSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

constexpr auto kNewSecret = "whsec_bmV3LXNlY3JldC1vZi0yNC1ieXRlcyEh";

std::string header(const chains::http::Request& request, std::string_view wanted) {
  for (const auto& [name, value] : request.headers) {
    if (name == wanted) return value;
  }
  return {};
}

}  // namespace

TEST_CASE("The signature is that of the Standard Webhooks example") {
  CHECK(sign(kSecret, kId, kTimestamp, kBody) == kSignature);
}

TEST_CASE("A secret that is no base 64 after whsec_ signs nothing") {
  for (const char* secret : {"", "whsec_", "whsec_***", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}) {
    CHECK(sign(secret, kId, kTimestamp, kBody).error().reason == "bad_webhook_secret");
  }
}

TEST_CASE("An attempt is a POST of the body, signed at the attempt's time") {
  ledger::pb::Endpoint endpoint;
  endpoint.set_url("https://example.com/hook");
  endpoint.set_secret(kSecret);
  const auto request = make_request(endpoint, kId, kBody, from_ms(kTimestamp * 1000 + 999));
  REQUIRE(request);
  CHECK(request->method == "POST");
  CHECK(request->url == "https://example.com/hook");
  CHECK(request->body == kBody);
  CHECK(header(*request, "content-type") == "application/json");
  CHECK(header(*request, "user-agent").starts_with("settled/"));
  CHECK(header(*request, "webhook-id") == kId);
  CHECK(header(*request, "webhook-timestamp") == "1614265330");
  CHECK(header(*request, "webhook-signature") == kSignature);
}

TEST_CASE("While the previous secret is valid both sign, the new one first") {
  ledger::pb::Endpoint endpoint;
  endpoint.set_secret(kNewSecret);
  endpoint.set_previous_secret(kSecret);
  endpoint.set_previous_secret_until(kTimestamp * 1000 + 1);
  const std::string by_new = sign(kNewSecret, kId, kTimestamp, kBody).value();
  const auto during = make_request(endpoint, kId, kBody, from_ms(kTimestamp * 1000));
  CHECK(header(*during, "webhook-signature") == by_new + " " + kSignature);
  const auto after = make_request(endpoint, kId, kBody, from_ms(kTimestamp * 1000 + 1));
  CHECK(header(*after, "webhook-signature") == by_new);
}

}  // namespace settled::daemon::webhooks
