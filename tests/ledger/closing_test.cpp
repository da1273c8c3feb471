#include <catch2/catch.hpp>

#include "ledger/verify.hpp"
#include "tests/support/journal_commands.hpp"

/// What closed accounts, holds and periods are to one another; see account_ends_test too.
using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

constexpr std::string_view kCard = "asset:clearing:card";

class Accounts : public BookFixture {
 public:
  Accounts() {
    for (const std::string_view code :
         {"asset:bank", "asset:till", "income:sales", "income:old", "expense:rent"}) {
      ok(open_account(code));
    }
  }
  ~Accounts() { CHECK(verify(store()).has_value()); }
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;

  /// An entry of its own, a second after what came before; when it was.
  std::int64_t book(const std::vector<std::string>& lines) {
    return ok(post_entry(reference(), lines)).entry().created();
  }
  std::string hold(const std::vector<std::string>& lines, std::int64_t timeout_ms = 0) {
    return ok(pending_entry(reference(), lines, timeout_ms)).entry().id();
  }
  std::string reference() {
    clock().advance(1'000);
    return "ref-" + std::to_string(++entries_);
  }

 private:
  int entries_ = 0;
};

pb::Command close_period(std::int64_t until) {
  pb::Command out;
  out.mutable_close_period()->set_name("a period");
  out.mutable_close_period()->set_until(until);
  return out;
}

}  // namespace

TEST_CASE("what was held on a closed account is let go, not posted") {
  Accounts books;
  const std::vector<std::string> lines = {"Dr asset:till 3", "Cr income:sales 3"};
  const std::string voided = books.hold(lines);
  const std::string expired = books.hold(lines, 10'000);
  const std::string left = books.hold({"Dr asset:till 3", "Dr asset:bank 1", "Cr income:sales 4"});
  books.ok(close_account("asset:till"));  // nothing is posted on it
  CHECK(books.counters("asset:till") == "0.00/0.00 9.00/0.00");
  CHECK(books.refused(post_hold("p", voided)).reason == "account_closed");
  CHECK(books.ok(void_hold("v", voided)).entry().phase() == pb::VOIDED);
  books.clock().advance(10'000);
  CHECK(books.ok(expire_holds()).count() == 1);
  CHECK(books.counters("asset:till") == "0.00/0.00 3.00/0.00");
  // The part that is not of the closed account can be posted still; the rest is let go.
  books.ok(post_hold("part", left, {"0", "1", "1"}));
  CHECK(books.counters("asset:till") == "0.00/0.00 0.00/0.00");
  CHECK(books.counters("asset:bank") == "1.00/0.00 0.00/0.00");
}

TEST_CASE("the close of a period alone still posts to a closed account") {
  Accounts books;
  const std::int64_t earned = books.book({"Dr asset:bank 10", "Cr income:old 10"});
  books.book({"Dr income:old 10", "Cr income:sales 10"});
  books.clock().advance(1'000);
  books.ok(close_account("income:old"));
  books.clock().advance(1'000);
  books.ok(close_period(earned + 1));
  // What it earned in the period is taken off it, what came off it after is the next period's.
  CHECK(books.counters("income:old") == "20.00/10.00 0.00/0.00");
  CHECK(books.ok(close_account("income:old")).account().closed() != 0);
  const std::vector<std::string> lines = {"Dr asset:bank 1", "Cr income:old 1"};
  CHECK(books.refused(post_entry("x", lines)).reason == "account_closed");
  books.ok(close_period(books.now_ms()));
  CHECK(books.counters("income:old") == "20.00/20.00 0.00/0.00");
  CHECK(books.counters("equity:retained_earnings:USD") == "0.00/10.00 0.00/0.00");
}

TEST_CASE("a clearing account closes like any other, and a period only when it is at zero") {
  Accounts books;
  pb::OpenAccount open = open_account(kCard);
  open.set_must_return_to_zero(true);
  books.ok(open);
  const std::int64_t left = books.book({"Dr asset:clearing:card 5", "Cr income:sales 5"});
  CHECK(books.refused(close_account(kCard)).reason == "account_not_zero");
  const std::int64_t back = books.book({"Dr asset:bank 5", "Cr asset:clearing:card 5"});
  books.clock().advance(1'000);
  books.ok(close_account(kCard));
  CHECK(books.refused(close_period(left + 1)).reason == "clearing_not_zero");
  books.ok(close_period(back + 1));
}
