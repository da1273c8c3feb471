#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/records.pb.h"
#include "ledger/store/store.hpp"
#include "ledger/types/id.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/signed_amount.hpp"
#include "ledger/types/time.hpp"

namespace settled::ledger::reports {

/// What a line of a statement is about, for its totals.
enum class StatementPart { Payments, Fees, Refunds, Payouts, Adjustments };
inline constexpr std::size_t kStatementParts = 5;

/// An account's balance on its natural side: credits less debits of a liability, equity or income
/// account, debits less credits of the others.
struct StatementBalance {
  SignedAmount posted;
  SignedAmount available;  ///< less what is pending on the other side (of a merchant: reserved)
  bool operator==(const StatementBalance&) const = default;
};
/// Error: Corrupt.
Result<StatementBalance> balance_on(std::string_view account, const pb::Counters& counters);

/// One posted line of an entry on the account.
struct StatementLine {
  EntryId entry;
  std::uint64_t sequence = 0;
  Time time;
  std::string kind;
  std::string subject;
  std::string reference;
  std::string description;
  StatementPart part = StatementPart::Adjustments;
  SignedAmount amount;     ///< above zero: on the account's natural side
  SignedAmount balance;    ///< posted, after this line
  SignedAmount available;  ///< after the line's whole entry
};

inline constexpr std::size_t kMaxStatementEntries = 1'000;

struct StatementRequest {
  std::string account;  ///< code; of an account that has no entries the statement is empty
  Time from;            ///< included
  Time until;           ///< not included
  std::optional<std::string> after;  ///< raw id of the entry that the page before ended with
  std::size_t limit = kMaxStatementEntries;  ///< entries that are looked at, holds too
};

/// A page of a statement is a statement in itself: opening balance plus lines is closing balance,
/// and the next page opens with what this one closed with. Holds and their ends move no posted
/// money: they are no lines and show in `available` alone.
struct Statement {
  StatementBalance opening;
  StatementBalance closing;
  std::vector<StatementLine> lines;                  ///< in the order of the entries
  std::array<SignedAmount, kStatementParts> totals;  ///< by StatementPart; they sum to the change
  std::optional<EntryId> next;  ///< where there are more entries: the last that was looked at
};

/// Reads the account's history from `from` on and nothing before it. The lines come from the
/// entries and the balances from the history, each checked against the other.
/// REQUIRES: `from` <= `until`, `limit` in 1..kMaxStatementEntries. Errors: Invalid
/// `invalid_cursor` where `after` is no entry of the account in that time; Corrupt
/// `statement_does_not_add_up`, `corrupt_record`.
Result<Statement> statement(const store::Reader& reader, const StatementRequest& request);

}  // namespace settled::ledger::reports
