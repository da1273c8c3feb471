#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ledger/commands.pb.h"
#include "ledger/store/store.hpp"
#include "ledger/types/result.hpp"

/// Answers under idempotency keys to requests that are no commands of the book, which keeps its
/// own. In the store's operational keyspace (`O`, then `api` and a zero byte):
///
///     'r' api-key:id sha256-of-client-key:hash -> fingerprint:32 and the answer's text
///
/// Kept for ever, as the book's. Thread-safe.
namespace settled::daemon::api {

/// Adds the row to the batch of what the answer tells.
void note_answer(ledger::store::Batch& batch, const ledger::pb::IdempotencyKey& key,
                 std::string_view text);

/// Errors: Rejected `idempotency_mismatch` where it was the answer to another request; Corrupt
/// `corrupt_record`; those of the reader.
Result<std::optional<std::string>> noted_answer(const ledger::store::Reader& reader,
                                                const ledger::pb::IdempotencyKey& key);

/// Rejected `idempotency_mismatch`.
std::unexpected<Error> idempotency_mismatch();

}  // namespace settled::daemon::api
