#include "ledger/fees.hpp"

#include <catch2/catch.hpp>

#include "ledger/reports.hpp"
#include "ledger/verify.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

constexpr auto kIncome = "income:fees:USDC";
constexpr uint128 kMost = ~uint128{0};

pb::CreateIntent with_fee(const std::string& merchant, std::string_view amount, std::uint32_t bps,
                          std::string_view fixed) {
  pb::CreateIntent create = create_intent(merchant, amount);
  create.set_fee_bps(bps);
  create.set_fee_fixed(money(fixed));
  return create;
}

/// One final payment to the intent.
void pay(BookFixture& books, const pb::Intent& intent, std::string_view amount,
         std::string_view log) {
  books.mine({paid(intent.deposit_address(), amount, log)}, books.chain().head().number() + 1);
}

std::string fee_text(std::string_view amount, std::uint32_t bps, std::string_view due) {
  const Fee fee = fee_of(Amount::parse(amount).value(), bps, Amount::parse(due).value());
  return fee.total.to_string() + " " + fee.fixed.to_string();
}

std::vector<std::string> kinds_of(BookFixture& books, const std::string& subject) {
  std::vector<std::string> kinds;
  reports::PageRequest all;
  all.limit = 100;
  for (const pb::Entry& entry : reports::entries(books.store(), {}, false, all).value().data) {
    if (entry.subject() == subject) kinds.insert(kinds.begin(), entry.kind());
  }
  return kinds;
}

}  // namespace

TEST_CASE("a fee is a share rounded up to six decimals and a fixed part, at most the amount") {
  struct Case {
    std::string_view amount;
    std::uint32_t bps;
    std::string_view due;
    std::string_view total_and_fixed;
  };
  const std::vector<Case> cases = {
      {"25", 0, "0", "0.00 0.00"},
      {"25", 100, "0", "0.25 0.00"},
      {"25", 1, "0", "0.0025 0.00"},
      {"25", 290, "0.30", "1.025 0.30"},
      // What does not come out even goes to the house, in the sixth decimal.
      {"0.01", 1, "0", "0.000001 0.00"},
      {"0.010001", 1, "0", "0.000002 0.00"},
      {"0.019999", 1, "0", "0.000002 0.00"},
      {"0.02", 1, "0", "0.000002 0.00"},
      {"33.333333", 333, "0", "1.11 0.00"},
      {"33.333334", 333, "0", "1.110001 0.00"},
      {"0.000001", 1, "0", "0.000001 0.00"},
      {"0.000001", 9999, "0", "0.000001 0.00"},
      {"1", 9999, "0", "0.9999 0.00"},
      // Nothing is taken that did not come.
      {"0.000000000000000001", 1, "0", "0.000000000000000001 0.00"},
      {"0.000000999999999999", 5000, "0", "0.000000999999999999 0.00"},
      {"0.000001000000000001", 10'000, "0", "0.000001000000000001 0.00"},
      {"25", 10'000, "0", "25.00 0.00"},
      {"25", 10'000, "1", "25.00 0.00"},
      {"0.20", 0, "0.30", "0.20 0.20"},
      {"0.30", 0, "0.30", "0.30 0.30"},
      {"0.30", 100, "0.30", "0.30 0.297"},
      {"0.303030", 100, "0.30", "0.303030 0.299999"},
      {"0.303031", 100, "0.30", "0.303031 0.30"},
      {"0.303032", 100, "0.30", "0.303031 0.30"},
  };
  for (const Case& each : cases) {
    INFO(each.amount << " at " << each.bps << " with " << each.due << " due");
    const auto blank = each.total_and_fixed.find(' ');
    const Amount total = Amount::parse(each.total_and_fixed.substr(0, blank)).value();
    const Amount fixed = Amount::parse(each.total_and_fixed.substr(blank + 1)).value();
    CHECK(fee_text(each.amount, each.bps, each.due) == total.to_string() + " " + fixed.to_string());
  }
}

TEST_CASE("a fee of the largest amounts does not overflow") {
  const Amount most = Amount::from_units(kMost);
  CHECK(fee_of(most, 10'000, most).total == most);
  CHECK(fee_of(most, 0, most).total == most);
  CHECK(fee_of(most, 9'999, most).total == most);
  // (2^128 - 1) * 9999 / 10000, and up to the next 10^-6.
  const Fee fee = fee_of(most, 9'999, {});
  CHECK(fee.total.to_string() == "340248338684246369617.02827");
  for (const std::uint32_t bps : {1U, 5'000U, 9'999U, 10'000U}) {
    for (const uint128 units : {kMost - 1, kMost / 10'000, kMost / 3, uint128{1}, uint128{9'999}}) {
      const Amount amount = Amount::from_units(units);
      const Amount total = fee_of(amount, bps, {}).total;
      CHECK(total <= amount);
      CHECK(total >= amount.basis_points(bps).value());
    }
  }
}

TEST_CASE("an intent keeps the fee that it was made with, and is charged it when money is final") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.ok(with_fee(shop, "25", 290, "0.30")).intent();
  books.mine({paid(intent.deposit_address(), "25", "tx")});
  books.mine();
  CHECK(books.balance(shop) == "0.00 25.00 0.00");
  CHECK(books.counters(kIncome) == "none");
  CHECK(books.transfer("tx").fee().empty());
  const std::uint64_t before = books.last_event();

  books.mine({}, 103);
  CHECK(books.balance(shop) == "23.975 0.00 0.00");
  CHECK(books.counters(kIncome) == "0.00/1.025 0.00/0.00");
  const pb::Transfer transfer = books.transfer("tx");
  CHECK(text_of(transfer.fee()) == "1.025");
  const pb::Intent paid_one = books.intent(intent.id());
  CHECK(text_of(paid_one.fee_charged()) == "1.025");
  CHECK(text_of(paid_one.fee_fixed_charged()) == "0.30");
  CHECK(text_of(paid_one.finalized()) == "25.00");
  CHECK(paid_one.version() > intent.version());
  CHECK(kinds_of(books, TransferId::from_raw(transfer.id()).to_string()) ==
        std::vector<std::string>{"transfer.confirmed", "transfer.finalized", "fee.charged"});
  const auto events = reports::events(books.store(), shop, before, 10).value().data;
  REQUIRE(events.size() == 1);
  CHECK(events[0].type() == "transfer.finalized");
  CHECK(events[0].transfer().fee() == transfer.fee());
  CHECK(verify(books.store()).has_value());
}

TEST_CASE("the fixed fee is taken once, of as many transfers as it needs") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.ok(with_fee(shop, "25", 100, "0.30")).intent();
  pay(books, intent, "0.000001", "dust");
  CHECK(text_of(books.transfer("dust").fee()) == "0.000001");
  pay(books, intent, "0.10", "little");
  CHECK(text_of(books.transfer("little").fee()) == "0.10");
  CHECK(books.balance(shop) == "0.00 0.00 0.00");
  pay(books, intent, "10", "more");
  // The share of the dust was all of it, of the little 0.001, so 0.099 of the fixed part.
  CHECK(text_of(books.transfer("more").fee()) == "0.301");
  pay(books, intent, "10", "rest");
  CHECK(text_of(books.transfer("rest").fee()) == "0.10");
  CHECK(text_of(books.intent(intent.id()).fee_fixed_charged()) == "0.30");
  CHECK(text_of(books.intent(intent.id()).fee_charged()) == "0.501001");
  CHECK(books.counters(kIncome) == "0.00/0.501001 0.00/0.00");
  CHECK(verify(books.store()).has_value());
}

TEST_CASE("two transfers that are final at once are charged one after the other") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.ok(with_fee(shop, "25", 0, "0.30")).intent();
  books.mine({paid(intent.deposit_address(), "10", "one/0"),
              paid(intent.deposit_address(), "15", "one/1")},
             101);
  CHECK(text_of(books.transfer("one/0").fee()) == "0.30");
  CHECK(books.transfer("one/1").fee().empty());
  CHECK(text_of(books.intent(intent.id()).finalized()) == "25.00");
  CHECK(books.balance(shop) == "24.70 0.00 0.00");
}

TEST_CASE("what comes too much, in part and after the expiry is charged too, suspense is not") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.ok(with_fee(shop, "10", 1'000, "0")).intent();
  pay(books, intent, "30", "over");
  CHECK(books.balance(shop) == "27.00 0.00 0.00");
  books.clock().advance(kExpiresInMs + kLateWindowMs + 1);
  pay(books, intent, "10", "late");
  CHECK(books.transfer("late").disposition() == pb::SUSPENSE);
  CHECK(books.transfer("late").fee().empty());
  CHECK(books.balance(shop) == "27.00 0.00 0.00");
  CHECK(books.counters(kIncome) == "0.00/3.00 0.00/0.00");
}

TEST_CASE("suspense money is charged the fee of the intent that it is given to, when it is final") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.ok(with_fee(shop, "25", 100, "0.30")).intent();
  const bool final_before = GENERATE(true, false);
  books.mine({paid(deposit_address(7), "25", "lost")}, final_before ? 101 : 0);
  pb::AssignTransfer assign;
  assign.set_transfer(books.transfer("lost").id());
  assign.set_intent(intent.id());
  const pb::Transfer assigned = books.ok(assign).transfer();
  CHECK(assigned.fee().empty() != final_before);
  if (!final_before) books.mine({}, 102);
  CHECK(text_of(books.transfer("lost").fee()) == "0.55");
  CHECK(books.balance(shop) == "24.45 0.00 0.00");
  CHECK(text_of(books.intent(intent.id()).finalized()) == "25.00");
  CHECK(verify(books.store()).has_value());
}

TEST_CASE("a reorganisation before finality charges nothing, and once when the money is back") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.ok(with_fee(shop, "25", 100, "0.30")).intent();
  const pb::ObservedTransfer log = paid(intent.deposit_address(), "25", "tx");
  books.mine({log});
  books.mine();
  books.rewind(100);
  CHECK(books.counters(kIncome) == "none");
  books.see({block(101, books.now_ms(), {log}, "b", "a")}, 101);
  CHECK(books.balance(shop) == "24.45 0.00 0.00");
  CHECK(books.counters(kIncome) == "0.00/0.55 0.00/0.00");
}

TEST_CASE("an intent of which the fee would leave nothing is refused") {
  BookFixture books;
  const std::string shop = books.set_up();
  const Error fixed = books.refused(with_fee(shop, "0.30", 0, "0.30"));
  CHECK(fixed.code == Errc::Rejected);
  CHECK(fixed.reason == "amount_too_small");
  CHECK(fixed.param == "amount");
  CHECK(books.refused(with_fee(shop, "0.303031", 100, "0.30")).reason == "amount_too_small");
  books.ok(with_fee(shop, "0.303032", 100, "0.30"));
  CHECK(books.refused(with_fee(shop, "0.000001", 1, "0")).reason == "amount_too_small");
  books.ok(with_fee(shop, "0.000002", 1, "0"));
  CHECK(books.refused(with_fee(shop, "1000", 10'000, "0")).reason == "amount_too_small");
  const Error bps = books.refused(with_fee(shop, "1000", 10'001, "0"));
  CHECK(bps.code == Errc::Invalid);
  CHECK(bps.reason == "invalid_fee");
  books.ok(with_fee(shop, "0.000001", 0, "0"));
}

TEST_CASE("without a fee there is no entry and no account for it") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25");
  pay(books, intent, "25", "tx");
  CHECK(books.balance(shop) == "25.00 0.00 0.00");
  CHECK(books.counters(kIncome) == "none");
  CHECK(books.transfer("tx").fee().empty());
  CHECK(books.intent(intent.id()).fee_charged().empty());
}
