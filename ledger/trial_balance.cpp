#include "ledger/trial_balance.hpp"

#include <algorithm>

#include "ledger/keys.hpp"
#include "ledger/reports.hpp"

namespace settled::ledger::reports {
namespace {

Status add(CounterAmounts& sum, const pb::Counters& counters) {
  TRY(const CounterAmounts at, amounts_of(counters));
  TRY(sum.debits_posted, sum.debits_posted.plus(at.debits_posted));
  TRY(sum.credits_posted, sum.credits_posted.plus(at.credits_posted));
  TRY(sum.debits_pending, sum.debits_pending.plus(at.debits_pending));
  TRY(sum.credits_pending, sum.credits_pending.plus(at.credits_pending));
  return {};
}

}  // namespace

Status sum_up(TrialBalance& balance) {
  balance.sums.clear();
  for (const pb::Account& account : balance.accounts) {
    TRY_OK(add(balance.sums[account.currency()], account.counters()));
  }
  return {};
}

Status check_sums(const TrialBalance& balance) {
  for (const auto& [currency, sum] : balance.sums) {
    if (sum.debits_posted != sum.credits_posted || sum.debits_pending != sum.credits_pending) {
      return fail(Errc::Corrupt, "unbalanced_books",
                  "the accounts of " + currency + " do not sum to zero");
    }
  }
  return {};
}

Result<TrialBalance> trial_balance(const store::Reader& reader, std::string_view prefix,
                                   std::optional<Time> at) {
  TRY(const auto head, read_record<pb::Head>(reader, keys::head()));
  TrialBalance out;
  out.at = from_ms(head ? head->time() : 0);
  TRY(out.accounts, accounts(reader, prefix));
  if (at && *at < out.at) {
    out.at = *at;
    std::erase_if(out.accounts,
                  [&](const pb::Account& account) { return account.created() > to_ms(*at); });
    for (pb::Account& account : out.accounts) {
      TRY(auto then, account_at(reader, account.code(), *at));
      if (!then) return fail(Errc::Corrupt, "corrupt_record", "an account began at two times");
      account = *std::move(then);
    }
  }
  TRY_OK(sum_up(out));
  if (prefix.empty()) TRY_OK(check_sums(out));
  return out;
}

}  // namespace settled::ledger::reports
