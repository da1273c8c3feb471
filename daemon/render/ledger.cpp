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

}  // namespace

Json account(const pb::Account& account, const Context& context) {
  const ledger::CounterAmounts amounts = counters_of(account);
  Json out = object_head(account.code(), "account", account.created(), context);
  out["code"] = account.code();
  out["type"] = word(account.type());
  out["currency"] = account.currency();
  out["posted"] = sides(amounts.debits_posted, amounts.credits_posted);
  out["pending"] = sides(amounts.debits_pending, amounts.credits_pending);
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

}  // namespace settled::daemon::render
