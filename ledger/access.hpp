#pragma once

#include <cstdint>

#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

namespace settled::ledger {

/// Bits of pb::ApiKey.scopes.
enum Scope : std::uint32_t {
  kIntents = 1,
  kPayouts = 2,
  kPayoutsApprove = 4,
  kLedgerRead = 8,
  kWebhooks = 16,
  kAdmin = 32,
};

Result<pb::Reply> apply(State& state, const pb::CreateMerchant& command);
/// The secret itself never reaches the book: only its SHA-256 does.
Result<pb::Reply> apply(State& state, const pb::CreateApiKey& command);
Result<pb::Reply> apply(State& state, const pb::RevokeApiKey& command);

}  // namespace settled::ledger
