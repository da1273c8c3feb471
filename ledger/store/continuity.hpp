#pragma once

#include <string>

#include "ledger/types/result.hpp"

namespace leveldb {
class Env;
}

namespace settled::ledger::store {

/// Finds what the engine would leave out in silence when it opens `directory`, before it deletes
/// the files that would show it. It trusts that the logs it finds are all there are, stops without
/// a word where a log seems torn and goes on with the next one, and steps over a header of zeroes
/// to the next block of the log. Either leaves a hole: later batches without earlier ones.
///
/// Every batch in a log carries the number of its first operation, so this holds the logs to have
/// no gap: from the manifest to the oldest log, from batch to batch and from log to log, and to
/// begin behind what is in tables: an older log would be replayed over newer rows. Checksums
/// are the engine's business. A lost end is no hole and passes; nothing here could tell it.
///
/// Reads the manifest and the logs once. Error: Corrupt `store_corrupt`.
Status check_continuity(leveldb::Env& env, const std::string& directory);

}  // namespace settled::ledger::store
