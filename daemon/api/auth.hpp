#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "daemon/http/message.hpp"
#include "ledger/access.hpp"
#include "ledger/records.pb.h"
#include "ledger/store/store.hpp"
#include "ledger/types/result.hpp"

namespace settled::daemon::api {

/// Who asks.
struct Caller {
  std::string key;       ///< raw API key id
  std::string merchant;  ///< raw merchant id, or empty: the platform
  std::uint32_t scopes = 0;

  bool is_platform() const { return merchant.empty(); }
  /// Whether an object of `owner` (raw merchant id, empty: the platform's alone) exists for the
  /// caller.
  bool sees(std::string_view owner) const { return is_platform() || owner == merchant; }
};

/// What a route asks of its caller.
struct Access {
  std::uint32_t any_of = 0;  ///< scopes, of which one is enough
  bool platform_only = false;
};

/// Reading intents, transfers, events and balances.
inline constexpr std::uint32_t kReading = ledger::kIntents | ledger::kPayouts | ledger::kLedgerRead;

/// Tells callers by their keys. One read of the store for each request, which is also what makes
/// a revocation count from the next request on, whoever revoked.
class Authenticator {
 public:
  explicit Authenticator(const ledger::store::Reader& reader) : reader_(reader) {}

  /// From `Authorization: Bearer sk_...` (RFC 6750). Error: Invalid `unauthenticated`.
  Result<Caller> caller_of(const http::Request& request);

 private:
  const ledger::store::Reader& reader_;
  /// By key id. What a key may do never changes: only whether it is valid.
  std::unordered_map<std::string, Caller> callers_;
};

/// Error: Rejected `forbidden`.
Status check_access(const Caller& caller, const Access& access);

}  // namespace settled::daemon::api
