#pragma once

#include <cstdint>
#include <vector>

#include "ledger/proof/checkpoint.hpp"
#include "ledger/store/store.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/watch.hpp"

namespace settled::ledger {

struct VerifyOptions {
  /// An empty store to replay the log into; without one nothing is replayed. Must outlive the call.
  store::Store* empty = nullptr;
  std::vector<proof::Checkpoint> checkpoints;  ///< in any order
  Watch watch;
};

struct Verified {
  std::uint64_t commands = 0;
  std::uint64_t entries = 0;
  std::uint64_t accounts = 0;
  std::uint64_t checkpoints = 0;  ///< compared with the log
  bool replayed = false;
  std::int64_t time = 0;  ///< of the last command
  Hash256 log_hash;
  Hash256 state_hash;  ///< zero before the first record of format 2
};

/// Proves that the books are consistent in themselves: every row of the store is readable; the log
/// is a gapless hash chain up to the head; every entry's lines sum to zero in each currency; every
/// hold is resolved at most once, by an entry that repeats its lines; and every account's counters
/// are what the entries make of them.
///
/// With an empty store also that they are what their log says: all commands applied again make the
/// same entries and the same state hash, one by one, and in the end the same rows, byte for byte.
/// With checkpoints also that the log is the one that the checkpoints saw.
///
/// Reads through one snapshot, so it may run beside a live book; takes as long as the log is.
/// Errors: Corrupt `verification_failed`, `replay_diverged` (naming the first command),
/// `tables_differ` (the first row), `checkpoint_contradicts`, or `store_corrupt` of the store; what
/// `watch` returns.
Result<Verified> verify(const store::Reader& snapshot, VerifyOptions options = {});

}  // namespace settled::ledger
