#include "daemon/api/body.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "daemon/json/canonical.hpp"
#include "daemon/json/parse.hpp"
#include "ledger/types/crypto.hpp"

namespace settled::daemon::api {
namespace {

constexpr std::size_t kMaxKey = 255;

/// "application/json" with any parameters; media types are case-insensitive (RFC 9110).
bool is_json(std::string_view content_type) {
  constexpr std::string_view kJson = "application/json";
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return std::ranges::equal(type, kJson, [](char given, char wanted) {
    return (given >= 'A' && given <= 'Z' ? given - 'A' + 'a' : given) == wanted;
  });
}

}  // namespace

Result<nlohmann::json> body_of(const http::Request& request) {
  if (request.body.empty()) return nlohmann::json::object();
  const auto type = request.header("content-type");
  if (!type || !is_json(*type)) {
    return fail(Errc::Invalid, "unsupported_media_type", "the body must be application/json");
  }
  TRY(auto body, json::parse_strict(request.body));
  if (!body.is_object()) return fail(Errc::Invalid, "invalid_type", "the body must be an object");
  return body;
}

Result<std::optional<ledger::pb::IdempotencyKey>> idempotency_key_of(const http::Request& request,
                                                                     const nlohmann::json& body,
                                                                     const std::string& api_key) {
  const auto header = request.header("idempotency-key");
  if (!header) return std::nullopt;
  const bool visible = std::ranges::all_of(*header, [](char c) { return c > ' ' && c < '\x7f'; });
  if (header->empty() || header->size() > kMaxKey || !visible) {
    return fail(Errc::Invalid, "invalid_idempotency_key",
                "Idempotency-Key must be 1 to 255 visible ASCII characters");
  }
  const std::string canonical = json::canonical(body);
  ledger::pb::IdempotencyKey key;
  key.set_scope(api_key);
  key.set_key_sha256(sha256(as_bytes(*header)).raw());
  key.set_fingerprint(sha256({as_bytes(request.method), as_bytes("\n"), as_bytes(request.path),
                              as_bytes("\n"), as_bytes(canonical)})
                          .raw());
  return key;
}

void set_metadata(google::protobuf::RepeatedPtrField<ledger::pb::Pair>& out,
                  std::vector<std::pair<std::string, std::string>> metadata) {
  for (auto& [name, value] : metadata) {
    ledger::pb::Pair& pair = *out.Add();
    pair.set_key(std::move(name));
    pair.set_value(std::move(value));
  }
}

}  // namespace settled::daemon::api
