#include "ledger/accounts.hpp"

#include <map>

#include "ledger/keys.hpp"

namespace settled::ledger {
namespace {

std::string join(std::initializer_list<std::string_view> words) {
  std::string out;
  for (const std::string_view word : words) {
    if (!out.empty()) out.push_back(':');
    out.append(word);
  }
  return out;
}

constexpr std::string_view kMerchants = "liability:merchants";

pb::AccountType type_of(std::string_view code) {
  const std::string_view word = code.substr(0, code.find(':'));
  if (word == "asset") return pb::ASSET;
  if (word == "liability") return pb::LIABILITY;
  if (word == "equity") return pb::EQUITY;
  if (word == "income") return pb::INCOME;
  INVARIANT(word == "expense");
  return pb::EXPENSE;
}

Result<pb::Account> open_account(State& state, const std::string& code,
                                 const std::string& currency) {
  TRY(auto found, state.find<pb::Account>(keys::account(code)));
  if (found) return *std::move(found);
  pb::Account account;
  account.set_code(code);
  account.set_type(type_of(code));
  account.set_currency(currency);
  account.set_debits_must_not_exceed_credits(code.starts_with(kMerchants));
  account.set_created(to_ms(state.now()));
  return account;
}

pb::Counters stored(const CounterAmounts& amounts) {
  pb::Counters counters;
  counters.set_debits_posted(amounts.debits_posted.stored());
  counters.set_credits_posted(amounts.credits_posted.stored());
  counters.set_debits_pending(amounts.debits_pending.stored());
  counters.set_credits_pending(amounts.credits_pending.stored());
  return counters;
}

/// The accounts that an entry touches, each read once and written once.
class Touched {
 public:
  explicit Touched(State& state) : state_(state) {}

  Status add(const pb::Line& line, bool pending) { return change(line, pending, true); }
  Status take(const pb::Line& line, bool pending) { return change(line, pending, false); }

  /// Checks the limits on what all lines together leave behind, then writes.
  Status finish(const pb::Entry& entry) {
    for (auto& [code, row] : rows_) {
      if (row.account.debits_must_not_exceed_credits() && row.debited) {
        TRY(const Amount debits, row.amounts.debits_posted.plus(row.amounts.debits_pending));
        if (debits > row.amounts.credits_posted) {
          return fail(Errc::Rejected, "insufficient_funds",
                      "the available balance does not cover the amount");
        }
      }
      *row.account.mutable_counters() = stored(row.amounts);
      state_.put(keys::account(code), row.account);
      pb::HistoryRow history;
      history.set_entry(entry.id());
      *history.mutable_counters() = row.account.counters();
      state_.put(keys::account_history(code, from_ms(entry.created()), entry.sequence()), history);
    }
    return {};
  }

 private:
  struct Row {
    pb::Account account;
    CounterAmounts amounts;
    bool debited = false;
  };

  Status change(const pb::Line& line, bool pending, bool add) {
    auto at = rows_.find(line.account());
    if (at == rows_.end()) {
      TRY(auto account, open_account(state_, line.account(), line.currency()));
      TRY(const CounterAmounts amounts, amounts_of(account.counters()));
      at = rows_.emplace(line.account(), Row{std::move(account), amounts}).first;
    }
    Row& row = at->second;
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
    return {};
  }

  State& state_;
  std::map<std::string, Row> rows_;
};

Status check_balanced(const pb::Entry& entry) {
  std::map<std::string, std::pair<Amount, Amount>> sums;
  for (const pb::Line& line : entry.lines()) {
    auto& [debits, credits] = sums[line.currency()];
    TRY(const Amount amount, Amount::from_stored(line.amount()));
    Amount& side = line.credit() ? credits : debits;
    TRY(side, side.plus(amount));
  }
  for (const auto& [currency, sides] : sums) {
    if (sides.first != sides.second) {
      return fail(Errc::Internal, "unbalanced_entry", "debits and credits of " + currency);
    }
  }
  return {};
}

pb::Entry new_entry(State& state, std::string_view kind, std::string_view subject,
                    pb::Phase phase) {
  pb::Entry entry;
  entry.set_id(state.new_id().raw());
  entry.set_sequence(state.head().entry_sequence() + 1);
  state.head().set_entry_sequence(entry.sequence());
  entry.set_created(to_ms(state.now()));
  entry.set_kind(std::string(kind));
  entry.set_subject(std::string(subject));
  entry.set_phase(phase);
  return entry;
}

void add_lines(pb::Entry& entry, const std::vector<Posting>& postings) {
  for (const Posting& posting : postings) {
    if (posting.amount.is_zero()) continue;
    pb::Line& line = *entry.add_lines();
    line.set_account(posting.account.code);
    line.set_currency(posting.account.currency);
    line.set_credit(posting.credit);
    line.set_amount(posting.amount.stored());
  }
}

Result<EntryId> write_entry(State& state, const pb::Entry& entry, Touched& touched) {
  TRY_OK(check_balanced(entry));
  TRY_OK(touched.finish(entry));
  state.put(keys::entry(entry.id()), entry);
  return EntryId::from_raw(entry.id());
}

/// Marks the hold as resolved by `entry` and takes its lines out of the pending counters.
Result<pb::Entry> resolve(State& state, std::string_view hold_id, const pb::Entry& by,
                          Touched& touched) {
  TRY(auto held, state.get<pb::Hold>(keys::hold(hold_id)));
  if (!held.resolved_by().empty()) {
    return fail(Errc::Conflict, "hold_resolved", "the hold was posted or voided before");
  }
  TRY(auto original, state.get<pb::Entry>(keys::entry(hold_id)));
  held.set_resolved_by(by.id());
  state.put(keys::hold(hold_id), held);
  for (const pb::Line& line : original.lines()) TRY_OK(touched.take(line, true));
  return original;
}

}  // namespace

namespace chart {

AccountRef merchant(std::string_view merchant_id, std::string_view currency) {
  return {join({kMerchants, merchant_id, currency}), std::string(currency)};
}
std::string merchant_prefix(std::string_view merchant_id) {
  return join({kMerchants, merchant_id}) + ":";
}
AccountRef suspense(std::string_view reason, std::string_view currency) {
  return {join({"liability:suspense", reason, currency}), std::string(currency)};
}
AccountRef deposits(std::string_view chain, std::string_view token, std::string_view currency) {
  return {join({"asset:deposits", chain, token}), std::string(currency)};
}
AccountRef wallet(std::string_view signer, std::string_view chain, std::string_view token,
                  std::string_view currency) {
  return {join({"asset:wallets", signer, chain, token}), std::string(currency)};
}
AccountRef opening(std::string_view currency) {
  return {join({"equity:opening", currency}), std::string(currency)};
}
AccountRef treasury(std::string_view currency) {
  return {join({"equity:treasury", currency}), std::string(currency)};
}
AccountRef network_fees(std::string_view currency) {
  return {join({"expense:network_fees", currency}), std::string(currency)};
}
AccountRef retained_earnings(std::string_view currency) {
  return {join({"equity:retained_earnings", currency}), std::string(currency)};
}
AccountRef fees(std::string_view currency) {
  return {join({"income:fees", currency}), std::string(currency)};
}

}  // namespace chart

Result<CounterAmounts> amounts_of(const pb::Counters& counters) {
  CounterAmounts out;
  TRY(out.debits_posted, amount_of(counters.debits_posted()));
  TRY(out.credits_posted, amount_of(counters.credits_posted()));
  TRY(out.debits_pending, amount_of(counters.debits_pending()));
  TRY(out.credits_pending, amount_of(counters.credits_pending()));
  return out;
}

Result<Balance> balance_of(const pb::Account& account) {
  TRY(const CounterAmounts amounts, amounts_of(account.counters()));
  TRY(const Amount used, amounts.debits_posted.plus(amounts.debits_pending));
  TRY(const Amount available, amounts.credits_posted.minus(used));
  return Balance{available, amounts.credits_pending, amounts.debits_pending};
}

Result<EntryId> post(State& state, std::string_view kind, std::string_view subject,
                     const std::vector<Posting>& lines) {
  pb::Entry entry = new_entry(state, kind, subject, pb::POSTED);
  add_lines(entry, lines);
  Touched touched(state);
  for (const pb::Line& line : entry.lines()) TRY_OK(touched.add(line, false));
  return write_entry(state, entry, touched);
}

Result<EntryId> hold(State& state, std::string_view kind, std::string_view subject,
                     const std::vector<Posting>& lines) {
  pb::Entry entry = new_entry(state, kind, subject, pb::PENDING);
  add_lines(entry, lines);
  Touched touched(state);
  for (const pb::Line& line : entry.lines()) TRY_OK(touched.add(line, true));
  pb::Hold held;
  held.set_entry(entry.id());
  state.put(keys::hold(entry.id()), held);
  return write_entry(state, entry, touched);
}

Result<EntryId> post_hold(State& state, std::string_view hold_id, std::string_view kind,
                          std::string_view subject, const std::vector<Posting>& extra) {
  pb::Entry entry = new_entry(state, kind, subject, pb::POSTED);
  entry.set_hold(std::string(hold_id));
  Touched touched(state);
  TRY(const pb::Entry original, resolve(state, hold_id, entry, touched));
  *entry.mutable_lines() = original.lines();
  add_lines(entry, extra);
  for (const pb::Line& line : entry.lines()) TRY_OK(touched.add(line, false));
  return write_entry(state, entry, touched);
}

Result<EntryId> void_hold(State& state, std::string_view hold_id, std::string_view kind,
                          std::string_view subject) {
  pb::Entry entry = new_entry(state, kind, subject, pb::VOIDED);
  entry.set_hold(std::string(hold_id));
  Touched touched(state);
  TRY(const pb::Entry original, resolve(state, hold_id, entry, touched));
  *entry.mutable_lines() = original.lines();
  return write_entry(state, entry, touched);
}

}  // namespace settled::ledger
