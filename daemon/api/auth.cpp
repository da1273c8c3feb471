#include "daemon/api/auth.hpp"

#include <algorithm>
#include <optional>

#include "daemon/api/secrets.hpp"
#include "daemon/render/words.hpp"
#include "ledger/keys.hpp"
#include "ledger/state.hpp"

namespace settled::daemon::api {
namespace {

namespace pb = ledger::pb;

constexpr std::size_t kSecretLength = 46;
constexpr std::size_t kMaxCached = 10'000;
constexpr std::string_view kScheme = "bearer ";

std::unexpected<Error> unauthenticated(std::string detail) {
  return fail(Errc::Invalid, "unauthenticated", std::move(detail));
}

bool is_bearer(std::string_view header) {
  const auto same = [](char given, char wanted) {
    return wanted == (given >= 'A' && given <= 'Z' ? static_cast<char>(given - 'A' + 'a') : given);
  };
  return header.size() > kScheme.size() &&
         std::ranges::equal(header.substr(0, kScheme.size()), kScheme, same);
}

}  // namespace

Result<Caller> Authenticator::caller_of(const http::Request& request) {
  const auto header = request.header("authorization");
  if (!header) return unauthenticated("send Authorization: Bearer with an API key");
  if (!is_bearer(*header)) return unauthenticated("the scheme of Authorization is Bearer");
  const std::string_view secret = header->substr(kScheme.size());
  if (secret.size() != kSecretLength || !secret.starts_with("sk_")) {
    return unauthenticated("that is no API key");
  }
  TRY(const auto id, reader_.get(ledger::keys::api_key_secret(api_secret_sha256(secret))));
  if (!id) return unauthenticated("the API key is unknown or revoked");
  if (const auto known = callers_.find(*id); known != callers_.end()) return known->second;
  TRY(const auto key, ledger::read_record<pb::ApiKey>(reader_, ledger::keys::api_key(*id)));
  if (!key) return fail(Errc::Corrupt, "corrupt_record", "an index names no API key");
  if (callers_.size() >= kMaxCached) callers_.clear();
  return callers_.emplace(*id, Caller{key->id(), key->merchant(), key->scopes()}).first->second;
}

Status check_access(const Caller& caller, const Access& access) {
  if (access.platform_only && !caller.is_platform()) {
    return fail(Errc::Rejected, "forbidden", "only a key of the platform may do this");
  }
  if ((caller.scopes & access.any_of) != 0) return {};
  std::string wanted;
  for (const std::string& scope : render::scope_words(access.any_of)) {
    wanted += (wanted.empty() ? "" : " or ") + scope;
  }
  return fail(Errc::Rejected, "forbidden", "the key lacks the scope " + wanted);
}

}  // namespace settled::daemon::api
