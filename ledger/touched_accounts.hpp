#pragma once

#include <map>
#include <string>

#include "ledger/accounts.hpp"
#include "ledger/state.hpp"

namespace settled::ledger {

/// The accounts that one entry touches: each is read once, counted up line by line, checked on what
/// all lines together leave behind, and written once.
class TouchedAccounts {
 public:
  struct Row {
    pb::Account account;
    CounterAmounts amounts;
    bool debited = false;   ///< by a line that was added
    bool credited = false;  ///< the same
  };

  explicit TouchedAccounts(State& state) : state_(state) {}

  /// An account that must be there already. Error: NotFound `account_not_found`.
  Result<const Row*> existing(const std::string& code);

  /// Counts a line, or takes it out again. `add` opens an account that is not there, as the chart
  /// says. Errors: Internal `wrong_currency`; Invalid `amount_too_large`.
  Status add(const pb::Line& line, bool pending) { return change(line, pending, true); }
  Status take(const pb::Line& line, bool pending) { return change(line, pending, false); }

  /// Checks the limits and writes accounts and history. Errors: Rejected `insufficient_funds`
  /// (merchants), `exceeds_credits`, `exceeds_debits`; of several accounts the first by code.
  Status finish(const pb::Entry& entry);

 private:
  Result<Row*> row(const std::string& code, const std::string& currency);
  Status change(const pb::Line& line, bool pending, bool add);

  State& state_;
  std::map<std::string, Row> rows_;
};

}  // namespace settled::ledger
