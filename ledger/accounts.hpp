#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/state.hpp"

namespace settled::ledger {

/// An account is named by its code and counts one currency. The first word of the code is its type:
/// `asset:`, `liability:`, `equity:`, `income:`, `expense:`.
struct AccountRef {
  std::string code;
  std::string currency;
};

/// The chart of accounts: the only place that spells a code.
namespace chart {
/// What the book owes a merchant. Credits pending: confirmed, not final. Debits pending: reserved
/// for payouts. Debits, pending ones included, never exceed posted credits.
AccountRef merchant(std::string_view merchant_id, std::string_view currency);
/// Prefix of all accounts of a merchant.
std::string merchant_prefix(std::string_view merchant_id);
/// Money that came in and is nobody's yet, by reason: `late`, `canceled`, `no_intent`, ...
AccountRef suspense(std::string_view reason, std::string_view currency);
/// Tokens on deposit addresses.
AccountRef deposits(std::string_view chain, std::string_view token, std::string_view currency);
/// Tokens, or native currency, of a signer.
AccountRef wallet(std::string_view signer, std::string_view chain, std::string_view token,
                  std::string_view currency);
AccountRef opening(std::string_view currency);
AccountRef treasury(std::string_view currency);
AccountRef network_fees(std::string_view currency);
/// What merchants were charged.
AccountRef fees(std::string_view currency);
/// What closed periods earned.
AccountRef retained_earnings(std::string_view currency);

/// By the first word of a code; nothing where it is none of the five.
std::optional<pb::AccountType> type_of(std::string_view code);
bool is_merchants(std::string_view code);
/// Counts what is on the chain: moved by what was seen there alone, never by hand.
bool follows_chain(std::string_view code);
/// The system makes and uses such accounts itself: nobody opens or closes them by hand.
bool is_of_system(std::string_view code);
/// `asset:clearing:...`, `liability:clearing:...`: accounts that money only passes through.
bool is_clearing(std::string_view code);
/// The prefixes of `is_clearing`.
extern const std::array<std::string_view, 2> kClearing;
}  // namespace chart

struct Posting {
  AccountRef account;
  bool credit = false;
  Amount amount;
};

inline Posting debit(AccountRef account, Amount amount) {
  return {std::move(account), false, amount};
}
inline Posting credit(AccountRef account, Amount amount) {
  return {std::move(account), true, amount};
}

/// What a merchant reads of its account.
struct Balance {
  Amount available;
  Amount pending;
  Amount reserved;
};
Result<Balance> balance_of(const pb::Account& account);

struct CounterAmounts {
  Amount debits_posted;
  Amount credits_posted;
  Amount debits_pending;
  Amount credits_pending;
};
/// Error: Corrupt.
Result<CounterAmounts> amounts_of(const pb::Counters& counters);

/// Whether debits equal credits in every currency. Errors: Corrupt; Invalid `amount_too_large`.
Result<bool> is_balanced(const pb::Entry& entry);

/// The three ways money moves. Each makes one immutable entry whose lines sum to zero in every
/// currency (else Internal `unbalanced_entry`), changes the accounts' counters and keeps their
/// history. Accounts come to be with their first line. Errors: Rejected `insufficient_funds` and
/// its kin where a limit would be exceeded; Invalid `amount_too_large`.

/// Posts at once. Returns the entry's id.
Result<EntryId> post(State& state, std::string_view kind, std::string_view subject,
                     const std::vector<Posting>& lines);
/// Counts the lines as pending until the hold is posted or voided. Returns the hold's id.
Result<EntryId> hold(State& state, std::string_view kind, std::string_view subject,
                     const std::vector<Posting>& lines);
/// Ends a hold: its lines stop being pending and are posted, `extra` lines with them.
/// Error: Conflict `hold_resolved`.
Result<EntryId> post_hold(State& state, std::string_view hold_id, std::string_view kind,
                          std::string_view subject, const std::vector<Posting>& extra = {});
/// Ends a hold without effect on posted counters. Error: Conflict `hold_resolved`.
Result<EntryId> void_hold(State& state, std::string_view hold_id, std::string_view kind,
                          std::string_view subject);

class TouchedAccounts;

/// The same for an entry that is drawn up already: all of it but id, number, time, phase and hold,
/// which are given to it here. `touched` may have its accounts in hand.
Result<pb::Entry> post(State& state, pb::Entry draft, TouchedAccounts touched);
/// The hold is the journal's where the draft has a reference.
Result<pb::Entry> hold(State& state, pb::Entry draft, TouchedAccounts touched);
/// The draft's lines are what is posted: of `held`, the hold's entry, or of a part of it.
Result<pb::Entry> post_hold(State& state, const pb::Entry& held, pb::Entry draft);
/// The draft's lines become those of `held`.
Result<pb::Entry> void_hold(State& state, const pb::Entry& held, pb::Entry draft);

}  // namespace settled::ledger
