#pragma once

#include <string>
#include <string_view>

#include "ledger/records.pb.h"
#include "ledger/statement.hpp"

/// Comma-separated values (RFC 4180, CRLF at the end of each row, a header row, UTF-8).
///
/// A text cell that begins with = + - @ ' a tab or a line end gets a ' in front, so that no
/// spreadsheet takes what a client wrote for a formula (OWASP, CSV injection). A reader that wants
/// the text back takes one leading ' away. Signed amounts are ours and stay numbers.
namespace settled::daemon::exports {

/// One text cell, guarded and quoted where it must be.
std::string csv_text(std::string_view text);

/// sequence,entry,time,kind,subject,phase,account,side,amount,currency,hold,reference,description
std::string_view journal_header();
/// A row for each line of the entry.
void add_journal_rows(std::string& out, const ledger::pb::Entry& entry);

/// time,sequence,entry,kind,subject,part,amount,balance,available,currency,reference,description
std::string_view statement_header();
void add_statement_row(std::string& out, const ledger::reports::StatementLine& line,
                       std::string_view currency);
/// A row without an entry whose part is `opening` or `closing`. `time` may be empty.
void add_statement_balance(std::string& out, std::string_view part, std::string_view time,
                           const ledger::reports::StatementBalance& balance,
                           std::string_view currency);

}  // namespace settled::daemon::exports
