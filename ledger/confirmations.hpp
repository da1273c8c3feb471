#pragma once

#include <cstdint>

#include "ledger/commands.pb.h"
#include "ledger/records.pb.h"
#include "ledger/types/amount.hpp"
#include "ledger/types/result.hpp"

namespace settled::ledger {

/// How deep a transfer has to lie before it counts, by what is at stake. Pure.

using ConfirmationTiers = google::protobuf::RepeatedPtrField<pb::ConfirmationTier>;

/// How a chain's transfers are confirmed: `tiers` for what is small, `confirmations` for the rest.
struct ConfirmationRule {
  std::uint32_t confirmations = 1;
  ConfirmationTiers tiers = {};
};

/// What is lost with a transfer that was confirmed and goes away again: its amount; of one that
/// pays an intent all that the intent asks for or has received, if that is more, so that a large
/// payment does not count the earlier for coming in small parts. `intent`: the one that it pays,
/// or null. Error: Corrupt where an amount is malformed.
Result<Amount> at_stake(const pb::Transfer& transfer, const pb::Intent* intent);

/// Those of the first tier that reaches as far as `stake`, else the rule's own. A transfer in the
/// head block has one. Error: Corrupt where an amount is malformed.
Result<std::uint32_t> confirmations_needed(const Amount& stake, const ConfirmationRule& rule);

/// The newest block with so many confirmations where `head` is the head; 0: none has.
std::uint64_t newest_with(std::uint32_t confirmations, std::uint64_t head);

/// Error: Invalid `invalid_field` where the tiers do not ascend to `confirmations`.
Status check_tiers(const ConfirmationTiers& tiers, std::uint32_t confirmations);

/// The block up to which `chain` has been looked through for what needs so many confirmations;
/// its final block where it never was: nothing below that waits.
std::uint64_t confirmation_mark(const pb::Chain& chain, std::uint32_t confirmations);

}  // namespace settled::ledger
