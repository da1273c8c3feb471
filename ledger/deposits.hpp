#pragma once

#include <string>

#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

namespace settled::ledger {

struct AssignedAddress {
  std::string address;  ///< 20 bytes
  std::uint32_t index = 0;
};

/// Hands the next derived address to an intent; addresses that were paid before anybody was given
/// them are skipped for ever. Error: Unavailable `deposit_addresses_exhausted`.
Result<AssignedAddress> assign_deposit_address(State& state, const std::string& intent);

/// Addresses are derived outside and come in order, ahead of need, so that all of them are watched
/// before anybody can know them. Errors: Conflict `deposit_index_not_next`; Conflict
/// `deposit_key_changed` where they are children of another extended key.
Result<pb::Reply> apply(State& state, const pb::AddDepositAddresses& command);

}  // namespace settled::ledger
