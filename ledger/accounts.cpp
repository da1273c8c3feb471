#include "ledger/accounts.hpp"

#include <algorithm>
#include <map>
#include <span>

#include "ledger/keys.hpp"
#include "ledger/touched_accounts.hpp"

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

/// Beside those that follow the chain.
constexpr std::array<std::string_view, 7> kOthersOfSystem = {
    "liability:merchants:", "liability:suspense:",       "equity:opening:",      "equity:treasury:",
    "income:fees:",         "equity:retained_earnings:", "expense:network_fees:"};

bool starts_with_any(std::string_view code, std::span<const std::string_view> prefixes) {
  return std::ranges::any_of(prefixes,
                             [&](std::string_view prefix) { return code.starts_with(prefix); });
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

pb::Entry drafted(std::string_view kind, std::string_view subject,
                  const std::vector<Posting>& postings) {
  pb::Entry entry;
  entry.set_kind(std::string(kind));
  entry.set_subject(std::string(subject));
  add_lines(entry, postings);
  return entry;
}

void begin(State& state, pb::Entry& entry, pb::Phase phase) {
  entry.set_id(state.new_id().raw());
  entry.set_sequence(state.head().entry_sequence() + 1);
  state.head().set_entry_sequence(entry.sequence());
  entry.set_created(to_ms(state.now()));
  entry.set_phase(phase);
}

Result<pb::Entry> write_entry(State& state, pb::Entry entry, TouchedAccounts& touched) {
  TRY(const bool balanced, is_balanced(entry));
  if (!balanced) return fail(Errc::Internal, "unbalanced_entry", "debits and credits differ");
  TRY_OK(touched.finish(entry));
  state.put(keys::entry(entry.id()), entry);
  return entry;
}

/// Marks the hold as resolved by `by` and takes its lines out of the pending counters.
Status resolve(State& state, const pb::Entry& held, const pb::Entry& by, TouchedAccounts& touched) {
  TRY(auto hold, state.get<pb::Hold>(keys::hold(held.id())));
  if (!hold.resolved_by().empty()) {
    return fail(Errc::Conflict, "hold_resolved", "the hold was posted or voided before");
  }
  hold.set_resolved_by(by.id());
  state.put(keys::hold(held.id()), hold);
  if (held.expires_at() != 0) {
    state.erase(keys::hold_expiry(from_ms(held.expires_at()), held.id()));
  }
  for (const pb::Line& line : held.lines()) TRY_OK(touched.take(line, true));
  return {};
}

Result<EntryId> id_of(const Result<pb::Entry>& entry) {
  if (!entry) return std::unexpected(entry.error());
  return EntryId::from_raw(entry->id());
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

std::optional<pb::AccountType> type_of(std::string_view code) {
  const std::string_view word = code.substr(0, code.find(':'));
  if (word == "asset") return pb::ASSET;
  if (word == "liability") return pb::LIABILITY;
  if (word == "equity") return pb::EQUITY;
  if (word == "income") return pb::INCOME;
  if (word == "expense") return pb::EXPENSE;
  return std::nullopt;
}

const std::array<std::string_view, 2> kClearing = {"asset:clearing:", "liability:clearing:"};

bool is_merchants(std::string_view code) {
  return code.starts_with("liability:merchants:");
}
bool follows_chain(std::string_view code) {
  return code.starts_with("asset:deposits:") || code.starts_with("asset:wallets:");
}
bool is_of_system(std::string_view code) {
  return follows_chain(code) || starts_with_any(code, kOthersOfSystem);
}
bool is_clearing(std::string_view code) {
  return starts_with_any(code, kClearing);
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

Result<bool> is_balanced(const pb::Entry& entry) {
  std::map<std::string_view, std::pair<Amount, Amount>> sums;
  for (const pb::Line& line : entry.lines()) {
    auto& [debits, credits] = sums[line.currency()];
    TRY(const Amount amount, amount_of(line.amount()));
    Amount& side = line.credit() ? credits : debits;
    TRY(side, side.plus(amount));
  }
  return std::ranges::all_of(
      sums, [](const auto& currency) { return currency.second.first == currency.second.second; });
}

Result<pb::Entry> post(State& state, pb::Entry draft, TouchedAccounts touched) {
  begin(state, draft, pb::POSTED);
  for (const pb::Line& line : draft.lines()) TRY_OK(touched.add(line, false));
  return write_entry(state, std::move(draft), touched);
}

Result<pb::Entry> hold(State& state, pb::Entry draft, TouchedAccounts touched) {
  begin(state, draft, pb::PENDING);
  for (const pb::Line& line : draft.lines()) TRY_OK(touched.add(line, true));
  pb::Hold held;
  held.set_entry(draft.id());
  held.set_journal(!draft.reference().empty());
  state.put(keys::hold(draft.id()), held);
  if (draft.expires_at() != 0) {
    state.put_index(keys::hold_expiry(from_ms(draft.expires_at()), draft.id()));
  }
  return write_entry(state, std::move(draft), touched);
}

Result<pb::Entry> post_hold(State& state, const pb::Entry& held, pb::Entry draft) {
  begin(state, draft, pb::POSTED);
  draft.set_hold(held.id());
  TouchedAccounts touched(state);
  TRY_OK(resolve(state, held, draft, touched));
  for (const pb::Line& line : draft.lines()) TRY_OK(touched.add(line, false));
  return write_entry(state, std::move(draft), touched);
}

Result<pb::Entry> void_hold(State& state, const pb::Entry& held, pb::Entry draft) {
  begin(state, draft, pb::VOIDED);
  draft.set_hold(held.id());
  *draft.mutable_lines() = held.lines();
  TouchedAccounts touched(state);
  TRY_OK(resolve(state, held, draft, touched));
  return write_entry(state, std::move(draft), touched);
}

Result<EntryId> post(State& state, std::string_view kind, std::string_view subject,
                     const std::vector<Posting>& lines) {
  return id_of(post(state, drafted(kind, subject, lines), TouchedAccounts(state)));
}

Result<EntryId> hold(State& state, std::string_view kind, std::string_view subject,
                     const std::vector<Posting>& lines) {
  return id_of(hold(state, drafted(kind, subject, lines), TouchedAccounts(state)));
}

Result<EntryId> post_hold(State& state, std::string_view hold_id, std::string_view kind,
                          std::string_view subject, const std::vector<Posting>& extra) {
  TRY(const auto held, state.get<pb::Entry>(keys::entry(hold_id)));
  pb::Entry draft = drafted(kind, subject, {});
  *draft.mutable_lines() = held.lines();
  add_lines(draft, extra);
  return id_of(post_hold(state, held, std::move(draft)));
}

Result<EntryId> void_hold(State& state, std::string_view hold_id, std::string_view kind,
                          std::string_view subject) {
  TRY(const auto held, state.get<pb::Entry>(keys::entry(hold_id)));
  return id_of(void_hold(state, held, drafted(kind, subject, {})));
}

}  // namespace settled::ledger
