#include "daemon/render/value.hpp"
#include "daemon/render/words.hpp"
#include "ledger/accounts.hpp"
#include "ledger/periods.hpp"
#include "ledger/statement.hpp"
#include "ledger/trial_balance.hpp"

namespace settled::daemon::render {
namespace {

Json balance_json(const ledger::reports::StatementBalance& balance) {
  return {{"posted", balance.posted.to_string()}, {"available", balance.available.to_string()}};
}

Json line_json(const ledger::reports::StatementLine& line) {
  return {{"entry", line.entry.to_string()},
          {"sequence", line.sequence},
          {"created", to_rfc3339(line.time)},
          {"kind", line.kind},
          {"part", word(line.part)},
          {"subject", optional_text(line.subject)},
          {"reference", optional_text(line.reference)},
          {"description", optional_text(line.description)},
          {"amount", line.amount.to_string()},
          {"balance", line.balance.to_string()},
          {"available", line.available.to_string()}};
}

}  // namespace

Json statement(const ledger::reports::Statement& statement,
               const ledger::reports::StatementRequest& request, std::string_view merchant,
               std::string_view currency, const Context& context) {
  Json totals = Json::object();
  for (std::size_t part = 0; part < statement.totals.size(); ++part) {
    totals[word(static_cast<ledger::reports::StatementPart>(part))] =
        statement.totals.at(part).to_string();
  }
  Json lines = Json::array();
  for (const auto& line : statement.lines) lines.push_back(line_json(line));
  return {{"object", "statement"},
          {"livemode", context.livemode},
          {"merchant", id_text<MerchantId>(merchant)},
          {"currency", currency},
          {"account", request.account},
          {"from", to_rfc3339(request.from)},
          {"until", to_rfc3339(request.until)},
          {"opening", balance_json(statement.opening)},
          {"lines", std::move(lines)},
          {"totals", std::move(totals)},
          {"closing", balance_json(statement.closing)},
          {"has_more", statement.next.has_value()},
          {"next", statement.next ? Json(statement.next->to_string()) : Json(nullptr)}};
}

std::string trial_balance(const ledger::reports::TrialBalance& balance, const Context& context) {
  Json currencies = Json::array();
  for (const auto& [currency, sum] : balance.sums) {
    currencies.push_back({{"currency", currency},
                          {"debits", sum.debits_posted.to_string()},
                          {"credits", sum.credits_posted.to_string()},
                          {"pending_debits", sum.debits_pending.to_string()},
                          {"pending_credits", sum.credits_pending.to_string()}});
  }
  std::string out = text(Json{{"object", "trial_balance"},
                              {"at", to_rfc3339(balance.at)},
                              {"livemode", context.livemode},
                              {"currencies", std::move(currencies)}});
  out.pop_back();
  // Account by account: a million of them as one tree would take gigabytes.
  out += R"(,"accounts":[)";
  for (const pb::Account& each : balance.accounts) {
    if (&each != balance.accounts.data()) out += ',';
    out += text(account(each, context));
  }
  out += "]}";
  return out;
}

Json period(const pb::Period& period, const Context& context) {
  Json out = object_head(id_text<PeriodId>(period.id()), "period", period.closed(), context);
  out["number"] = period.number();
  out["name"] = period.name();
  out["from"] = period.number() == 1 ? Json(nullptr) : Json(time_text(period.from()));
  out["until"] = time_text(period.until());
  out["entry"] = optional_id<EntryId>(period.entry());
  out["entry_sequence"] = period.entry_sequence();
  return out;
}

std::string period(const pb::Period& closed, const ledger::reports::PeriodBalances& balances,
                   const Context& context) {
  std::string out = text(period(closed, context));
  out.pop_back();
  out += R"(,"before_closing":)" + trial_balance(balances.before_closing, context);
  out += R"(,"after_closing":)" + trial_balance(balances.after_closing, context);
  out += '}';
  return out;
}

}  // namespace settled::daemon::render
