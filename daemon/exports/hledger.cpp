#include "daemon/exports/hledger.hpp"

#include <algorithm>
#include <map>

#include "daemon/render/value.hpp"
#include "daemon/render/words.hpp"
#include "ledger/types/hex.hpp"
#include "ledger/types/signed_amount.hpp"
#include "ledger/types/utf8.hpp"

namespace settled::daemon::exports {
namespace {

constexpr std::size_t kDateDigits = 10;  // of 2026-11-21T01:37:52.123Z

bool stands_for_itself(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_.:/-").contains(c);
}

/// Text on one line that starts no comment.
std::string one_line(std::string_view text) {
  std::string out(text);
  const bool readable = is_utf8(text);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || c == ';') c = ' ';
    if (byte >= 0x80 && !readable) c = '?';
  }
  return out;
}

std::string_view type_letter(ledger::pb::AccountType type) {
  switch (type) {
    case ledger::pb::ASSET:
      return "A";
    case ledger::pb::LIABILITY:
      return "L";
    case ledger::pb::EQUITY:
      return "E";
    case ledger::pb::INCOME:
      return "R";
    default:
      return "X";
  }
}

/// Two blanks end an account's name.
void add_posting(std::string& out, std::string_view margin, std::string_view account,
                 SignedAmount amount, std::string_view currency) {
  out.append(margin).append(hledger_name(account)).append("  ");
  out.append(amount.to_string()).append(" \"").append(hledger_name(currency)).append("\"\n");
}

SignedAmount amount_of(const ledger::pb::Line& line) {
  return SignedAmount::of(render::stored_amount(line.amount()), line.credit());
}

/// What is missing to zero, by currency.
std::map<std::string, SignedAmount> imbalance(const ledger::pb::Entry& entry) {
  std::map<std::string, SignedAmount> sums;
  for (const ledger::pb::Line& line : entry.lines()) {
    SignedAmount& sum = sums[line.currency()];
    const auto less = sum.minus(amount_of(line));
    INVARIANT(less.has_value());
    sum = *less;
  }
  std::erase_if(sums, [](const auto& each) { return each.second.is_zero(); });
  return sums;
}

void add_texts(std::string& out, const ledger::pb::Entry& entry) {
  for (const auto& [name, text] :
       {std::pair{"reference", &entry.reference()}, {"description", &entry.description()}}) {
    if (!text->empty()) out.append("    ; ").append(name).append(": ") += one_line(*text) + "\n";
  }
}

void add_comment(std::string& out, const ledger::pb::Entry& entry) {
  out.append("; ").append(render::word(entry.phase())).append(" ");
  out.append(render::id_text<EntryId>(entry.id())).append(" ") += one_line(entry.kind());
  out.append(" ") += one_line(entry.subject());
  if (!entry.hold().empty()) out.append(" of ") += render::id_text<EntryId>(entry.hold());
  out.append(", ").append(render::time_text(entry.created())).append("\n");
  for (const ledger::pb::Line& line : entry.lines()) {
    add_posting(out, ";     ", line.account(), amount_of(line), line.currency());
  }
  out.append("\n");
}

}  // namespace

std::string hledger_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (stands_for_itself(c)) {
      out.push_back(c);
    } else {
      out.append("%").append(to_hex(as_bytes(std::string_view(&c, 1))));
    }
  }
  return out;
}

std::string_view hledger_header() {
  return "; The books of settled. Dates are UTC; a code is the id of an entry. Holds move no "
         "posted\n"
         "; money and stand here as comments.\n\n";
}

void add_commodity(std::string& out, std::string_view currency) {
  out.append("commodity 1000.000000000000000000 \"").append(hledger_name(currency)).append("\"\n");
}

void add_account(std::string& out, const ledger::pb::Account& account) {
  out.append("account ").append(hledger_name(account.code())).append("  ; type:");
  out.append(type_letter(account.type())).append("\n");
}

void add_elsewhere(std::string& out) {
  out.append("account ").append(kElsewhere).append("  ; type:E\n");
}

void add_transaction(std::string& out, const ledger::pb::Entry& entry) {
  if (entry.phase() != ledger::pb::POSTED) {
    add_comment(out, entry);
    return;
  }
  const std::string time = render::time_text(entry.created());
  out.append(time, 0, kDateDigits).append(" * (");
  out.append(render::id_text<EntryId>(entry.id())).append(") ").append(one_line(entry.kind()));
  if (!entry.subject().empty()) out.append(" ") += one_line(entry.subject());
  out.append("  ; time: ").append(time).append("\n");
  add_texts(out, entry);
  for (const ledger::pb::Line& line : entry.lines()) {
    add_posting(out, "    ", line.account(), amount_of(line), line.currency());
  }
  for (const auto& [currency, amount] : imbalance(entry)) {
    add_posting(out, "    ", kElsewhere, amount, currency);
  }
  out.append("\n");
}

}  // namespace settled::daemon::exports
