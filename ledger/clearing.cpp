#include "ledger/clearing.hpp"

#include "ledger/accounts.hpp"
#include "ledger/reports.hpp"

namespace settled::ledger::reports {

Result<std::vector<Uncleared>> clearing(const store::Reader& reader, Time at) {
  std::vector<Uncleared> out;
  for (const std::string_view prefix : chart::kClearing) {
    TRY(const auto found, accounts(reader, prefix));
    for (const pb::Account& account : found) {
      TRY(const auto then, account_at(reader, account.code(), at));
      if (!then) continue;
      TRY(const CounterAmounts amounts, amounts_of(then->counters()));
      const SignedAmount balance =
          SignedAmount::between(amounts.credits_posted, amounts.debits_posted);
      if (balance.is_zero()) continue;
      out.push_back(
          {account.code(), account.currency(), balance, from_ms(then->uncleared_since())});
    }
  }
  return out;
}

}  // namespace settled::ledger::reports
