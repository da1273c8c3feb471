#pragma once

#include <cstdint>
#include <string>

#include "ledger/store/store.hpp"
#include "ledger/types/bytes.hpp"

namespace settled::ledger {

struct Verified {
  std::uint64_t commands = 0;
  std::uint64_t entries = 0;
  std::uint64_t accounts = 0;
  Hash256 log_hash;
};

/// Proves that the books are consistent in themselves: every row of the store is readable; the log
/// is a gapless hash chain up to the head; every entry's lines sum to zero in each currency; every
/// hold is resolved at most once, by an entry that repeats its lines; and every account's counters
/// are what the entries make of them. Reads through one snapshot, so it may run beside a live book.
/// Errors: Corrupt `verification_failed`, naming what is wrong, or `store_corrupt` of the store.
Result<Verified> verify(const store::Reader& snapshot);

}  // namespace settled::ledger
