#pragma once

#include <string>

#include "ledger/store/store.hpp"

/// Payouts that were not signed yet are held where books came back from a backup: a payout that the
/// books call queued may have been paid after the backup was made, and would be paid again. A row
/// outside the log, `O` "payouts" and a zero byte, "held"; an operator who has compared the open
/// payouts with the chain takes it away. What was signed before goes on: its bytes are the same.
namespace settled::daemon::payouts {

std::string hold_key();
/// Errors: those of the reader.
Result<bool> is_held(const ledger::store::Reader& reader);

}  // namespace settled::daemon::payouts
