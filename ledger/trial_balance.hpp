#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/accounts.hpp"
#include "ledger/records.pb.h"
#include "ledger/store/store.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::ledger::reports {

/// Every account as the last entry up to a moment left it.
struct TrialBalance {
  Time at;
  std::vector<pb::Account> accounts;                        ///< by code
  std::map<std::string, CounterAmounts, std::less<>> sums;  ///< by currency
};

/// The accounts whose code starts with `prefix` (empty: all) at `at`, that millisecond included;
/// nothing, or a moment that is yet to come: as of the newest commit. `reader` is a snapshot where
/// the book is being written. Errors: Corrupt `unbalanced_books` where all accounts of a currency
/// do not sum to zero, posted and pending; Invalid `amount_too_large` where a sum does not fit.
Result<TrialBalance> trial_balance(const store::Reader& reader, std::string_view prefix,
                                   std::optional<Time> at);

/// Adds the accounts up by currency, anew. Error: Invalid `amount_too_large`.
Status sum_up(TrialBalance& balance);
/// Error: Corrupt `unbalanced_books`.
Status check_sums(const TrialBalance& balance);

}  // namespace settled::ledger::reports
