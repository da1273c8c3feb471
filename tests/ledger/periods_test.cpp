#include "ledger/periods.hpp"

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/log.hpp"
#include "ledger/types/signed_amount.hpp"
#include "ledger/verify.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using settled::tests::money;

namespace {

const AccountRef kFees = {"income:fees:USDC", "USDC"};
const AccountRef kGas = chart::network_fees("USDC");
const AccountRef kGasEth = chart::network_fees("ETH");
const AccountRef kBank = chart::treasury("USDC");
const AccountRef kBankEth = chart::treasury("ETH");
const AccountRef kEarned = chart::retained_earnings("USDC");

Amount amount(std::string_view text) {
  return Amount::parse(text).value();
}

/// Entries and closings at chosen times, each a command of its own.
class Ledger {
 public:
  void earn(std::int64_t ms, std::string_view sum) {
    move(ms, {debit(kBank, amount(sum)), credit(kFees, amount(sum))});
  }
  void spend(std::int64_t ms, std::string_view sum, const AccountRef& on = kGas,
             const AccountRef& from = kBank) {
    move(ms, {debit(on, amount(sum)), credit(from, amount(sum))});
  }
  void move(std::int64_t ms, const std::vector<Posting>& lines) {
    State now = at(ms);
    REQUIRE(post(now, "test", "", lines).has_value());
    commit();
  }
  Result<pb::Period> close(std::int64_t ms, std::int64_t until, const std::string& name = "May") {
    pb::ClosePeriod command;
    command.set_name(name);
    command.set_until(until);
    State now = at(ms);
    const pb::Head before = head_;
    const auto reply = apply(now, command);
    if (reply) {
      commit();
      return reply->period();
    }
    overlay_.discard();
    head_ = before;
    return std::unexpected(reply.error());
  }
  void put(const pb::Account& account) {
    State now = at(1);
    now.put(keys::account(account.code()), account);
    commit();
  }

  /// "debit ACCOUNT SUM" of each line of a period's entry.
  std::vector<std::string> lines(const pb::Period& period) {
    std::vector<std::string> out;
    if (period.entry().empty()) return out;
    const auto entry = read_record<pb::Entry>(store(), keys::entry(period.entry())).value();
    REQUIRE(entry.has_value());
    for (const pb::Line& line : entry->lines()) {
      out.push_back((line.credit() ? "credit " : "debit ") + line.account() + " " +
                    tests::text_of(line.amount()));
    }
    return out;
  }
  /// Posted "debits/credits" of an account in a trial balance.
  static std::string figure(const reports::TrialBalance& balance, const AccountRef& account) {
    for (const pb::Account& each : balance.accounts) {
      if (each.code() != account.code) continue;
      const CounterAmounts at = amounts_of(each.counters()).value();
      return SignedAmount::between(at.credits_posted, at.debits_posted).to_string();
    }
    return "none";
  }
  reports::PeriodBalances balances(const pb::Period& period) {
    const auto out = reports::period_balances(store(), period);
    if (!out) FAIL(out.error().detail);
    return *out;
  }
  store::Store& store() { return books_.store(); }

 private:
  State at(std::int64_t ms) {
    head_.set_time(ms);
    return {overlay_, head_, from_ms(ms), entropy_, kRules};
  }
  void commit() {
    overlay_.put(keys::head(), head_.SerializeAsString());
    overlay_.keep();
    REQUIRE(store().write(overlay_.take_batch(), store::Durability::Written).has_value());
  }

  tests::BookFixture books_;
  Overlay overlay_{books_.store()};
  pb::Head head_;
  std::string entropy_ = std::string(10, 'e');
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("Closing a period moves what it earned and spent to the retained earnings") {
  Ledger ledger;
  ledger.earn(1'000, "10");
  ledger.spend(1'500, "3");
  ledger.spend(1'600, "0.002", kGasEth, kBankEth);
  const pb::Period may = ledger.close(5'000, 2'000).value();
  CHECK(may.number() == 1);
  CHECK(may.name() == "May");
  CHECK(may.from() == 0);
  CHECK(may.until() == 2'000);
  CHECK(may.closed() == 5'000);
  CHECK(may.entry_sequence() == 3);
  CHECK(ledger.lines(may) ==
        Lines{"credit expense:network_fees:ETH 0.002", "credit expense:network_fees:USDC 3.00",
              "debit income:fees:USDC 10.00", "debit equity:retained_earnings:ETH 0.002",
              "credit equity:retained_earnings:USDC 7.00"});
}

TEST_CASE("A period ends before the millisecond of its end") {
  Ledger ledger;
  ledger.earn(1'999, "1");
  ledger.earn(2'000, "20");
  const pb::Period first = ledger.close(2'000, 2'000).value();
  CHECK(first.entry_sequence() == 1);
  CHECK(ledger.lines(first).front() == "debit income:fees:USDC 1.00");
  const pb::Period second = ledger.close(3'000, 2'001).value();
  CHECK(second.from() == 2'000);
  CHECK(second.entry_sequence() == 3);  // the first closing is of that millisecond too
  CHECK(ledger.lines(second).front() == "debit income:fees:USDC 20.00");
}

TEST_CASE("A closing counts neither what came after its end nor what earlier closings moved") {
  Ledger ledger;
  ledger.earn(1'000, "1");
  ledger.earn(2'000, "20");
  ledger.earn(3'000, "300");
  ledger.earn(9'000, "4000");
  SECTION("closed late, one after the other") {
    CHECK(ledger.lines(ledger.close(9'000, 1'500).value()).front() ==
          "debit income:fees:USDC 1.00");
    CHECK(ledger.lines(ledger.close(9'000, 2'500).value()).front() ==
          "debit income:fees:USDC 20.00");
    CHECK(ledger.lines(ledger.close(9'500, 3'500).value()).front() ==
          "debit income:fees:USDC 300.00");
  }
  SECTION("closed late, then a period that contains those closings") {
    CHECK(ledger.close(9'000, 1'500).has_value());
    CHECK(ledger.close(9'001, 2'500).has_value());
    CHECK(ledger.lines(ledger.close(9'500, 9'001).value()).front() ==
          "debit income:fees:USDC 4300.00");
  }
  CHECK(ledger.close(9'999, 9'999).has_value());
  const auto now = reports::trial_balance(ledger.store(), {}, {}).value();
  CHECK(Ledger::figure(now, kFees) == "0.00");
  CHECK(Ledger::figure(now, kEarned) == "4321.00");
}

TEST_CASE("A period that earned nothing has no entry, one that lost has a debit") {
  Ledger ledger;
  CHECK(ledger.close(1'000, 500).value().entry().empty());
  ledger.spend(1'100, "5");
  CHECK(ledger.lines(ledger.close(2'000, 1'500).value()) ==
        Lines{"credit expense:network_fees:USDC 5.00", "debit equity:retained_earnings:USDC 5.00"});
  ledger.earn(2'100, "4");
  ledger.spend(2'200, "4");
  CHECK(ledger.lines(ledger.close(3'000, 2'500).value()) ==
        Lines{"credit expense:network_fees:USDC 4.00", "debit income:fees:USDC 4.00"});
}

TEST_CASE("A period that is not over, overlaps or has no name is refused") {
  Ledger ledger;
  CHECK(ledger.close(2'000, 2'001).error().reason == "period_not_over");
  CHECK(ledger.close(2'000, 2'001).error().code == Errc::Rejected);
  REQUIRE(ledger.close(2'000, 2'000).has_value());
  CHECK(ledger.close(3'000, 2'000).error().reason == "period_overlaps");
  CHECK(ledger.close(3'000, 1'999).error().code == Errc::Conflict);
  CHECK(ledger.close(3'000, 0).error().reason == "invalid_time");
  CHECK(ledger.close(3'000, 2'500, "").error().reason == "invalid_name");
  CHECK(ledger.close(3'000, 2'500, std::string(201, 'x')).error().reason == "invalid_name");
  CHECK(ledger.close(3'000, 2'001, std::string(200, 'x')).value().number() == 2);
}

TEST_CASE("A clearing account must be at zero at the period's end, not before or after") {
  Ledger ledger;
  const AccountRef clearing = {"asset:clearing:card:USDC", "USDC"};
  pb::Account account;
  account.set_code(clearing.code);
  account.set_currency("USDC");
  account.set_must_return_to_zero(true);
  account.set_created(1);
  ledger.put(account);
  ledger.move(1'000, {debit(clearing, amount("5")), credit(kBank, amount("5"))});
  const Error refused = ledger.close(9'000, 1'500).error();
  CHECK(refused.reason == "clearing_not_zero");
  CHECK(refused.code == Errc::Conflict);
  CHECK(refused.detail == "asset:clearing:card:USDC has -5.00 at the end of the period");
  CHECK(ledger.close(9'000, 1'000).has_value());
  ledger.move(2'000, {debit(kBank, amount("5")), credit(clearing, amount("5"))});
  ledger.move(3'000, {debit(clearing, amount("7")), credit(kBank, amount("7"))});
  CHECK(ledger.close(9'000, 2'000).error().reason == "clearing_not_zero");
  CHECK(ledger.close(9'000, 2'001).has_value());
}

TEST_CASE("A closed period's figures stay, whatever is posted and closed after it") {
  Ledger ledger;
  ledger.earn(1'000, "10");
  ledger.spend(1'100, "4");
  ledger.earn(4'000, "100");
  const pb::Period first = ledger.close(5'000, 2'000).value();
  const auto figures = [&](const pb::Period& period) {
    const auto at = ledger.balances(period);
    return Lines{
        Ledger::figure(at.before_closing, kFees),   Ledger::figure(at.before_closing, kGas),
        Ledger::figure(at.before_closing, kEarned), Ledger::figure(at.after_closing, kFees),
        Ledger::figure(at.after_closing, kGas),     Ledger::figure(at.after_closing, kEarned)};
  };
  const Lines told = {"10.00", "-4.00", "none", "0.00", "0.00", "6.00"};
  CHECK(figures(first) == told);
  ledger.earn(6'000, "1000");
  const pb::Period second = ledger.close(6'000, 4'500).value();
  const pb::Period third = ledger.close(7'000, 6'500).value();
  CHECK(figures(first) == told);
  CHECK(figures(second) == Lines{"100.00", "0.00", "6.00", "0.00", "0.00", "106.00"});
  CHECK(figures(third) == Lines{"1000.00", "0.00", "106.00", "0.00", "0.00", "1106.00"});
}

TEST_CASE("More result accounts or late closings than one command looks at are refused by name") {
  Ledger ledger;
  SECTION("result accounts") {
    for (std::size_t i = 0; i < kMaxResultAccounts; i += 100) {
      std::vector<Posting> lines;
      for (std::size_t j = i; j < i + 100; ++j) {
        lines.push_back(debit({"expense:e" + std::to_string(j), "USDC"}, amount("1")));
      }
      lines.push_back(credit(kBank, amount("100")));
      ledger.move(1'000, lines);
    }
    CHECK(ledger.close(2'000, 500).has_value());
    CHECK(ledger.lines(ledger.close(2'000, 1'500).value()).size() == kMaxResultAccounts + 1);
    ledger.spend(3'000, "1");
    CHECK(ledger.close(5'000, 4'000).error().reason == "too_many_result_accounts");
  }
  SECTION("closings") {
    for (std::size_t i = 1; i <= kMaxLaterClosings; ++i) {
      REQUIRE(ledger.close(9'000, static_cast<std::int64_t>(i)).has_value());
    }
    CHECK(ledger.close(9'000, 500).has_value());
    CHECK(ledger.close(9'001, 600).error().reason == "too_many_later_closings");
    CHECK(ledger.close(9'002, 9'001).has_value());
  }
}

TEST_CASE("Periods are listed newest first, in pages, and found by their ids") {
  Ledger ledger;
  std::vector<std::string> ids;
  for (std::int64_t i = 1; i <= 5; ++i) {
    ids.insert(ids.begin(), ledger.close(1'000 * i, 1'000 * i).value().id());
  }
  const auto page = [&](const reports::PageRequest& request) {
    std::vector<std::string> out;
    const auto found = reports::periods(ledger.store(), request).value();
    for (const pb::Period& period : found.data) out.push_back(period.id());
    out.emplace_back(found.has_more ? "more" : "end");
    return out;
  };
  using Ids = std::vector<std::string>;
  CHECK(page({2, {}, {}}) == Ids{ids[0], ids[1], "more"});
  CHECK(page({2, ids[1], {}}) == Ids{ids[2], ids[3], "more"});
  CHECK(page({2, ids[3], {}}) == Ids{ids[4], "end"});
  CHECK(page({2, {}, ids[4]}) == Ids{ids[2], ids[3], "more"});
  CHECK(page({5, {}, ids[1]}) == Ids{ids[0], "end"});
  const std::string nobody(16, 'x');
  CHECK(reports::periods(ledger.store(), {20, nobody, {}}).error().reason == "invalid_cursor");
  for (const std::string& id : ids) {
    CHECK(reports::period_by_id(ledger.store(), id).value().value().id() == id);
  }
  CHECK_FALSE(reports::period_by_id(ledger.store(), nobody).value().has_value());
}

TEST_CASE("The book closes a period by a command: fees become retained earnings") {
  tests::BookFixture books;
  const std::string shop = books.set_up();
  pb::CreateIntent create = tests::create_intent(shop, "10");
  create.set_fee_bps(100);
  const pb::Intent intent = books.ok(create).intent();
  books.mine({tests::paid(intent.deposit_address(), "10", "tx")}, 101);
  REQUIRE(books.counters(kFees.code) == "0.00/0.10 0.00/0.00");
  books.clock().advance(1'000);
  const std::uint64_t entries = books.book().head().entry_sequence();
  pb::Command command;
  command.mutable_close_period()->set_name("first");
  command.mutable_close_period()->set_until(books.now_ms());
  const auto closed = books.book().apply(command);
  REQUIRE(closed.has_value());
  CHECK(closed->reply.period().number() == 1);
  CHECK(closed->reply.period().entry_sequence() == entries);
  CHECK(books.counters(kFees.code) == "0.10/0.10 0.00/0.00");
  CHECK(books.counters(kEarned.code) == "0.00/0.10 0.00/0.00");
  CHECK(books.book().apply(command).error().reason == "period_overlaps");
  CHECK(verify(books.store()).has_value());
}
