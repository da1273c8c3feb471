#pragma once

#include <string>
#include <vector>

#include "ledger/store/store.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/signed_amount.hpp"
#include "ledger/types/time.hpp"

namespace settled::ledger::reports {

/// A clearing account with money on it: something that was to pass through has not.
struct Uncleared {
  std::string account;
  std::string currency;
  SignedAmount balance;  ///< posted credits less posted debits
  Time since;            ///< of the entry after which it was never at zero again
};

/// The clearing accounts that are not at zero after all entries up to `at`, the whole millisecond
/// included; by code. Of each account one row of its history is read. What is pending does not
/// count. Any thread. Error: Corrupt.
Result<std::vector<Uncleared>> clearing(const store::Reader& reader, Time at);

}  // namespace settled::ledger::reports
