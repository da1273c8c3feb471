#include "daemon/exports/csv.hpp"

#include <catch2/catch.hpp>

#include "daemon/exports/hledger.hpp"
#include "ledger/types/amount.hpp"

using namespace settled;
using namespace settled::daemon::exports;

namespace {

std::string stored(std::string_view text) {
  return Amount::parse(text).value().stored();
}

ledger::pb::Entry entry() {
  ledger::pb::Entry out;
  out.set_id(std::string(16, '\0'));
  out.set_sequence(7);
  out.set_created(1'800'000'000'123);
  out.set_kind("adjustment");
  out.set_subject("po_1");
  for (const bool credit : {false, true}) {
    ledger::pb::Line& line = *out.add_lines();
    line.set_account(credit ? "equity:treasury:USDC" : "expense:travel");
    line.set_currency("USDC");
    line.set_credit(credit);
    line.set_amount(stored("0.000000000000000001"));
  }
  return out;
}

}  // namespace

TEST_CASE("A cell is quoted where RFC 4180 asks for it and nowhere else") {
  CHECK(csv_text("plain text; 100 %") == "plain text; 100 %");
  CHECK(csv_text("").empty());
  CHECK(csv_text("a,b") == "\"a,b\"");
  CHECK(csv_text("say \"yes\"") == "\"say \"\"yes\"\"\"");
  CHECK(csv_text("two\r\nlines") == "\"two\r\nlines\"");
  CHECK(csv_text("\xC3\xBC") == "\xC3\xBC");
  CHECK(csv_text("cut \xC3") == "cut ?");
}

TEST_CASE("No cell begins as a formula, and what was put in front can be taken away") {
  for (const std::string text :
       {"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "'x", "''", "=cmd|' /C calc'!A0"}) {
    CAPTURE(text);
    CHECK(csv_text(text) == "'" + text);
  }
  CHECK(csv_text("\r=1") == "\"'\r=1\"");
  CHECK(csv_text("\n=1") == "\"'\n=1\"");
  CHECK(csv_text("=1,2") == "\"'=1,2\"");
  CHECK(csv_text("a=1") == "a=1");
}

TEST_CASE("The journal has a row for each line, with all 18 decimals") {
  ledger::pb::Entry posted = entry();
  posted.set_reference("=HYPERLINK(\"x\")");
  posted.set_description("one, two");
  std::string out;
  add_journal_rows(out, posted);
  const std::string id = "en_00000000000000000000000000";
  CHECK(out == "7," + id +
                   ",2027-01-15T08:00:00.123Z,adjustment,po_1,posted,expense:travel,debit,"
                   "0.000000000000000001,USDC,,\"'=HYPERLINK(\"\"x\"\")\",\"one, two\"\r\n7," +
                   id +
                   ",2027-01-15T08:00:00.123Z,adjustment,po_1,posted,equity:treasury:USDC,credit,"
                   "0.000000000000000001,USDC,,\"'=HYPERLINK(\"\"x\"\")\",\"one, two\"\r\n");
}

TEST_CASE("A name in a hledger journal holds nothing that could end it") {
  CHECK(hledger_name("liability:merchants:mer_1:USDC") == "liability:merchants:mer_1:USDC");
  CHECK(hledger_name("two  blanks") == "two%20%20blanks");
  CHECK(hledger_name("a;b\"c%") == "a%3bb%22c%25");
  CHECK(hledger_name("\n(x)") == "%0a%28x%29");
}

TEST_CASE("Texts in a hledger journal stay in their line and start no posting") {
  ledger::pb::Entry posted = entry();
  posted.set_kind("evil\n    equity:x  1 USDC");
  posted.set_subject("a;b");
  posted.set_description("first\r\nsecond");
  std::string out;
  add_transaction(out, posted);
  CHECK(out ==
        "2027-01-15 * (en_00000000000000000000000000) evil     equity:x  1 USDC a b"
        "  ; time: 2027-01-15T08:00:00.123Z\n"
        "    ; description: first  second\n"
        "    expense:travel  0.000000000000000001 \"USDC\"\n"
        "    equity:treasury:USDC  -0.000000000000000001 \"USDC\"\n\n");
}

TEST_CASE("What is shown in part is balanced by the rest, and a hold is a comment") {
  ledger::pb::Entry part = entry();
  part.mutable_lines()->DeleteSubrange(1, 1);
  std::string out;
  add_transaction(out, part);
  CHECK(
      out.ends_with("    expense:travel  0.000000000000000001 \"USDC\"\n"
                    "    equity:elsewhere  -0.000000000000000001 \"USDC\"\n\n"));
  for (const auto phase : {ledger::pb::PENDING, ledger::pb::VOIDED}) {
    ledger::pb::Entry held = entry();
    held.set_phase(phase);
    out.clear();
    add_transaction(out, held);
    std::size_t at = 0;
    while (at < out.size()) {
      CHECK((out[at] == ';' || out[at] == '\n'));
      at = out.find('\n', at) + 1;
    }
  }
}
