#pragma once

#include <cstdint>
#include <string>

#include "ledger/store/store.hpp"

namespace settled::bench {

/// The account that has exactly `kQuietEntries` entries in a filled history, spread evenly.
inline constexpr std::uint64_t kQuietEntries = 100;
std::string quiet_account();

/// Writes so many entries of two lines as rows, table by table in the order of the keys, as the
/// journal leaves them: entry, reference, two history rows, accounts. Without log records and
/// idempotency records. The newest is `until_ms` old, one a millisecond before it.
void fill_history(ledger::store::Store& store, std::uint64_t entries, std::int64_t until_ms);

}  // namespace settled::bench
