#pragma once

#include <cstddef>
#include <string_view>

#include "ledger/commands.pb.h"
#include "ledger/state.hpp"

/// The journal: entries that people and other programs ask for, beside those that the book makes of
/// what it sees. Accounts of their own, lines at once or held, and the end of a hold.
///
/// Whoever asks names each entry by a `reference`, unique for ever. The same one again is the same
/// request: if every field is as it was, the entry that it made is the answer and nothing changes;
/// else Conflict `exists_with_different_<field>`. A refusal leaves no trace and uses no reference
/// up: that a refused request stays refused is what idempotency keys are for.
///
/// Each function names its errors in the order in which they are told: each is looked for in all
/// lines before the next is.
namespace settled::ledger {

/// Of one entry. A limit on what one command may cost.
inline constexpr int kMostLines = 100;
/// Of one PostEntries, and of the lines of all its entries.
inline constexpr int kMostEntries = 1'000;
inline constexpr int kMostLinesOfAll = 2'000;
/// Of a name by which a client refers to an entry: letters, digits and `_ - . : /`.
inline constexpr std::size_t kLongestReference = 64;
/// Lower-case letters, digits, `_` and `.`; stored behind `journal.`.
inline constexpr std::size_t kLongestKind = 64;
/// In bytes, of an entry or an account.
inline constexpr std::size_t kLongestDescription = 1'000;
/// Ten years.
inline constexpr std::int64_t kLongestTimeoutMs = 315'360'000'000;
/// What one ExpireHolds may end.
inline constexpr std::uint32_t kMostExpiredAtOnce = 1'000;

/// Invalid `invalid_code`, `invalid_currency`, `invalid_limits` (both sides at once; any on income
/// and expense, which the close of a period moves either way), `invalid_clearing` (the flag and the
/// code's prefix must agree), `invalid_description`; Rejected `account_reserved`; Conflict
/// `exists_with_different_currency`, `_limits`, `_description`.
Result<pb::Reply> apply(State& state, const pb::OpenAccount& command);

/// For ever, and of nothing but what OpenAccount made; what is closed already is the answer. From
/// then on no line is added; its holds can be voided and expire, not be posted. NotFound
/// `account_not_found`; Conflict `account_of_system`, `account_not_zero` (posted).
Result<pb::Reply> apply(State& state, const pb::CloseAccount& command);

/// Invalid `invalid_reference`, `invalid_kind`, `invalid_description`, `invalid_timeout`,
/// `invalid_lines` (their number), `invalid_amount`, `amount_too_large` (of a line),
/// `duplicate_account`; Conflict `exists_with_different_operation`, `_pending`, `_timeout`,
/// `_lines` (their number),
/// `_account`, `_side`, `_amount`, `_currency`, `_kind`, `_description`;
/// NotFound `account_not_found`; Rejected `account_follows_chain`; Conflict `account_closed`;
/// Invalid `wrong_currency`, `unbalanced_entry`, `amount_too_large`; Rejected, the first account by
/// code that is short, `insufficient_funds`, `exceeds_credits` or `exceeds_debits`.
Result<pb::Reply> apply(State& state, const pb::PostEntry& command);

/// Each as PostEntry, in order, on top of those before it; all of them or none. Invalid
/// `invalid_entries` (their number, or that of all their lines); then those of the first entry that
/// is refused, whose place stands in `param`: `entries[3].lines`. `Reply.ids` are the entries'.
Result<pb::Reply> apply(State& state, const pb::PostEntries& command);

/// Invalid `invalid_reference`, `invalid_amounts` (none above zero, too many);
/// Conflict `exists_with_different_operation`, `_hold`, `_amount`;
/// NotFound `hold_not_found`; Conflict `hold_of_system`, `hold_posted`, `hold_voided`,
/// `hold_expired`; Invalid `amounts_mismatch` (their number); Rejected `exceeds_hold`;
/// Conflict `account_closed`; Invalid `unbalanced_entry`.
Result<pb::Reply> apply(State& state, const pb::PostHold& command);

/// Invalid `invalid_reference`; Conflict `exists_with_different_operation`, `_hold`;
/// NotFound `hold_not_found`; Conflict `hold_of_system`, `hold_posted`, `hold_voided`,
/// `hold_expired`.
Result<pb::Reply> apply(State& state, const pb::VoidHold& command);

/// Invalid `invalid_limit` (1..1,000).
Result<pb::Reply> apply(State& state, const pb::ExpireHolds& command);

/// What has become of a hold. One that is due is `Pending` until ExpireHolds has run, yet can be
/// neither posted nor voided.
enum class HoldStatus { Pending, Posted, Voided, Expired };
/// `resolved_by`: the entry that the hold names; anything where it names none. Pure.
HoldStatus status_of(const pb::Hold& hold, const pb::Entry& resolved_by);
/// Of the hold that a PENDING entry made. Any thread. Error: Corrupt.
Result<HoldStatus> hold_status(const store::Reader& reader, const pb::Entry& entry);

}  // namespace settled::ledger
