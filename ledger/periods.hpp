#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "ledger/commands.pb.h"
#include "ledger/records.pb.h"
#include "ledger/reports.hpp"
#include "ledger/state.hpp"
#include "ledger/trial_balance.hpp"

/// Closing of periods: README.md, Periods.
namespace settled::ledger {

/// What one command may look at: accounts that are no merchant's, and of them those of income and
/// expense; closings that were posted after the new period's end.
inline constexpr std::size_t kMaxChartAccounts = 10'000;
inline constexpr std::size_t kMaxResultAccounts = 1'000;
inline constexpr std::size_t kMaxLaterClosings = 400;
inline constexpr std::size_t kMaxPeriodName = 200;

/// Closes the time from the last period's end (the beginning, for the first) to `until`, not
/// included: what income and expense accounts earned in it moves to `equity:retained_earnings`.
/// Errors: Invalid `invalid_name`, `invalid_time`; Rejected `period_not_over`; Conflict
/// `period_overlaps`; Rejected `too_many_accounts`, `too_many_result_accounts`,
/// `too_many_later_closings`; Conflict `clearing_not_zero`.
Result<pb::Reply> apply(State& state, const pb::ClosePeriod& command);

namespace reports {

/// Newest first. Error: Invalid `invalid_cursor`.
Result<Page<pb::Period>> periods(const store::Reader& reader, const PageRequest& page);
Result<std::optional<pb::Period>> period_by_id(const store::Reader& reader, std::string_view id);

/// The books at a period's end, as if every closing had been posted at the end of its period: with
/// the closings of the periods before, and with this one's too.
struct PeriodBalances {
  TrialBalance before_closing;
  TrialBalance after_closing;
};
/// `reader` as of `trial_balance`. Error: Corrupt.
Result<PeriodBalances> period_balances(const store::Reader& reader, const pb::Period& period);

}  // namespace reports
}  // namespace settled::ledger
