#include "daemon/exports/csv.hpp"

#include <initializer_list>

#include "daemon/render/value.hpp"
#include "daemon/render/words.hpp"
#include "ledger/types/utf8.hpp"

namespace settled::daemon::exports {
namespace {

constexpr std::string_view kFormulaStarts = "=+-@'\t\r\n";
constexpr std::string_view kMustQuote = ",\"\r\n";

void add_row(std::string& out, std::initializer_list<std::string_view> cells) {
  bool first = true;
  for (const std::string_view cell : cells) {
    if (!first) out.push_back(',');
    first = false;
    out.append(cell);
  }
  out.append("\r\n");
}

}  // namespace

std::string csv_text(std::string_view text) {
  std::string cell;
  if (!text.empty() && kFormulaStarts.contains(text.front())) cell.push_back('\'');
  cell.append(text);
  if (!is_utf8(cell)) {
    for (char& c : cell) {
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    }
  }
  if (cell.find_first_of(kMustQuote) == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) {
    if (c == '"') quoted.push_back('"');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

std::string_view journal_header() {
  return "sequence,entry,time,kind,subject,phase,account,side,amount,currency,hold,reference,"
         "description\r\n";
}

void add_journal_rows(std::string& out, const ledger::pb::Entry& entry) {
  const std::string sequence = std::to_string(entry.sequence());
  const std::string id = render::id_text<EntryId>(entry.id());
  const std::string time = render::time_text(entry.created());
  const std::string hold =
      entry.hold().empty() ? std::string() : render::id_text<EntryId>(entry.hold());
  for (const ledger::pb::Line& line : entry.lines()) {
    add_row(out, {sequence, id, time, csv_text(entry.kind()), csv_text(entry.subject()),
                  render::word(entry.phase()), csv_text(line.account()),
                  line.credit() ? "credit" : "debit", render::money(line.amount()),
                  csv_text(line.currency()), hold, csv_text(entry.reference()),
                  csv_text(entry.description())});
  }
}

std::string_view statement_header() {
  return "time,sequence,entry,kind,subject,part,amount,balance,available,currency,reference,"
         "description\r\n";
}

void add_statement_row(std::string& out, const ledger::reports::StatementLine& line,
                       std::string_view currency) {
  add_row(out, {to_rfc3339(line.time), std::to_string(line.sequence), line.entry.to_string(),
                csv_text(line.kind), csv_text(line.subject), render::word(line.part),
                line.amount.to_string(), line.balance.to_string(), line.available.to_string(),
                csv_text(currency), csv_text(line.reference), csv_text(line.description)});
}

void add_statement_balance(std::string& out, std::string_view part, std::string_view time,
                           const ledger::reports::StatementBalance& balance,
                           std::string_view currency) {
  add_row(out, {time, "", "", "", "", part, "", balance.posted.to_string(),
                balance.available.to_string(), csv_text(currency), "", ""});
}

}  // namespace settled::daemon::exports
