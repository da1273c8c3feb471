#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/log.hpp"
#include "ledger/reports.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

constexpr std::uint64_t kAll = ~std::uint64_t{0};

/// The commands of `books`, as if those up to `rules_1_until` had been logged under rules 1.
void repeat(BookFixture& books, BookFixture& into, std::uint64_t rules_1_until) {
  Overlay overlay(into.store());
  pb::Head head;
  head.set_hash(Hash256{}.raw());
  head.set_state_hash(Hash256{}.raw());
  const std::string prefix = keys::Key(keys::Table::Log);
  const auto visit = [&](std::string_view, std::string_view value) {
    pb::Envelope envelope;
    REQUIRE(envelope.ParseFromString(LogRecord::parse(value).value().envelope));
    envelope.clear_rules();
    if (envelope.sequence() > rules_1_until) envelope.set_rules(2);
    const Effect effect = apply_envelope(overlay, head, envelope);
    INFO("record " << envelope.sequence());
    REQUIRE(effect.reply.has_value());
    seal(overlay, head, envelope.SerializeAsString());
    return true;
  };
  REQUIRE(books.store().scan(prefix, store::prefix_end(prefix), visit).has_value());
  overlay.put(keys::head(), head.SerializeAsString());
  overlay.keep();
  REQUIRE(into.store().write(overlay.take_batch(), store::Durability::Written).has_value());
}

pb::AssignTransfer assign(BookFixture& books, std::string_view log, const pb::Intent& intent) {
  pb::AssignTransfer command;
  command.set_transfer(books.transfer(log).id());
  command.set_intent(intent.id());
  return command;
}

std::size_t seen_by(BookFixture& books, const std::string& merchant) {
  return reports::transfers(books.store(), merchant, {}, {}).value().data.size();
}

}  // namespace

TEST_CASE("an assignment that a reorganisation took back under rules 1 stays forgotten") {
  BookFixture books;
  const std::string shop = books.set_up();
  const std::string other = books.merchant("Other");
  const pb::Intent lost = books.intent(other, "25");
  books.clock().advance(kExpiresInMs + kLateWindowMs + 1);
  const pb::Intent intent = books.intent(shop, "25");
  const pb::ObservedTransfer log = paid(lost.deposit_address(), "25", "lost");
  books.mine({log});
  books.ok(assign(books, "lost", intent));
  books.rewind(100);
  books.see({block(101, books.now_ms(), {log}, "b", "a")}, 101);
  REQUIRE(books.transfer("lost").disposition() == pb::MATCHED);

  BookFixture then;
  repeat(books, then, kAll);
  const pb::Transfer back = then.transfer("lost");
  CHECK(back.disposition() == pb::SUSPENSE);
  CHECK_FALSE(back.assigned());
  CHECK_FALSE(back.has_source_account());
  CHECK(then.balance(shop) == "0.00 0.00 0.00");
  CHECK(then.counters("liability:suspense:late:USDC") == "0.00/25.00 0.00/0.00");
  CHECK(seen_by(then, shop) == 1);
  CHECK(seen_by(then, other) == 1);

  BookFixture now;
  repeat(books, now, 0);
  CHECK(dump(now.store()) == dump(books.store()));
}

TEST_CASE("what was final under rules 1 was not counted, and can be refunded all the same") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25");
  books.mine(
      {paid(intent.deposit_address(), "10", "one"), paid(intent.deposit_address(), "15", "two")},
      101);
  books.mine({paid(intent.deposit_address(), "7", "unfinal")});
  books.mine();
  const std::uint64_t before = books.book().head().sequence();
  books.ok(request_refund(intent, "5"));
  CHECK(books.refused(request_refund(intent, "20.000001")).reason == "refund_exceeds_payment");
  books.ok(request_refund(intent, "20"));

  BookFixture then;
  repeat(books, then, before);
  CHECK(then.intent(intent.id()).finalized().empty());
  CHECK(text_of(then.intent(intent.id()).refunded()) == "25.00");
  CHECK(then.balance(shop) == "0.00 7.00 25.00");

  books.mine({}, 102);
  BookFixture later;
  repeat(books, later, before);
  CHECK(text_of(later.intent(intent.id()).finalized()) == "32.00");
  CHECK(text_of(books.intent(intent.id()).finalized()) == "32.00");
}

TEST_CASE("a transfer that was seen under rules 1 is taken from its source when it is confirmed") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent one = books.intent(shop, "25");
  const pb::Intent two = books.intent(shop, "25");
  books.mine({paid(one.deposit_address(), "25", "pay")}, 101);
  books.mine({paid(two.deposit_address(), "25", "move", one.deposit_address())});
  const std::uint64_t seen = books.book().head().sequence();
  books.mine({}, 103);
  for (const std::uint64_t until : {std::uint64_t{0}, seen, kAll}) {
    BookFixture then;
    repeat(books, then, until);
    CHECK(then.transfer("move").has_source_account() == (until == 0));
    CHECK(then.counters("asset:deposits:base:USDC") == "50.00/25.00 0.00/0.00");
    CHECK(then.counters("equity:treasury:USDC") == "25.00/0.00 0.00/0.00");
    CHECK(then.balance(shop) == "50.00 0.00 0.00");
  }
}
