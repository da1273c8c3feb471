#pragma once

#include <optional>
#include <string>

#include "ledger/log.hpp"
#include "ledger/records.pb.h"
#include "ledger/store/store.hpp"

namespace settled::ledger {

/// The bytes that prove the receipt of a transfer's transaction, as the command that brought the
/// transfer holds them; nothing where there are none. What they mean is chains/proof's.
/// Error: Corrupt `corrupt_log` where that command does not hold them.
Result<std::optional<std::string>> stored_receipt_proof(const store::Reader& reader,
                                                        LogLayout layout,
                                                        const pb::Transfer& transfer);

}  // namespace settled::ledger
