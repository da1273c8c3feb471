#include "ledger/periods.hpp"

#include <algorithm>
#include <map>

#include "ledger/accounts.hpp"
#include "ledger/keys.hpp"
#include "ledger/types/signed_amount.hpp"

namespace settled::ledger {
namespace {

constexpr auto kMillisecond = std::chrono::milliseconds{1};

std::string period_prefix() {
  return keys::Key(keys::Table::Period);
}

Result<std::optional<pb::Period>> last_period(const State& state) {
  TRY(const auto row, state.last(period_prefix(), store::prefix_end(period_prefix())));
  if (!row) return std::optional<pb::Period>{};
  TRY(auto period, parse_record<pb::Period>(row->second));
  return std::optional(std::move(period));
}

/// Credits less debits, posted, by the entries before `until`.
Result<SignedAmount> balance_at(const State& state, const std::string& code, Time until) {
  TRY(const auto row,
      state.last(keys::account_history(code), keys::account_history(code, until, 0)));
  if (!row) return SignedAmount{};
  TRY(const auto history, parse_record<pb::HistoryRow>(row->second));
  TRY(const CounterAmounts at, amounts_of(history.counters()));
  return SignedAmount::between(at.credits_posted, at.debits_posted);
}

/// All accounts but the merchants', which are neither results nor clearing accounts.
Result<std::vector<pb::Account>> chart_accounts(const State& state) {
  const std::string merchants = keys::account("liability:merchants:");
  const std::string all = keys::account({});
  const std::pair<std::string, std::string> ranges[] = {
      {all, merchants}, {store::prefix_end(merchants), store::prefix_end(all)}};
  std::vector<pb::Account> out;
  for (const auto& [from, to] : ranges) {
    TRY(const auto rows, state.range(from, to, kMaxChartAccounts + 1 - out.size()));
    for (const auto& [key, value] : rows) {
      TRY(auto account, parse_record<pb::Account>(value));
      out.push_back(std::move(account));
    }
    if (out.size() > kMaxChartAccounts) {
      return fail(Errc::Rejected, "too_many_accounts",
                  "more than " + std::to_string(kMaxChartAccounts) + " accounts to look at");
    }
  }
  return out;
}

Status check_clearing(const State& state, const std::vector<pb::Account>& accounts, Time until) {
  for (const pb::Account& account : accounts) {
    if (!account.must_return_to_zero()) continue;
    TRY(const SignedAmount balance, balance_at(state, account.code(), until));
    if (!balance.is_zero()) {
      return fail(Errc::Conflict, "clearing_not_zero",
                  account.code() + " has " + balance.to_string() + " at the end of the period",
                  "until");
    }
  }
  return {};
}

/// What closings of earlier periods moved after `until`, by account: in the sense of `balance_at`.
Result<std::map<std::string, SignedAmount>> moved_later(const State& state,
                                                        const std::optional<pb::Period>& last,
                                                        Time until) {
  std::map<std::string, SignedAmount> moved;
  std::size_t looked_at = 0;
  for (std::uint64_t number = last ? last->number() : 0; number > 0; --number) {
    TRY(const auto period, state.get<pb::Period>(keys::period(number)));
    if (period.closed() < to_ms(until)) break;
    if (++looked_at > kMaxLaterClosings) {
      return fail(Errc::Rejected, "too_many_later_closings",
                  "more than " + std::to_string(kMaxLaterClosings) +
                      " periods were closed after this end; choose a later one",
                  "until");
    }
    if (period.entry().empty()) continue;
    TRY(const auto entry, state.get<pb::Entry>(keys::entry(period.entry())));
    for (const pb::Line& line : entry.lines()) {
      TRY(const Amount size, Amount::from_stored(line.amount()));
      SignedAmount& sum = moved[line.account()];
      TRY(sum, sum.plus(SignedAmount::of(size, !line.credit())));
    }
  }
  return moved;
}

/// The lines that bring the period's result to the owners, by account and then by currency.
Result<std::vector<Posting>> closing_lines(const State& state,
                                           const std::vector<pb::Account>& accounts,
                                           const std::optional<pb::Period>& last, Time until) {
  TRY(const auto moved, moved_later(state, last, until));
  std::vector<Posting> lines;
  std::map<std::string, SignedAmount> results;
  std::size_t looked_at = 0;
  for (const pb::Account& account : accounts) {
    if (account.type() != pb::INCOME && account.type() != pb::EXPENSE) continue;
    if (++looked_at > kMaxResultAccounts) {
      return fail(
          Errc::Rejected, "too_many_result_accounts",
          "more than " + std::to_string(kMaxResultAccounts) + " accounts of income and expense");
    }
    TRY(SignedAmount balance, balance_at(state, account.code(), until));
    if (const auto found = moved.find(account.code()); found != moved.end()) {
      TRY(balance, balance.plus(found->second));
    }
    if (balance.is_zero()) continue;
    lines.push_back({{account.code(), account.currency()}, balance.negative(), balance.size()});
    SignedAmount& result = results[account.currency()];
    TRY(result, result.plus(balance));
  }
  for (const auto& [currency, result] : results) {
    if (result.is_zero()) continue;
    lines.push_back({chart::retained_earnings(currency), !result.negative(), result.size()});
  }
  return lines;
}

/// The number of the newest entry before `until`. An entry's id begins with its time.
Result<std::uint64_t> last_entry_before(const State& state, Time until) {
  IdBytes first = IdSequence().next(until, Bytes(IdBytes::kSize, 0));
  TRY(const auto row, state.last(keys::entry({}), keys::entry(first.raw())));
  if (!row) return 0;
  TRY(const auto entry, parse_record<pb::Entry>(row->second));
  return entry.sequence();
}

Status check(const State& state, const pb::ClosePeriod& command,
             const std::optional<pb::Period>& last) {
  if (command.name().empty() || command.name().size() > kMaxPeriodName) {
    return fail(Errc::Invalid, "invalid_name",
                "a period's name has 1 to " + std::to_string(kMaxPeriodName) + " bytes", "name");
  }
  if (command.until() <= 0) {
    return fail(Errc::Invalid, "invalid_time", "a period ends after 1970", "until");
  }
  if (command.until() > to_ms(state.now())) {
    return fail(Errc::Rejected, "period_not_over",
                "the period is not over: it is " + to_rfc3339(state.now()), "until");
  }
  if (last && command.until() <= last->until()) {
    return fail(Errc::Conflict, "period_overlaps",
                "everything before " + to_rfc3339(from_ms(last->until())) + " is closed", "until");
  }
  return {};
}

}  // namespace

Result<pb::Reply> apply(State& state, const pb::ClosePeriod& command) {
  TRY(const auto last, last_period(state));
  TRY_OK(check(state, command, last));
  const Time until = from_ms(command.until());
  TRY(const auto accounts, chart_accounts(state));
  TRY_OK(check_clearing(state, accounts, until));
  TRY(const auto lines, closing_lines(state, accounts, last, until));

  pb::Reply reply;
  pb::Period& period = *reply.mutable_period();
  period.set_id(state.new_id().raw());
  period.set_number(last ? last->number() + 1 : 1);
  period.set_name(command.name());
  period.set_from(last ? last->until() : 0);
  period.set_until(command.until());
  period.set_closed(to_ms(state.now()));
  TRY(const std::uint64_t entry_sequence, last_entry_before(state, until));
  period.set_entry_sequence(entry_sequence);
  if (!lines.empty()) {
    TRY(const EntryId entry,
        post(state, "period.closed", PeriodId::from_raw(period.id()).to_string(), lines));
    period.set_entry(entry.raw());
  }
  state.put(keys::period(period.number()), period);
  return reply;
}

namespace reports {
namespace {

/// Brings the posted lines of an entry into the accounts, with those that it opens.
Status add_entry(const store::Reader& reader, std::string_view entry_id, TrialBalance& balance) {
  TRY(const auto entry, read_record<pb::Entry>(reader, keys::entry(entry_id)));
  if (!entry) return fail(Errc::Corrupt, "corrupt_record", "a period names no entry");
  for (const pb::Line& line : entry->lines()) {
    auto at = std::ranges::lower_bound(balance.accounts, line.account(), {}, &pb::Account::code);
    if (at == balance.accounts.end() || at->code() != line.account()) {
      TRY(auto account, read_record<pb::Account>(reader, keys::account(line.account())));
      if (!account) return fail(Errc::Corrupt, "corrupt_record", "an entry names no account");
      account->clear_counters();
      at = balance.accounts.insert(at, *std::move(account));
    }
    pb::Counters& counters = *at->mutable_counters();
    TRY(const Amount before,
        amount_of(line.credit() ? counters.credits_posted() : counters.debits_posted()));
    TRY(const Amount size, Amount::from_stored(line.amount()));
    TRY(const Amount sum, before.plus(size));
    (line.credit() ? *counters.mutable_credits_posted() : *counters.mutable_debits_posted()) =
        sum.stored();
  }
  return {};
}

Status finish(TrialBalance& balance) {
  TRY_OK(sum_up(balance));
  return check_sums(balance);
}

Result<std::uint64_t> cursor_number(const store::Reader& reader, const std::string& id) {
  TRY(const auto period, period_by_id(reader, id));
  if (!period) return fail(Errc::Invalid, "invalid_cursor", "no such period");
  return period->number();
}

}  // namespace

Result<std::optional<pb::Period>> period_by_id(const store::Reader& reader, std::string_view id) {
  // Ids grow with the numbers, so the table is in the order of both.
  Result<std::uint64_t> last = 0;
  TRY_OK(reader.scan_reverse(period_prefix(), store::prefix_end(period_prefix()),
                             [&](std::string_view key, std::string_view) {
                               last = keys::last_u64(key, 1);
                               return false;
                             }));
  TRY(const std::uint64_t count, last);
  for (std::uint64_t low = 1, high = count; low <= high;) {
    const std::uint64_t middle = low + (high - low) / 2;
    TRY(auto period, read_record<pb::Period>(reader, keys::period(middle)));
    if (!period) return fail(Errc::Corrupt, "corrupt_record", "a period is missing");
    if (period->id() == id) return period;
    if (period->id() < id) {
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return std::optional<pb::Period>{};
}

Result<Page<pb::Period>> periods(const store::Reader& reader, const PageRequest& request) {
  std::string from = period_prefix();
  std::string to = store::prefix_end(from);
  if (request.starting_after) {
    TRY(const std::uint64_t number, cursor_number(reader, *request.starting_after));
    to = keys::period(number);
  }
  if (request.ending_before) {
    TRY(const std::uint64_t number, cursor_number(reader, *request.ending_before));
    from = keys::period(number + 1);
  }
  Page<pb::Period> page;
  Status failed;
  const auto visit = [&](std::string_view, std::string_view value) {
    page.has_more = page.data.size() == request.limit;
    if (page.has_more) return false;
    auto period = parse_record<pb::Period>(value);
    if (!period) {
      failed = std::unexpected(period.error());
      return false;
    }
    page.data.push_back(*std::move(period));
    return true;
  };
  if (request.ending_before) {
    TRY_OK(reader.scan(from, to, visit));
    std::ranges::reverse(page.data);
  } else {
    TRY_OK(reader.scan_reverse(from, to, visit));
  }
  TRY_OK(failed);
  return page;
}

Result<PeriodBalances> period_balances(const store::Reader& reader, const pb::Period& period) {
  PeriodBalances out;
  TRY(out.before_closing, trial_balance(reader, {}, from_ms(period.until()) - kMillisecond));
  for (std::uint64_t number = period.number() - 1; number > 0; --number) {
    TRY(const auto earlier, read_record<pb::Period>(reader, keys::period(number)));
    if (!earlier) return fail(Errc::Corrupt, "corrupt_record", "a period is missing");
    if (earlier->closed() < period.until()) break;
    if (!earlier->entry().empty()) {
      TRY_OK(add_entry(reader, earlier->entry(), out.before_closing));
    }
  }
  out.after_closing = out.before_closing;
  if (!period.entry().empty()) TRY_OK(add_entry(reader, period.entry(), out.after_closing));
  TRY_OK(finish(out.before_closing));
  TRY_OK(finish(out.after_closing));
  return out;
}

}  // namespace reports
}  // namespace settled::ledger
