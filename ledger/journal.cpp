#include "ledger/journal.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "ledger/accounts.hpp"
#include "ledger/journal_form.hpp"
#include "ledger/keys.hpp"
#include "ledger/touched_accounts.hpp"

namespace settled::ledger {
namespace {

constexpr std::string_view kHoldPosted = "hold.posted";
constexpr std::string_view kHoldVoided = "hold.voided";
constexpr std::string_view kHoldExpired = "hold.expired";

/// A counter may be filled to the half by hand. The other half is the chain's: what people book
/// must never make a payment fail that was seen there.
constexpr Amount kMostByHand = Amount::from_units(uint128{1} << 127U);

pb::Reply answer(pb::Entry entry) {
  pb::Reply reply;
  *reply.mutable_entry() = std::move(entry);
  return reply;
}

pb::Reply answer(pb::Account account) {
  pb::Reply reply;
  *reply.mutable_account() = std::move(account);
  return reply;
}

Result<std::optional<pb::Entry>> by_reference(const State& state, const std::string& reference) {
  TRY(const auto id, state.index(keys::entry_reference(reference)));
  if (!id) return std::optional<pb::Entry>{};
  TRY(auto entry, state.get<pb::Entry>(keys::entry(*id)));
  return std::optional<pb::Entry>(std::move(entry));
}

pb::Reply refer(State& state, pb::Entry entry) {
  state.put_index(keys::entry_reference(entry.reference()), entry.id());
  return answer(std::move(entry));
}

/// Checks the accounts of a new entry, and gives its lines their currencies.
Status check_accounts(pb::Entry& draft, TouchedAccounts& touched) {
  for (const pb::Line& line : draft.lines()) TRY_OK(touched.existing(line.account()));
  for (const pb::Line& line : draft.lines()) {
    if (chart::follows_chain(line.account())) {
      return fail(Errc::Rejected, "account_follows_chain",
                  line.account() + " counts what is on the chain and is moved by that alone");
    }
  }
  for (const pb::Line& line : draft.lines()) {
    TRY(const auto* row, touched.existing(line.account()));
    if (row->account.closed() != 0) {
      return fail(Errc::Conflict, "account_closed", line.account() + " is closed");
    }
  }
  for (pb::Line& line : *draft.mutable_lines()) {
    TRY(const auto* row, touched.existing(line.account()));
    if (!line.currency().empty() && line.currency() != row->account.currency()) {
      return fail(Errc::Invalid, "wrong_currency",
                  line.account() + " counts " + row->account.currency(), "lines");
    }
    line.set_currency(row->account.currency());
  }
  return {};
}

Status check_sums(const pb::Entry& draft) {
  TRY(const bool balanced, is_balanced(draft));
  if (balanced) return {};
  return fail(Errc::Invalid, "unbalanced_entry",
              "the debits must equal the credits in every currency", "lines");
}

/// What is pending counts as if it were posted, so that no hold can become impossible to post.
Status check_room(const pb::Entry& draft, TouchedAccounts& touched) {
  for (const pb::Line& line : draft.lines()) {
    TRY(const auto* row, touched.existing(line.account()));
    const CounterAmounts& at = row->amounts;
    TRY(const Amount amount, amount_of(line.amount()));
    TRY(const Amount before, line.credit() ? at.credits_posted.plus(at.credits_pending)
                                           : at.debits_posted.plus(at.debits_pending));
    TRY(const Amount after, before.plus(amount));
    if (after > kMostByHand) {
      return fail(Errc::Invalid, "amount_too_large", line.account() + " cannot count so much",
                  "lines");
    }
  }
  return {};
}

/// A hold of the journal's that can still be ended by whoever asks.
Result<pb::Entry> open_hold(const State& state, std::string_view id) {
  TRY(const auto hold, state.find<pb::Hold>(keys::hold(id)));
  if (!hold) return fail(Errc::NotFound, "hold_not_found", "there is no such hold");
  if (!hold->journal()) {
    return fail(Errc::Conflict, "hold_of_system", "the system ends this hold itself");
  }
  TRY(auto held, state.get<pb::Entry>(keys::entry(id)));
  const bool is_due = held.expires_at() != 0 && to_ms(state.now()) >= held.expires_at();
  if (hold->resolved_by().empty() && !is_due) return held;
  pb::Entry resolved_by;
  if (!hold->resolved_by().empty()) {
    TRY(resolved_by, state.get<pb::Entry>(keys::entry(hold->resolved_by())));
  }
  switch (status_of(*hold, resolved_by)) {
    case HoldStatus::Posted:
      return fail(Errc::Conflict, "hold_posted", "the hold was posted before");
    case HoldStatus::Voided:
      return fail(Errc::Conflict, "hold_voided", "the hold was voided before");
    case HoldStatus::Expired:
    case HoldStatus::Pending:
      break;
  }
  return fail(Errc::Conflict, "hold_expired", "the hold's time is over");
}

/// The lines of `held` with the amounts that are to be posted; what gets nothing is left out.
Result<pb::Entry> part_of(const pb::Entry& held, const pb::PostHold& command) {
  pb::Entry draft;
  draft.set_kind(std::string(kHoldPosted));
  draft.set_subject(EntryId::from_raw(held.id()).to_string());
  draft.set_reference(command.reference());
  if (command.amounts().empty()) {
    *draft.mutable_lines() = held.lines();
    return draft;
  }
  if (command.amounts_size() != held.lines_size()) {
    return fail(Errc::Invalid, "amounts_mismatch", "there must be one amount for each line",
                "amounts");
  }
  for (int i = 0; i < held.lines_size(); ++i) {
    TRY(const Amount amount, amount_of(command.amounts(i)));
    TRY(const Amount most, amount_of(held.lines(i).amount()));
    if (amount > most) {
      return fail(Errc::Rejected, "exceeds_hold", "more than the hold has", "amounts");
    }
    if (amount.is_zero()) continue;
    pb::Line& line = *draft.add_lines();
    line = held.lines(i);
    line.set_amount(amount.stored());
  }
  return draft;
}

}  // namespace

HoldStatus status_of(const pb::Hold& hold, const pb::Entry& resolved_by) {
  if (hold.resolved_by().empty()) return HoldStatus::Pending;
  if (resolved_by.phase() == pb::POSTED) return HoldStatus::Posted;
  return resolved_by.kind() == kHoldExpired ? HoldStatus::Expired : HoldStatus::Voided;
}

Result<HoldStatus> hold_status(const store::Reader& reader, const pb::Entry& entry) {
  TRY(const auto hold, read_record<pb::Hold>(reader, keys::hold(entry.id())));
  if (!hold) return fail(Errc::Corrupt, "corrupt_record", "a hold is missing");
  if (hold->resolved_by().empty()) return HoldStatus::Pending;
  TRY(const auto by, read_record<pb::Entry>(reader, keys::entry(hold->resolved_by())));
  if (!by) return fail(Errc::Corrupt, "corrupt_record", "a hold names no entry");
  return status_of(*hold, *by);
}

Result<pb::Reply> apply(State& state, const pb::OpenAccount& command) {
  TRY_OK(check_form(command));
  if (chart::is_of_system(command.code())) {
    return fail(Errc::Rejected, "account_reserved", "the system makes such accounts itself",
                "code");
  }
  TRY(auto existing, state.find<pb::Account>(keys::account(command.code())));
  if (existing) {
    TRY_OK(check_same(*existing, command));
    return answer(*std::move(existing));
  }
  const auto type = chart::type_of(command.code());
  INVARIANT(type.has_value());
  pb::Account account;
  account.set_code(command.code());
  account.set_type(*type);
  account.set_currency(command.currency());
  account.set_debits_must_not_exceed_credits(command.debits_must_not_exceed_credits());
  account.set_credits_must_not_exceed_debits(command.credits_must_not_exceed_debits());
  account.set_must_return_to_zero(command.must_return_to_zero());
  account.set_description(command.description());
  account.set_created(to_ms(state.now()));
  state.put(keys::account(account.code()), account);
  return answer(std::move(account));
}

Result<pb::Reply> apply(State& state, const pb::CloseAccount& command) {
  TRY(auto account, state.find<pb::Account>(keys::account(command.code())));
  if (!account) return fail(Errc::NotFound, "account_not_found", "there is no such account");
  if (chart::is_of_system(account->code())) {
    return fail(Errc::Conflict, "account_of_system", "the system needs this account");
  }
  if (account->closed() != 0) return answer(*std::move(account));
  TRY(const CounterAmounts at, amounts_of(account->counters()));
  if (at.debits_posted != at.credits_posted) {
    return fail(Errc::Conflict, "account_not_zero",
                "what is on the account would stay there for ever");
  }
  account->set_closed(to_ms(state.now()));
  state.put(keys::account(account->code()), *account);
  return answer(*std::move(account));
}

Result<pb::Reply> apply(State& state, const pb::PostEntry& command) {
  TRY_OK(check_form(command));
  TRY(auto existing, by_reference(state, command.reference()));
  if (existing) {
    TRY_OK(check_same(*existing, command));
    return answer(*std::move(existing));
  }
  pb::Entry draft;
  draft.set_kind(stored_kind(command.kind()));
  draft.set_reference(command.reference());
  draft.set_description(command.description());
  *draft.mutable_lines() = command.lines();
  TouchedAccounts touched(state);
  TRY_OK(check_accounts(draft, touched));
  TRY_OK(check_sums(draft));
  TRY_OK(check_room(draft, touched));
  if (!command.pending()) {
    TRY(auto posted, post(state, std::move(draft), std::move(touched)));
    return refer(state, std::move(posted));
  }
  if (command.timeout_ms() != 0) draft.set_expires_at(to_ms(state.now()) + command.timeout_ms());
  TRY(auto held, hold(state, std::move(draft), std::move(touched)));
  return refer(state, std::move(held));
}

Result<pb::Reply> apply(State& state, const pb::PostEntries& command) {
  int lines = 0;
  for (const pb::PostEntry& entry : command.entries()) lines += entry.lines_size();
  if (command.entries().empty() || command.entries_size() > kMostEntries ||
      lines > kMostLinesOfAll) {
    return fail(Errc::Invalid, "invalid_entries", "1 to 1,000 entries of 2,000 lines in all",
                "entries");
  }
  pb::Reply reply;
  for (int i = 0; i < command.entries_size(); ++i) {
    auto one = apply(state, command.entries(i));
    if (!one) {
      Error error = std::move(one).error();
      error.param =
          "entries[" + std::to_string(i) + "]" + (error.param.empty() ? "" : ".") + error.param;
      return std::unexpected(std::move(error));
    }
    reply.add_ids(one->entry().id());
  }
  return reply;
}

Result<pb::Reply> apply(State& state, const pb::PostHold& command) {
  TRY_OK(check_form(command));
  TRY(auto existing, by_reference(state, command.reference()));
  if (existing) {
    TRY_OK(check_same_end(*existing, command.hold(), pb::POSTED));
    TRY(const auto held, state.get<pb::Entry>(keys::entry(command.hold())));
    TRY_OK(check_same_part(*existing, held, command));
    return answer(*std::move(existing));
  }
  TRY(const auto held, open_hold(state, command.hold()));
  TRY(auto draft, part_of(held, command));
  TouchedAccounts touched(state);
  TRY_OK(check_accounts(draft, touched));
  TRY_OK(check_sums(draft));
  TRY(auto posted, post_hold(state, held, std::move(draft)));
  return refer(state, std::move(posted));
}

Result<pb::Reply> apply(State& state, const pb::VoidHold& command) {
  TRY_OK(check_form(command));
  TRY(auto existing, by_reference(state, command.reference()));
  if (existing) {
    TRY_OK(check_same_end(*existing, command.hold(), pb::VOIDED));
    return answer(*std::move(existing));
  }
  TRY(const auto held, open_hold(state, command.hold()));
  pb::Entry draft;
  draft.set_kind(std::string(kHoldVoided));
  draft.set_subject(EntryId::from_raw(held.id()).to_string());
  draft.set_reference(command.reference());
  TRY(auto voided, void_hold(state, held, std::move(draft)));
  return refer(state, std::move(voided));
}

Result<pb::Reply> apply(State& state, const pb::ExpireHolds& command) {
  if (command.limit() == 0 || command.limit() > kMostExpiredAtOnce) {
    return fail(Errc::Invalid, "invalid_limit", "1 to 1,000", "limit");
  }
  const std::string from = keys::hold_expiry(Time{}, {});
  const std::string to = keys::hold_expiry(state.now() + std::chrono::milliseconds{1}, {});
  TRY(const auto due, state.range(from, to, command.limit()));
  pb::Reply reply;
  for (const auto& [key, unused] : due) {
    TRY(const auto id, keys::last_id(key, from.size()));
    TRY(const auto held, state.get<pb::Entry>(keys::entry(id)));
    pb::Entry draft;
    draft.set_kind(std::string(kHoldExpired));
    draft.set_subject(EntryId::from_raw(held.id()).to_string());
    TRY_OK(void_hold(state, held, std::move(draft)));
    reply.set_count(reply.count() + 1);
  }
  return reply;
}

}  // namespace settled::ledger
