#include "ledger/statement.hpp"

#include "ledger/accounts.hpp"
#include "ledger/keys.hpp"

namespace settled::ledger::reports {
namespace {

std::unexpected<Error> does_not_add_up(std::string_view account, std::string_view entry) {
  return fail(Errc::Corrupt, "statement_does_not_add_up",
              "the lines of " + EntryId::from_raw(entry).to_string() + " on " +
                  std::string(account) + " are not what its history says");
}

bool counts_credits(std::string_view account) {
  return account.starts_with("liability:") || account.starts_with("equity:") ||
         account.starts_with("income:");
}

SignedAmount on_natural_side(std::string_view account, Amount debits, Amount credits) {
  return counts_credits(account) ? SignedAmount::between(credits, debits)
                                 : SignedAmount::between(debits, credits);
}

/// Rows of [from, to), at most `limit`, ascending or descending.
Result<std::vector<pb::HistoryRow>> history(const store::Reader& reader, const std::string& from,
                                            const std::string& to, std::size_t limit,
                                            bool descending) {
  std::vector<pb::HistoryRow> out;
  Status failed;
  const auto visit = [&](std::string_view, std::string_view value) {
    auto row = parse_record<pb::HistoryRow>(value);
    if (!row) {
      failed = std::unexpected(row.error());
      return false;
    }
    out.push_back(*std::move(row));
    return out.size() < limit;
  };
  TRY_OK(descending ? reader.scan_reverse(from, to, visit) : reader.scan(from, to, visit));
  TRY_OK(failed);
  return out;
}

/// Where the page begins in the account's history.
Result<std::string> first_key(const store::Reader& reader, const StatementRequest& request) {
  const std::string from = keys::account_history(request.account, request.from, 0);
  if (!request.after) return from;
  const auto unknown = [] {
    return fail(Errc::Invalid, "invalid_cursor", "no entry of this statement");
  };
  TRY(const auto entry, read_record<pb::Entry>(reader, keys::entry(*request.after)));
  if (!entry) return unknown();
  std::string key =
      keys::account_history(request.account, from_ms(entry->created()), entry->sequence());
  TRY(const auto row, reader.get(key));
  if (!row || key < from || entry->created() >= to_ms(request.until)) return unknown();
  key.push_back('\0');
  return key;
}

Result<StatementPart> part_of(const store::Reader& reader, const pb::Entry& entry,
                              const pb::Line& line) {
  const std::string_view kind = entry.kind();
  if (kind.starts_with("fee.")) return StatementPart::Fees;
  if (kind.starts_with("transfer.") && line.credit()) return StatementPart::Payments;
  const auto payout_id = PayoutId::parse(entry.subject());
  if (!kind.starts_with("payout.") || !payout_id) return StatementPart::Adjustments;
  TRY(const auto payout, read_record<pb::Payout>(reader, keys::payout(payout_id->raw())));
  return payout && !payout->refund().empty() ? StatementPart::Refunds : StatementPart::Payouts;
}

/// Adds one entry's posted lines and holds them against the counters that it left behind.
Status add_entry(const store::Reader& reader, const StatementRequest& request,
                 const pb::HistoryRow& row, Statement& out) {
  TRY(const auto entry, read_record<pb::Entry>(reader, keys::entry(row.entry())));
  if (!entry) return fail(Errc::Corrupt, "corrupt_record", "an index names no entry");
  TRY(const StatementBalance after, balance_on(request.account, row.counters()));
  SignedAmount balance = out.closing.posted;
  if (entry->phase() == pb::POSTED) {
    for (const pb::Line& line : entry->lines()) {
      if (line.account() != request.account) continue;
      TRY(const Amount size, Amount::from_stored(line.amount()));
      const SignedAmount amount =
          SignedAmount::of(size, line.credit() != counts_credits(request.account));
      TRY(balance, balance.plus(amount));
      TRY(const StatementPart part, part_of(reader, *entry, line));
      SignedAmount& total = out.totals.at(static_cast<std::size_t>(part));
      TRY(total, total.plus(amount));
      out.lines.push_back({EntryId::from_raw(entry->id()), entry->sequence(),
                           from_ms(entry->created()), entry->kind(), entry->subject(),
                           entry->reference(), entry->description(), part, amount, balance,
                           after.available});
    }
  }
  if (balance != after.posted) return does_not_add_up(request.account, row.entry());
  out.closing = after;
  return {};
}

Status check_totals(const StatementRequest& request, const Statement& statement) {
  SignedAmount sum = statement.opening.posted;
  for (const SignedAmount& total : statement.totals) {
    TRY(sum, sum.plus(total));
  }
  if (sum == statement.closing.posted) return {};
  return fail(Errc::Corrupt, "statement_does_not_add_up", "the totals of " + request.account);
}

}  // namespace

Result<StatementBalance> balance_on(std::string_view account, const pb::Counters& counters) {
  TRY(const CounterAmounts at, amounts_of(counters));
  StatementBalance out;
  out.posted = on_natural_side(account, at.debits_posted, at.credits_posted);
  const Amount taken = counts_credits(account) ? at.debits_pending : at.credits_pending;
  TRY(out.available, out.posted.minus(SignedAmount::of(taken, false)));
  return out;
}

Result<Statement> statement(const store::Reader& reader, const StatementRequest& request) {
  INVARIANT(request.limit > 0 && request.limit <= kMaxStatementEntries);
  INVARIANT(request.from <= request.until);
  TRY(const std::string from, first_key(reader, request));
  const std::string until = keys::account_history(request.account, request.until, 0);
  Statement out;
  TRY(const auto before, history(reader, keys::account_history(request.account), from, 1, true));
  if (!before.empty()) {
    TRY(out.opening, balance_on(request.account, before.front().counters()));
  }
  out.closing = out.opening;
  TRY(auto rows, history(reader, from, until, request.limit + 1, false));
  if (rows.size() > request.limit) {
    rows.pop_back();
    out.next = EntryId::from_raw(rows.back().entry());
  }
  for (const pb::HistoryRow& row : rows) TRY_OK(add_entry(reader, request, row, out));
  TRY_OK(check_totals(request, out));
  return out;
}

}  // namespace settled::ledger::reports
