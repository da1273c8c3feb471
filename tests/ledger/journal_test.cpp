#include "ledger/journal.hpp"

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "ledger/verify.hpp"
#include "tests/support/journal_commands.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

constexpr std::string_view kBank = "asset:bank";
constexpr std::string_view kLoans = "liability:loans";

/// A book with an account that never goes below zero, one that owes, and one for the rest.
class Journal : public BookFixture {
 public:
  Journal() {
    pb::OpenAccount bank = open_account(kBank);
    bank.set_credits_must_not_exceed_debits(true);
    ok(bank);
    pb::OpenAccount loans = open_account(kLoans);
    loans.set_debits_must_not_exceed_credits(true);
    ok(loans);
    ok(open_account("expense:rent"));
    ok(open_account("income:sales"));
  }
  ~Journal() { CHECK(verify(store()).has_value()); }
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  std::string bank() { return counters(kBank); }
  std::string loans() { return counters(kLoans); }
  /// Borrows: both sides have as much.
  void fund(std::string_view amount) {
    ok(post_entry("fund/" + std::string(amount), {"Dr asset:bank " + std::string(amount),
                                                  "Cr liability:loans " + std::string(amount)}));
  }
  HoldStatus hold_status(const std::string& id) {
    const auto hold = read_record<pb::Hold>(store(), keys::hold(id)).value().value();
    pb::Entry by;
    if (!hold.resolved_by().empty()) {
      by = read_record<pb::Entry>(store(), keys::entry(hold.resolved_by())).value().value();
    }
    return status_of(hold, by);
  }
};

}  // namespace

TEST_CASE("an entry by hand counts on all its accounts and has a kind that is the journal's") {
  Journal books;
  pb::PostEntry entry = post_entry(
      "rent/11", {"Dr asset:bank 7.50", "Dr expense:rent 2.50", "Cr liability:loans 10.00"});
  entry.set_kind("payout.created");
  entry.set_description("November");
  const pb::Entry made = books.ok(entry).entry();
  CHECK(books.bank() == "7.50/0.00 0.00/0.00");
  CHECK(books.loans() == "0.00/10.00 0.00/0.00");
  CHECK(books.counters("expense:rent") == "2.50/0.00 0.00/0.00");
  CHECK(made.kind() == "journal.payout.created");
  CHECK(made.reference() == "rent/11");
  CHECK(made.description() == "November");
  CHECK(made.lines(0).currency() == "USD");
  CHECK(made.phase() == pb::POSTED);
}

TEST_CASE("a limit counts what is pending against the account, and never for it") {
  Journal books;
  CHECK(books.refused(post_entry("1", {"Dr liability:loans 1", "Cr expense:rent 1"})).reason ==
        "exceeds_credits");
  CHECK(books.refused(post_entry("1", {"Cr asset:bank 1", "Dr expense:rent 1"})).reason ==
        "exceeds_debits");
  books.fund("10");
  books.ok(pending_entry("in", {"Dr asset:bank 50", "Cr liability:loans 50"}));
  books.ok(pending_entry("out", {"Cr asset:bank 4", "Dr liability:loans 4"}));
  const std::string too_much = "6.000000000000000001";
  CHECK(books
            .refused(
                post_entry("2", {"Dr liability:loans " + too_much, "Cr income:sales " + too_much}))
            .reason == "exceeds_credits");
  CHECK(books.refused(post_entry("2", {"Cr asset:bank " + too_much, "Dr expense:rent " + too_much}))
            .reason == "exceeds_debits");
  books.ok(post_entry("2", {"Dr liability:loans 6", "Cr asset:bank 6"}));
  CHECK(books.bank() == "10.00/6.00 50.00/4.00");
}

TEST_CASE("a hold is posted as a whole, in part or not at all, and once") {
  Journal books;
  books.fund("10");
  const auto held = [&](std::string_view reference) {
    return books.ok(pending_entry(reference, {"Dr expense:rent 5", "Cr asset:bank 5"}))
        .entry()
        .id();
  };
  SECTION("as a whole") {
    const std::string hold = held("h");
    const pb::Entry posted = books.ok(post_hold("p", hold)).entry();
    CHECK(posted.hold() == hold);
    CHECK(posted.kind() == "hold.posted");
    CHECK(posted.subject() == EntryId::from_raw(hold).to_string());
    CHECK(books.bank() == "10.00/5.00 0.00/0.00");
    CHECK(books.hold_status(hold) == HoldStatus::Posted);
    CHECK(books.refused(post_hold("p2", hold)).reason == "hold_posted");
    CHECK(books.refused(void_hold("p2", hold)).reason == "hold_posted");
  }
  SECTION("in part: the rest is let go") {
    const std::string hold = held("h");
    books.ok(post_hold("p", hold, {"2", "2"}));
    CHECK(books.bank() == "10.00/2.00 0.00/0.00");
    CHECK(books.refused(post_hold("p2", hold, {"3", "3"})).reason == "hold_posted");
  }
  SECTION("voided") {
    const std::string hold = held("h");
    CHECK(books.ok(void_hold("v", hold)).entry().phase() == pb::VOIDED);
    CHECK(books.bank() == "10.00/0.00 0.00/0.00");
    CHECK(books.hold_status(hold) == HoldStatus::Voided);
    CHECK(books.refused(post_hold("p2", hold)).reason == "hold_voided");
    CHECK(books.refused(void_hold("p2", hold)).reason == "hold_voided");
  }
  SECTION("what is posted must be of the hold, must balance and must be something") {
    const std::string hold = held("h");
    CHECK(books.refused(post_hold("p", hold, {"5", "5.000000000000000001"})).reason ==
          "exceeds_hold");
    CHECK(books.refused(post_hold("p", hold, {"5", "4"})).reason == "unbalanced_entry");
    CHECK(books.refused(post_hold("p", hold, {"5"})).reason == "amounts_mismatch");
    CHECK(books.refused(post_hold("p", hold, {"5", "5", "0"})).reason == "amounts_mismatch");
    CHECK(books.refused(post_hold("p", hold, {"0", "0"})).reason == "invalid_amounts");
    CHECK(books.hold_status(hold) == HoldStatus::Pending);
  }
}

TEST_CASE("a line of a hold that is posted with nothing is left out of the entry") {
  Journal books;
  books.fund("10");
  const std::string hold =
      books.ok(pending_entry("h", {"Dr expense:rent 2", "Dr income:sales 3", "Cr asset:bank 5"}))
          .entry()
          .id();
  const pb::Entry posted = books.ok(post_hold("p", hold, {"0", "3", "3"})).entry();
  REQUIRE(posted.lines_size() == 2);
  CHECK(posted.lines(0).account() == "income:sales");
  CHECK(books.counters("expense:rent") == "0.00/0.00 0.00/0.00");
  CHECK(books.ok(post_hold("p", hold, {"0", "3", "3"})).entry().id() == posted.id());
}

TEST_CASE("a hold ends with its time: not before, and not later by being overlooked") {
  Journal books;
  books.fund("10");
  const std::vector<std::string> lines = {"Dr expense:rent 5", "Cr asset:bank 5"};
  const std::string hold = books.ok(pending_entry("h", lines, 1'000)).entry().id();
  const std::string other = books.ok(pending_entry("other", lines)).entry().id();
  books.clock().advance(999);
  CHECK(books.ok(expire_holds()).count() == 0);
  SECTION("in its last millisecond it can be posted") {
    books.ok(post_hold("p", hold));
    books.clock().advance(1);
    CHECK(books.ok(expire_holds()).count() == 0);
  }
  SECTION("then it can neither be posted nor voided, whether it was looked at or not") {
    books.clock().advance(1);
    CHECK(books.refused(post_hold("p", hold)).reason == "hold_expired");
    CHECK(books.refused(void_hold("p", hold)).reason == "hold_expired");
    CHECK(books.bank() == "10.00/0.00 0.00/10.00");
    CHECK(books.hold_status(hold) == HoldStatus::Pending);
    CHECK(books.ok(expire_holds()).count() == 1);
    CHECK(books.bank() == "10.00/0.00 0.00/5.00");
    CHECK(books.hold_status(hold) == HoldStatus::Expired);
    CHECK(books.hold_status(other) == HoldStatus::Pending);
    CHECK(books.refused(post_hold("p", hold)).reason == "hold_expired");
    CHECK(books.ok(expire_holds()).count() == 0);
  }
}

TEST_CASE("as many holds expire at once as the command allows") {
  Journal books;
  books.fund("10");
  for (const std::string_view reference : {"a", "b", "c"}) {
    books.ok(pending_entry(reference, {"Dr expense:rent 1", "Cr asset:bank 1"}, 10));
  }
  books.clock().advance(10);
  CHECK(books.ok(expire_holds(2)).count() == 2);
  CHECK(books.ok(expire_holds(2)).count() == 1);
  CHECK(books.refused(expire_holds(0)).reason == "invalid_limit");
  CHECK(books.refused(expire_holds(1'001)).reason == "invalid_limit");
}

TEST_CASE("the same reference and the same request is the entry that was made") {
  Journal books;
  const pb::PostEntry entry = post_entry("1", {"Dr asset:bank 5", "Cr liability:loans 5"});
  const pb::Entry made = books.ok(entry).entry();
  CHECK(books.ok(entry).entry().SerializeAsString() == made.SerializeAsString());
  CHECK(books.bank() == "5.00/0.00 0.00/0.00");
  CHECK(books.book().head().entry_sequence() == 1);
}

TEST_CASE("a refusal uses up no reference") {
  Journal books;
  const pb::PostEntry out = post_entry("1", {"Dr liability:loans 5", "Cr income:sales 5"});
  CHECK(books.refused(out).reason == "exceeds_credits");
  books.fund("5");
  CHECK(books.ok(out).entry().reference() == "1");
}

TEST_CASE("holds that the system made are not the journal's to end") {
  BookFixture books;
  const std::string merchant = books.set_up();
  books.fund(merchant, "10");
  const std::string hold = books.ok(request_payout(merchant, "4")).payout().hold();
  CHECK(books.refused(post_hold("p", hold)).reason == "hold_of_system");
  CHECK(books.refused(void_hold("p", hold)).reason == "hold_of_system");
  CHECK(books.refused(void_hold("p", std::string(16, 'z'))).reason == "hold_not_found");
  CHECK(books.balance(merchant) == "6.00 0.00 4.00");
}

TEST_CASE("a merchant can be given a goodwill credit, and no more taken than is there") {
  BookFixture books;
  const std::string merchant = books.set_up();
  books.fund(merchant, "10");
  const std::string account =
      "liability:merchants:" + MerchantId::from_raw(merchant).to_string() + ":USDC";
  pb::OpenAccount goodwill = open_account("expense:goodwill");
  goodwill.set_currency("USDC");
  books.ok(goodwill);
  books.ok(post_entry("gift", {"Cr " + account + " 2", "Dr expense:goodwill 2"}));
  CHECK(books.balance(merchant) == "12.00 0.00 0.00");
  CHECK(books.refused(post_entry("take", {"Dr " + account + " 12.01", "Cr expense:goodwill 12.01"}))
            .reason == "insufficient_funds");
}

TEST_CASE("what is on the chain is moved by the chain alone") {
  BookFixture books;
  books.fund(books.set_up(), "10");
  pb::OpenAccount other = open_account("expense:other");
  other.set_currency("USDC");
  books.ok(other);
  for (const std::string account : {"asset:deposits:base:USDC", "asset:wallets:hot:base:USDC"}) {
    for (const std::string side : {"Dr ", "Cr "}) {
      const std::string counter = side == "Dr " ? "Cr " : "Dr ";
      CHECK(books.refused(post_entry("1", {side + account + " 1", counter + "expense:other 1"}))
                .reason == "account_follows_chain");
      CHECK(books.refused(pending_entry("1", {side + account + " 1", counter + "expense:other 1"}))
                .reason == "account_follows_chain");
    }
  }
}

TEST_CASE("what people book leaves room for what the chain brings") {
  Journal books;
  const std::string most_of_line = "1329227995784915872.903807060280344576";  // 2^120 units
  const std::string more = "1329227995784915872.903807060280344577";
  const std::string unit = "0.000000000000000001";
  CHECK(books.refused(post_entry("1", {"Dr asset:bank " + more, "Cr liability:loans " + more}))
            .reason == "amount_too_large");
  for (int filled = 0; filled < 128; ++filled) {  // 128 * 2^120 = 2^127
    books.ok(
        pending_entry("fill-" + std::to_string(filled),
                      {"Dr asset:bank " + most_of_line, "Cr liability:loans " + most_of_line}));
  }
  for (const auto& make :
       {post_entry, +[](std::string_view reference, const std::vector<std::string>& lines) {
          return pending_entry(reference, lines);
        }}) {
    CHECK(books.refused(make("2", {"Dr asset:bank " + unit, "Cr income:sales " + unit})).reason ==
          "amount_too_large");
    CHECK(books.refused(make("2", {"Dr expense:rent " + unit, "Cr liability:loans " + unit}))
              .reason == "amount_too_large");
  }
}
