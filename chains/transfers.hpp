#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "chains/block_batch.hpp"
#include "chains/evm/address.hpp"
#include "chains/rpc/types.hpp"
#include "chains/settings.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains {

using Wanted = std::function<bool(const evm::Address& from, const evm::Address& to)>;

/// The transfer that a log tells of, if it is one of `tokens` and wanted. The result points into
/// `tokens`. Pure. Corrupt `transfer_too_large` where a wanted transfer's value is more than an
/// Amount holds: no real token does that, and cutting it would be a wrong booking.
Result<std::optional<SeenTransfer>> transfer_of(const rpc::Log& log,
                                                const std::vector<TokenSettings>& tokens,
                                                const Wanted& wanted);

}  // namespace settled::chains
