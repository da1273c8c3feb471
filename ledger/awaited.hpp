#pragma once

#include <cstdint>
#include <string_view>

#include "ledger/confirmations.hpp"
#include "ledger/store/store.hpp"
#include "ledger/types/result.hpp"

namespace settled::ledger::reports {

/// Does anything in the books wait for a chain to be told of as far as `head`, with blocks up to
/// `final_number` final? A transfer that becomes confirmed or final by it does, and every payout
/// that was sent and has not ended, since what became of it is looked for block by block. Where
/// nothing waits, blocks without a transfer of ours change nothing but the cursor. A few rows are
/// read. Any thread. Errors: NotFound `unknown_chain`; Corrupt.
Result<bool> awaits(const store::Reader& reader, std::string_view chain,
                    const ConfirmationRule& rule, std::uint64_t head, std::uint64_t final_number);

}  // namespace settled::ledger::reports
