#include <utility>

#include "daemon/render/value.hpp"
#include "daemon/render/words.hpp"
#include "ledger/accounts.hpp"

namespace settled::daemon::render {
namespace {

Json sides(Amount debits, Amount credits) {
  return {{"debits", debits.to_string()}, {"credits", credits.to_string()}};
}

ledger::CounterAmounts counters_of(const pb::Account& account) {
  const auto amounts = ledger::amounts_of(account.counters());
  INVARIANT(amounts.has_value());
  return *amounts;
}

Json optional_time(std::int64_t ms) {
  return ms == 0 ? Json(nullptr) : Json(time_text(ms));
}

Json limits_of(const pb::Account& account) {
  if (account.debits_must_not_exceed_credits()) return "debits_must_not_exceed_credits";
  if (account.credits_must_not_exceed_debits()) return "credits_must_not_exceed_debits";
  return nullptr;
}

}  // namespace

Json account(const pb::Account& account, const Context& context) {
  const ledger::CounterAmounts amounts = counters_of(account);
  Json out = object_head(account.code(), "account", account.created(), context);
  out["code"] = account.code();
  out["type"] = word(account.type());
  out["currency"] = account.currency();
  out["posted"] = sides(amounts.debits_posted, amounts.credits_posted);
  out["pending"] = sides(amounts.debits_pending, amounts.credits_pending);
  out["limits"] = limits_of(account);
  out["must_return_to_zero"] = account.must_return_to_zero();
  out["uncleared_since"] = optional_time(account.uncleared_since());
  out["closed"] = optional_time(account.closed());
  out["description"] = optional_text(account.description());
  return out;
}

Json entry(const pb::Entry& entry, const Context& context) {
  Json lines = Json::array();
  for (const pb::Line& line : entry.lines()) {
    lines.push_back({{"account", line.account()},
                     {"side", line.credit() ? "credit" : "debit"},
                     {"amount", money(line.amount())},
                     {"currency", line.currency()}});
  }
  Json out = object_head(id_text<EntryId>(entry.id()), "entry", entry.created(), context);
  out["sequence"] = entry.sequence();
  out["kind"] = entry.kind();
  out["subject"] = optional_text(entry.subject());
  out["phase"] = word(entry.phase());
  out["hold"] = optional_id<EntryId>(entry.hold());
  out["reference"] = optional_text(entry.reference());
  out["description"] = optional_text(entry.description());
  out["expires_at"] = optional_time(entry.expires_at());
  out["lines"] = std::move(lines);
  return out;
}

Result<Json> balance(const pb::Account& account, const Context& context) {
  TRY(const ledger::Balance balance, ledger::balance_of(account));
  return Json{{"object", "balance"},
              {"livemode", context.livemode},
              {"currency", account.currency()},
              {"available", balance.available.to_string()},
              {"pending", balance.pending.to_string()},
              {"reserved", balance.reserved.to_string()}};
}

Json uncleared(const ledger::reports::Uncleared& uncleared, const Context& context) {
  return {{"object", "clearing_balance"},
          {"livemode", context.livemode},
          {"account", uncleared.account},
          {"currency", uncleared.currency},
          {"side", uncleared.balance.negative() ? "debit" : "credit"},
          {"amount", uncleared.balance.size().to_string()},
          {"since", to_rfc3339(uncleared.since)}};
}

}  // namespace settled::daemon::render
