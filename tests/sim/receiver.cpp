#include "tests/sim/receiver.hpp"

#include <algorithm>

#include "ledger/types/crypto.hpp"

namespace settled::sim {
namespace {

using chains::http::Request;
using chains::http::Response;

std::string header(const Request& request, std::string_view name) {
  const auto found = std::ranges::find(
      request.headers, name, [](const auto& each) { return std::string_view(each.first); });
  return found == request.headers.end() ? std::string() : found->second;
}

/// Reckoned here anew, and not by the code that signs.
bool is_signed(const Request& request) {
  const std::string_view secret = Receiver::kSecret;
  const Bytes key = from_base64(secret.substr(secret.find('_') + 1)).value();
  const std::string content = header(request, "webhook-id") + "." +
                              header(request, "webhook-timestamp") + "." + request.body;
  return header(request, "webhook-signature") ==
         "v1," + to_base64(hmac_sha256(key, as_bytes(content)).view());
}

}  // namespace

const ReceiverWindow* Receiver::has(ReceiverFault fault, std::int64_t now_ms) const {
  const auto found = std::ranges::find_if(windows_, [&](const ReceiverWindow& window) {
    return window.fault == fault && window.from_ms <= now_ms && now_ms < window.until_ms;
  });
  return found == windows_.end() ? nullptr : &*found;
}

std::string Receiver::left(const Request& request) {
  const std::string id = header(request, "webhook-id");
  if (id.empty()) return "a webhook without an id";
  if (!is_signed(request)) return "webhook " + id + " is not signed by its endpoint's secret";
  const auto [at, first] =
      events_.try_emplace(id, Event{.body = request.body, .place = events_.size()});
  if (!first && at->second.body != request.body) {
    return "webhook " + id + " was sent with two bodies";
  }
  return {};
}

Result<Response> Receiver::arrived(const Request& request, std::int64_t now_ms) {
  if (has(ReceiverFault::Fails, now_ms)) return Response{.status = 500, .headers = {}, .body = {}};
  if (has(ReceiverFault::Redirects, now_ms)) {
    return Response{.status = 302, .headers = {{"location", "http://elsewhere/"}}, .body = {}};
  }
  if (const auto* busy = has(ReceiverFault::Busy, now_ms)) {
    return Response{
        .status = 503, .headers = {{"retry-after", std::to_string(busy->strength)}}, .body = {}};
  }
  events_.at(header(request, "webhook-id")).acknowledged = true;
  if (has(ReceiverFault::LosesAnswer, now_ms)) {
    return fail(Errc::Unavailable, "connection_lost", "the connection was lost");
  }
  return Response{.status = 204, .headers = {}, .body = {}};
}

}  // namespace settled::sim
