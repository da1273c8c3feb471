// Accounts that are closed, accounts that must return to zero, and what either was at a time.
#include <catch2/catch.hpp>

#include "ledger/clearing.hpp"
#include "ledger/journal.hpp"
#include "ledger/reports.hpp"
#include "ledger/verify.hpp"
#include "tests/support/journal_commands.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

constexpr std::string_view kCard = "asset:clearing:card";

class Books : public BookFixture {
 public:
  Books() {
    for (const char* code : {"asset:bank", "liability:loans"}) ok(open_account(code));
  }
  ~Books() { CHECK(verify(store()).has_value()); }
  Books(const Books&) = delete;
  Books& operator=(const Books&) = delete;

  pb::OpenAccount clearing(std::string_view code) {
    pb::OpenAccount out = open_account(code);
    out.set_must_return_to_zero(true);
    return out;
  }
  std::int64_t tick() {
    clock().advance(1'000);
    return now_ms();
  }
  std::string hold(std::string_view reference, std::int64_t timeout_ms = 0) {
    return ok(pending_entry(reference, {"Dr asset:bank 5", "Cr liability:loans 5"}, timeout_ms))
        .entry()
        .id();
  }
  /// "counters[ closed]" as they were then, or "none".
  std::string at(std::string_view code, std::int64_t ms) {
    const auto account = reports::account_at(store(), code, from_ms(ms)).value();
    if (!account) return "none";
    const pb::Counters& at = account->counters();
    return text_of(at.debits_posted()) + "/" + text_of(at.credits_posted()) + " " +
           text_of(at.debits_pending()) + "/" + text_of(at.credits_pending()) +
           (account->closed() != 0 ? " closed" : "");
  }
  /// "code balance since" of each account that is not at zero.
  std::vector<std::string> uncleared(std::int64_t ms) {
    std::vector<std::string> out;
    const auto found = reports::clearing(store(), from_ms(ms)).value();
    for (const reports::Uncleared& each : found) {
      out.push_back(each.account + " " + each.balance.to_string() + " " +
                    std::to_string(to_ms(each.since)));
    }
    return out;
  }
};

using List = std::vector<std::string>;

}  // namespace

TEST_CASE("an account is closed when nothing is posted on it, and takes no line from then on") {
  Books books;
  books.ok(post_entry("in", {"Dr asset:bank 5", "Cr liability:loans 5"}));
  CHECK(books.refused(close_account("asset:bank")).reason == "account_not_zero");
  books.ok(post_entry("out", {"Cr asset:bank 5", "Dr liability:loans 5"}));
  const std::int64_t then = books.tick();
  const pb::Account closed = books.ok(close_account("asset:bank")).account();
  CHECK(closed.closed() == then);
  CHECK(closed.code() == "asset:bank");
  for (const char* side : {"Dr", "Cr"}) {
    const std::string other = std::string(side) == "Dr" ? "Cr" : "Dr";
    const List lines = {side + std::string(" asset:bank 1"), other + " liability:loans 1"};
    CHECK(books.refused(post_entry("1", lines)).reason == "account_closed");
    CHECK(books.refused(pending_entry("1", lines)).reason == "account_closed");
  }
  SECTION("for ever: closing and opening again change nothing") {
    const std::uint64_t entries = books.book().head().entry_sequence();
    books.tick();
    CHECK(books.ok(close_account("asset:bank")).account().closed() == then);
    CHECK(books.ok(open_account("asset:bank")).account().closed() == then);
    CHECK(books.book().head().entry_sequence() == entries);
  }
}

TEST_CASE("holds on a closed account can be let go, not be posted") {
  Books books;
  const std::string voided = books.hold("voided");
  const std::string expired = books.hold("expired", 1'000);
  books.ok(close_account("asset:bank"));
  CHECK(books.counters("asset:bank") == "0.00/0.00 10.00/0.00");
  CHECK(books.refused(post_hold("p", voided)).reason == "account_closed");
  CHECK(books.refused(post_hold("p", voided, {"1", "1"})).reason == "account_closed");
  books.ok(void_hold("v", voided));
  books.clock().advance(1'000);
  CHECK(books.ok(expire_holds()).count() == 1);
  CHECK(books.counters("asset:bank") == "0.00/0.00 0.00/0.00");
}

TEST_CASE("every account that the system makes stays open, though nothing is on it") {
  BookFixture books;
  const std::string merchant = books.set_up();
  books.fund(merchant, "10");
  const auto accounts = reports::accounts(books.store(), {}).value();
  REQUIRE(accounts.size() >= 5);
  for (const pb::Account& account : accounts) {
    INFO(account.code());
    CHECK(books.refused(close_account(account.code())).reason == "account_of_system");
  }
}

TEST_CASE("an account's counters and its end are those of the millisecond that is asked for") {
  Books books;
  const std::int64_t opened = books.tick();
  books.ok(open_account("asset:till"));
  const List lines = {"Dr asset:till 5", "Cr liability:loans 5"};
  const std::int64_t held = books.tick();
  const std::string hold = books.ok(pending_entry("h", lines)).entry().id();
  const std::int64_t posted = books.tick();
  books.ok(post_hold("p", hold, {"2", "2"}));
  const std::int64_t back = books.tick();
  books.ok(post_entry("back", {"Cr asset:till 2", "Dr liability:loans 2"}));
  const std::int64_t closed = books.tick();
  books.ok(close_account("asset:till"));
  books.tick();
  CHECK(books.at("asset:till", opened - 1) == "none");
  CHECK(books.at("asset:till", opened) == "0.00/0.00 0.00/0.00");
  CHECK(books.at("asset:till", held - 1) == "0.00/0.00 0.00/0.00");
  CHECK(books.at("asset:till", held) == "0.00/0.00 5.00/0.00");
  CHECK(books.at("asset:till", posted - 1) == "0.00/0.00 5.00/0.00");
  CHECK(books.at("asset:till", posted) == "2.00/0.00 0.00/0.00");
  CHECK(books.at("asset:till", back - 1) == "2.00/0.00 0.00/0.00");
  CHECK(books.at("asset:till", back) == "2.00/2.00 0.00/0.00");
  CHECK(books.at("asset:till", closed - 1) == "2.00/2.00 0.00/0.00");
  CHECK(books.at("asset:till", closed) == "2.00/2.00 0.00/0.00 closed");
  CHECK(books.at("asset:till", closed + 1) == "2.00/2.00 0.00/0.00 closed");
  CHECK(books.at("asset:tills", closed) == "none");
}

TEST_CASE("of several entries of one millisecond the last is what the account was") {
  Books books;
  for (const char* reference : {"1", "2", "3"}) {
    books.ok(post_entry(reference, {"Dr asset:bank 1", "Cr liability:loans 1"}));
  }
  CHECK(books.at("asset:bank", books.now_ms() - 1) == "none");
  CHECK(books.at("asset:bank", books.now_ms()) == "3.00/0.00 0.00/0.00");
}

TEST_CASE("clearing accounts are those under two prefixes, and no others") {
  Books books;
  for (const char* code : {"asset:clearing:card", "liability:clearing:wire"}) {
    CHECK(books.refused(open_account(code)).reason == "invalid_clearing");
    CHECK(books.ok(books.clearing(code)).account().must_return_to_zero());
  }
  for (const char* code : {"asset:clearings:card", "equity:clearing:card", "asset:bank:clearing"}) {
    CHECK(books.refused(books.clearing(code)).reason == "invalid_clearing");
  }
}

TEST_CASE("a clearing account is uncleared since it left zero, whatever came after") {
  Books books;
  books.ok(books.clearing(kCard));
  books.ok(books.clearing("liability:clearing:wire"));
  CHECK(books.uncleared(books.now_ms()).empty());
  const std::string card(kCard);
  const std::int64_t left = books.tick();
  books.ok(post_entry("1", {"Dr asset:clearing:card 5", "Cr liability:loans 5"}));
  books.tick();
  books.ok(post_entry("2", {"Cr asset:clearing:card 8", "Dr liability:loans 8"}));
  const std::int64_t before_zero = books.now_ms();
  const std::int64_t zero = books.tick();
  books.ok(post_entry("3", {"Dr asset:clearing:card 3", "Cr liability:clearing:wire 3"}));
  const std::int64_t again = books.tick();
  books.ok(post_entry("4", {"Cr asset:clearing:card 1", "Dr liability:loans 1"}));
  const std::string since = " " + std::to_string(left);
  const std::string wire = "liability:clearing:wire 3.00 " + std::to_string(zero);
  CHECK(books.uncleared(left - 1).empty());
  CHECK(books.uncleared(left) == List{card + " -5.00" + since});
  CHECK(books.uncleared(before_zero) == List{card + " 3.00" + since});
  CHECK(books.uncleared(zero) == List{wire});
  CHECK(books.uncleared(again - 1) == List{wire});
  CHECK(books.uncleared(again) == List{card + " 1.00 " + std::to_string(again), wire});
}

TEST_CASE(
    "what is held has not passed through a clearing account, and does not leave it uncleared") {
  Books books;
  books.ok(books.clearing(kCard));
  const std::vector<std::string> lines = {"Dr asset:clearing:card 5", "Cr liability:loans 5"};
  const std::string hold = books.ok(pending_entry("h", lines)).entry().id();
  CHECK(books.uncleared(books.now_ms()).empty());
  const std::int64_t posted = books.tick();
  books.ok(post_hold("p", hold));
  CHECK(books.uncleared(posted - 1).empty());
  CHECK(books.uncleared(posted) == List{"asset:clearing:card -5.00 " + std::to_string(posted)});
  CHECK(books.refused(close_account(kCard)).reason == "account_not_zero");
}
