#include "tests/ledger/reference_ledger.hpp"

#include <algorithm>
#include <set>

namespace settled::tests::reference {
namespace {

constexpr Units kMostOfLine = Units{1} << 120U;

bool follows_chain(const std::string& code) {
  return code.starts_with("asset:wallets:") || code.starts_with("asset:deposits:");
}
bool merchants(const std::string& code) {
  return code.starts_with("liability:merchants:");
}

bool of_system(const std::string& code) {
  return follows_chain(code) || merchants(code) || code.starts_with("equity:opening:");
}

bool unbalanced(const std::vector<Line>& lines, const std::map<std::string, Account>& accounts) {
  std::map<std::string, Units> sums;  // modulo 2^128: a difference of nothing is nothing
  for (const Line& line : lines) {
    Units& sum = sums[accounts.at(line.account).currency];
    sum = line.credit ? sum - line.amount : sum + line.amount;
  }
  return std::ranges::any_of(sums, [](const auto& sum) { return sum.second != 0; });
}

}  // namespace

std::string Ledger::open(const std::string& code, const Account& asked) {
  const bool limited = asked.debits_limited || asked.credits_limited;
  if (asked.debits_limited && asked.credits_limited) return "invalid_limits";
  if (limited && (code.starts_with("income:") || code.starts_with("expense:"))) {
    return "invalid_limits";
  }
  if (asked.clearing != code.contains(":clearing:")) return "invalid_clearing";
  if (of_system(code)) return "account_reserved";
  const auto known = accounts.find(code);
  if (known == accounts.end()) {
    accounts[code] = asked;
    return "";
  }
  const Account& is = known->second;
  if (is.currency != asked.currency) return "exists_with_different_currency";
  if (is.debits_limited != asked.debits_limited || is.credits_limited != asked.credits_limited) {
    return "exists_with_different_limits";
  }
  return is.description == asked.description ? "" : "exists_with_different_description";
}

std::string Ledger::close(const std::string& code) {
  if (!accounts.contains(code)) return "account_not_found";
  if (of_system(code)) return "account_of_system";
  Account& account = accounts[code];
  if (!account.closed && account.debits != account.credits) return "account_not_zero";
  account.closed = true;
  return "";
}

std::string Ledger::same(const Entry& known, const Entry& asked) const {
  const std::string differs = "exists_with_different_";
  if (!known.hold.empty()) return differs + "operation";
  if (known.pending != asked.pending) return differs + "pending";
  if (known.timeout != asked.timeout) return differs + "timeout";
  if (known.lines.size() != asked.lines.size()) return differs + "lines";
  const auto differ = [&](auto field) {
    return !std::ranges::equal(known.lines, asked.lines, {}, field, field);
  };
  if (differ(&Line::account)) return differs + "account";
  if (differ(&Line::credit)) return differs + "side";
  if (differ(&Line::amount)) return differs + "amount";
  return known.description == asked.description ? "" : differs + "description";
}

std::string Ledger::count(const std::vector<Line>& lines, bool pending,
                          const std::vector<Line>& released, std::int64_t now) {
  std::map<std::string, Account> after = accounts;
  std::set<std::string> touched;
  for (const Line& line : released) {
    Account& account = after[line.account];
    (line.credit ? account.held_credits : account.held_debits) -= line.amount;
  }
  for (const Line& line : lines) {
    Account& account = after[line.account];
    if (line.credit) (pending ? account.held_credits : account.credits) += line.amount;
    if (!line.credit) (pending ? account.held_debits : account.debits) += line.amount;
    touched.insert(line.account);
  }
  for (const std::string& code : touched) {
    Account& account = after[code];
    if (account.debits_limited && account.debits + account.held_debits > account.credits) {
      return merchants(code) ? "insufficient_funds" : "exceeds_credits";
    }
    if (account.credits_limited && account.credits + account.held_credits > account.debits) {
      return "exceeds_debits";
    }
    if (!account.clearing || account.debits == account.credits) {
      account.uncleared_since = 0;
    } else if (account.uncleared_since == 0) {
      account.uncleared_since = now;
    }
  }
  accounts = std::move(after);
  return "";
}

std::string Ledger::post(const std::string& reference, Entry entry, std::int64_t now) {
  const std::vector<Line>& lines = entry.lines;
  const auto any = [&](auto is) { return std::ranges::any_of(lines, is); };
  if (reference.empty()) return "invalid_reference";
  if (entry.timeout != 0 && !entry.pending) return "invalid_timeout";
  if (lines.size() < 2) return "invalid_lines";
  if (any([](const Line& line) { return line.amount == 0; })) return "invalid_amount";
  if (any([](const Line& line) { return line.amount > kMostOfLine; })) return "amount_too_large";
  std::set<std::string> codes;
  for (const Line& line : lines) codes.insert(line.account);
  if (codes.size() != lines.size()) return "duplicate_account";
  if (const auto known = entries.find(reference); known != entries.end()) {
    return same(known->second, entry);
  }
  if (any([&](const Line& line) { return !accounts.contains(line.account); })) {
    return "account_not_found";
  }
  if (any([](const Line& line) { return follows_chain(line.account); })) {
    return "account_follows_chain";
  }
  if (any([&](const Line& line) { return accounts[line.account].closed; })) return "account_closed";
  if (unbalanced(lines, accounts)) return "unbalanced_entry";
  if (std::string refused = count(lines, entry.pending, {}, now); !refused.empty()) return refused;
  entry.made = now;
  entry.number = entries.size();
  entries[reference] = std::move(entry);
  return "";
}

std::string Ledger::cannot_end(const std::string& hold, std::int64_t now) const {
  const auto found = entries.find(hold);
  if (found == entries.end() || !found->second.pending) return "hold_not_found";
  const Entry& held = found->second;
  if (!held.resolved.empty()) return "hold_" + held.resolved;
  return held.timeout != 0 && now >= held.made + held.timeout ? "hold_expired" : "";
}

std::string Ledger::post_hold(const std::string& reference, const std::string& hold,
                              std::vector<Units> amounts, std::int64_t now) {
  const auto positive = [](Units amount) { return amount > 0; };
  if (reference.empty()) return "invalid_reference";
  if (!amounts.empty() && std::ranges::none_of(amounts, positive)) return "invalid_amounts";
  const auto known = entries.find(reference);
  if (known != entries.end()) {
    if (known->second.hold.empty() || known->second.voids) {
      return "exists_with_different_operation";
    }
    if (known->second.hold != hold) return "exists_with_different_hold";
  } else if (std::string refused = cannot_end(hold, now); !refused.empty()) {
    return refused;
  }
  const std::vector<Line> held = entries[hold].lines;
  const std::string wrong_amounts = known != entries.end() ? "exists_with_different_amount" : "";
  if (amounts.empty()) {
    for (const Line& line : held) amounts.push_back(line.amount);
  }
  if (amounts.size() != held.size()) {
    return wrong_amounts.empty() ? "amounts_mismatch" : wrong_amounts;
  }
  std::vector<Line> part;
  for (std::size_t i = 0; i < held.size(); ++i) {
    if (amounts[i] > held[i].amount) return wrong_amounts.empty() ? "exceeds_hold" : wrong_amounts;
    if (amounts[i] > 0) part.push_back({held[i].account, held[i].credit, amounts[i]});
  }
  if (known != entries.end()) return part == known->second.lines ? "" : wrong_amounts;
  for (const Line& line : part) {
    if (accounts[line.account].closed) return "account_closed";
  }
  if (unbalanced(part, accounts)) return "unbalanced_entry";
  if (std::string refused = count(part, false, held, now); !refused.empty()) return refused;
  entries[hold].resolved = "posted";
  entries[reference] = {.lines = part, .made = now, .hold = hold};
  return "";
}

std::string Ledger::void_hold(const std::string& reference, const std::string& hold,
                              std::int64_t now) {
  if (reference.empty()) return "invalid_reference";
  if (const auto known = entries.find(reference); known != entries.end()) {
    if (known->second.hold.empty() || !known->second.voids) {
      return "exists_with_different_operation";
    }
    return known->second.hold == hold ? "" : "exists_with_different_hold";
  }
  if (std::string refused = cannot_end(hold, now); !refused.empty()) return refused;
  count({}, false, entries[hold].lines, now);
  entries[hold].resolved = "voided";
  entries[reference] = {.lines = entries[hold].lines, .made = now, .hold = hold, .voids = true};
  return "";
}

std::uint32_t Ledger::expire(std::uint32_t limit, std::int64_t now) {
  std::map<std::pair<std::int64_t, std::size_t>, Entry*> due;
  for (auto& [reference, entry] : entries) {
    const std::int64_t at = entry.made + entry.timeout;
    if (entry.pending && entry.resolved.empty() && entry.timeout != 0 && at <= now) {
      due[{at, entry.number}] = &entry;
    }
  }
  std::uint32_t ended = 0;
  for (const auto& [at, entry] : due) {
    if (ended == limit) break;
    count({}, false, entry->lines, now);
    entry->resolved = "expired";
    ++ended;
  }
  return ended;
}

}  // namespace settled::tests::reference
