#pragma once

#include <cstdint>

#include "ledger/log.hpp"
#include "ledger/store/store.hpp"

namespace settled::ledger {

/// The layout of a store that may not have been opened by a book yet: all records of a book of
/// format 1 are of format 1. Error: Corrupt `corrupt_record`.
Result<LogLayout> layout_before_open(const store::Reader& reader);

/// The newest record's number; 0: the log is empty.
Result<std::uint64_t> log_end(const store::Reader& reader);

/// One stored record. Error: Corrupt `log_record_missing`.
Result<LogRecord> read_log(const store::Reader& reader, LogLayout layout, std::uint64_t sequence);

/// Walks the records `from` to `to`: each is there, says its own number, and has the hash that
/// follows from the stored hash of the one before `from` onwards. Returns the hash of `to`. What
/// the chain cannot tell (which of two neighbours was changed) it asks of the tree's tiles.
/// REQUIRES: 0 < from <= to. Errors, each naming the record: Corrupt `log_record_missing`,
/// `log_records_reordered`, `log_record_edited`.
Result<Hash256> check_log(const store::Reader& reader, LogLayout layout, std::uint64_t from,
                          std::uint64_t to);

}  // namespace settled::ledger
