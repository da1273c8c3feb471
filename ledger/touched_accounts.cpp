#include "ledger/touched_accounts.hpp"

#include <utility>

#include "ledger/keys.hpp"

namespace settled::ledger {
namespace {

pb::Account new_account(const State& state, const std::string& code, const std::string& currency) {
  const auto type = chart::type_of(code);
  INVARIANT(type.has_value());
  pb::Account account;
  account.set_code(code);
  account.set_type(*type);
  account.set_currency(currency);
  account.set_debits_must_not_exceed_credits(chart::is_merchants(code));
  account.set_created(to_ms(state.now()));
  return account;
}

void store_into(pb::Counters& counters, const CounterAmounts& amounts) {
  counters.set_debits_posted(amounts.debits_posted.stored());
  counters.set_credits_posted(amounts.credits_posted.stored());
  counters.set_debits_pending(amounts.debits_pending.stored());
  counters.set_credits_pending(amounts.credits_pending.stored());
}

/// Pending lines count against the account and never for it: whatever becomes of each hold, the
/// limit stands.
Status check_limits(const TouchedAccounts::Row& row) {
  const CounterAmounts& at = row.amounts;
  if (row.account.debits_must_not_exceed_credits() && row.debited) {
    TRY(const Amount debits, at.debits_posted.plus(at.debits_pending));
    if (debits > at.credits_posted) {
      if (chart::is_merchants(row.account.code())) {
        return fail(Errc::Rejected, "insufficient_funds",
                    "the available balance does not cover the amount");
      }
      return fail(Errc::Rejected, "exceeds_credits",
                  "the debits of " + row.account.code() + " would exceed its credits");
    }
  }
  if (row.account.credits_must_not_exceed_debits() && row.credited) {
    TRY(const Amount credits, at.credits_posted.plus(at.credits_pending));
    if (credits > at.debits_posted) {
      return fail(Errc::Rejected, "exceeds_debits",
                  "the credits of " + row.account.code() + " would exceed its debits");
    }
  }
  return {};
}

void note_clearing(TouchedAccounts::Row& row, std::int64_t now_ms) {
  if (!row.account.must_return_to_zero()) return;
  if (row.amounts.debits_posted == row.amounts.credits_posted) {
    row.account.clear_uncleared_since();
  } else if (row.account.uncleared_since() == 0) {
    row.account.set_uncleared_since(now_ms);
  }
}

}  // namespace

Result<const TouchedAccounts::Row*> TouchedAccounts::existing(const std::string& code) {
  if (const auto known = rows_.find(code); known != rows_.end()) return &known->second;
  TRY(auto account, state_.find<pb::Account>(keys::account(code)));
  if (!account) return fail(Errc::NotFound, "account_not_found", "there is no account " + code);
  TRY(const CounterAmounts amounts, amounts_of(account->counters()));
  return &rows_.emplace(code, Row{*std::move(account), amounts}).first->second;
}

Result<TouchedAccounts::Row*> TouchedAccounts::row(const std::string& code,
                                                   const std::string& currency) {
  if (const auto known = rows_.find(code); known != rows_.end()) return &known->second;
  TRY(auto found, state_.find<pb::Account>(keys::account(code)));
  pb::Account account = found ? *std::move(found) : new_account(state_, code, currency);
  TRY(const CounterAmounts amounts, amounts_of(account.counters()));
  return &rows_.emplace(code, Row{std::move(account), amounts}).first->second;
}

Status TouchedAccounts::change(const pb::Line& line, bool pending, bool add) {
  TRY(Row* const touched, row(line.account(), line.currency()));
  Row& row = *touched;
  if (row.account.currency() != line.currency()) {
    return fail(Errc::Internal, "wrong_currency",
                line.account() + " counts " + row.account.currency());
  }
  Amount& counter = line.credit()
                        ? (pending ? row.amounts.credits_pending : row.amounts.credits_posted)
                        : (pending ? row.amounts.debits_pending : row.amounts.debits_posted);
  TRY(const Amount amount, Amount::from_stored(line.amount()));
  TRY(counter, add ? counter.plus(amount) : counter.minus(amount));
  row.debited = row.debited || (add && !line.credit());
  row.credited = row.credited || (add && line.credit());
  return {};
}

Status TouchedAccounts::finish(const pb::Entry& entry) {
  pb::HistoryRow history;
  history.set_entry(entry.id());
  for (auto& [code, row] : rows_) {
    TRY_OK(check_limits(row));
    note_clearing(row, entry.created());
    store_into(*row.account.mutable_counters(), row.amounts);
    state_.put(keys::account(code), row.account);
    // Lent, which spares a copy.
    history.mutable_counters()->Swap(row.account.mutable_counters());
    history.set_uncleared_since(row.account.uncleared_since());
    state_.put(keys::account_history(code, from_ms(entry.created()), entry.sequence()), history);
    history.mutable_counters()->Swap(row.account.mutable_counters());
  }
  return {};
}

}  // namespace settled::ledger
