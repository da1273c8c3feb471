#pragma once

#include <string>
#include <string_view>

#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

namespace settled::ledger {

/// One stored log record: 32 bytes of chain hash, then the envelope's bytes as they were hashed.
/// hash = SHA-256(previous hash || envelope bytes); the first record's previous hash is 32 zeros.
/// The envelope holds its own sequence, so a record cannot be moved.
struct LogRecord {
  Hash256 hash;
  std::string envelope;

  std::string stored() const { return hash.raw() + envelope; }
  /// Error: Corrupt `corrupt_log`.
  static Result<LogRecord> parse(std::string_view stored);
};

Hash256 chain_hash(std::string_view previous, std::string_view envelope);

/// Applies one envelope to the state as the book does and as a replay must: an idempotency key
/// that is known is answered from its record; a refusal under a key is recorded.
struct Effect {
  Result<pb::Reply> reply;
  bool replayed = false;  ///< answered from an idempotency record: nothing was changed
  bool logged = false;    ///< state was changed: the envelope belongs in the log
};
Effect apply_envelope(Overlay& overlay, pb::Head& head, const pb::Envelope& envelope);

}  // namespace settled::ledger
