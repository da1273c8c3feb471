#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

namespace settled::ledger {

/// What commands mean today. Envelopes carry the number under which they were logged, and `apply`
/// keeps to it: FORMAT.md, Changing the format.
inline constexpr std::uint32_t kRules = 2;

/// A book that was begun in format 1 keeps its records of then as they were.
struct LogLayout {
  std::uint64_t format_1_until = 0;  ///< the last record of format 1; 0: there is none
  bool is_format_1(std::uint64_t sequence) const { return sequence <= format_1_until; }
};
/// Error: Corrupt `corrupt_record`.
Result<LogLayout> read_layout(const store::Reader& reader);

/// One record as the hash chain and the Merkle tree see it: 104 bytes that tell nothing of what is
/// in it, and from which each part can be proven.
struct Leaf {
  std::uint64_t sequence = 0;
  Hash256 envelope;      ///< SHA-256 of the envelope's bytes
  Hash256 state;         ///< the state hash after the command; zero in format 1
  Hash256 entries_root;  ///< RFC 6962 root over the command's entries as stored; zero in format 1

  std::string bytes() const;
};

/// One stored log record: hash, state hash and entries root (format 1: the hash alone), then the
/// envelope's bytes as they were hashed. The envelope holds its own sequence, so a record cannot
/// be moved.
struct LogRecord {
  bool format_1 = false;
  Hash256 hash;
  Hash256 state;
  Hash256 entries_root;
  std::string envelope;

  std::string stored() const;
  /// Error: Corrupt `corrupt_log`.
  static Result<LogRecord> parse(std::string_view stored, bool format_1 = false);
  Leaf leaf(std::uint64_t sequence) const;
};

/// What the record's hash must be upon the hash of the record before (32 zeros before the first):
/// SHA-256(previous || leaf), in format 1 SHA-256(previous || envelope).
Hash256 chain_hash(std::string_view previous, std::uint64_t sequence, const LogRecord& record);

/// Applies one envelope to the state as the book does and as a replay must: an idempotency key
/// that is known is answered from its record; a refusal under a key is recorded. What is logged
/// waits in the overlay as the current command, for `seal`. An envelope that no book would have
/// logged (times whose sums do not fit, too little entropy) is refused: Corrupt `corrupt_log`.
struct Effect {
  Result<pb::Reply> reply;
  bool replayed = false;  ///< answered from an idempotency record: nothing was changed
  bool logged = false;    ///< state was changed: the envelope belongs in the log
};
Effect apply_envelope(Overlay& overlay, pb::Head& head, const pb::Envelope& envelope);

/// Ends a logged command: hashes what it changed, chains its record to the head, puts the record
/// and keeps the changes in the group. `bytes`: the envelope as it is (to be) stored.
LogRecord seal(Overlay& overlay, pb::Head& head, std::string bytes);
/// The same for a record of format 1, which has a hash of another kind and no state hash.
LogRecord seal_format_1(Overlay& overlay, pb::Head& head, std::string bytes);

}  // namespace settled::ledger
