#pragma once

#include <cstdint>
#include <string>

#include "chains/block_batch.hpp"
#include "chains/cursor.hpp"
#include "chains/settings.hpp"
#include "ledger/commands.pb.h"
#include "ledger/confirmations.hpp"
#include "ledger/records.pb.h"
#include "ledger/types/result.hpp"

/// The follower's words in those of the book, and back. All pure.
namespace settled::daemon::deposits {

/// The chain's, as the book is told of it with each observation.
ledger::ConfirmationRule confirmation_rule(const chains::ChainSettings& settings);
/// REQUIRES: every transfer fits an Amount, which the follower has checked.
ledger::pb::ObserveBlocks observed(const chains::BlockBatch& batch,
                                   const chains::ChainSettings& settings);
/// What the books lack of the block's payments is for them to say. REQUIRES: as above.
ledger::pb::BookMissedPayments missed_in(const std::string& chain, const chains::SeenBlock& block);
ledger::pb::Block stored(const chains::BlockRef& block);
/// Error: Corrupt `corrupt_record` unless the hash has 32 bytes.
Result<chains::BlockRef> block_ref(const ledger::pb::Block& block);

}  // namespace settled::daemon::deposits
