#include "ledger/intents.hpp"

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;
using Types = std::vector<std::string>;

namespace {

struct Case {
  std::string name;
  std::string received;
  std::string confirmed;
  std::string late;
  bool expired;
  bool canceled;
  bool was_reversed;
  pb::IntentStatus status;
  std::uint32_t labels;
};

pb::ExpireIntents expire(std::uint32_t limit = 100) {
  pb::ExpireIntents command;
  command.set_limit(limit);
  return command;
}

pb::CancelIntent cancel(const std::string& id) {
  pb::CancelIntent command;
  command.set_id(id);
  return command;
}

}  // namespace

TEST_CASE("status and labels follow from the sums") {
  // Of an intent over 100 with a tolerance of 1.
  const std::vector<Case> cases = {
      {"nothing", "0", "0", "0", false, false, false, pb::REQUIRES_PAYMENT, 0},
      {"part", "40", "0", "0", false, false, false, pb::PARTIALLY_PAID, 0},
      {"part, confirmed", "40", "40", "0", false, false, false, pb::PARTIALLY_PAID, 0},
      {"just short", "98.99", "98.99", "0", false, false, false, pb::PARTIALLY_PAID, 0},
      {"seen", "100", "0", "0", false, false, false, pb::PROCESSING, 0},
      {"seen, part of it confirmed", "100", "60", "0", false, false, false, pb::PROCESSING, 0},
      {"paid", "100", "100", "0", false, false, false, pb::SUCCEEDED, 0},
      {"within tolerance, seen", "99", "0", "0", false, false, false, pb::PROCESSING, 0},
      {"within tolerance", "99", "99", "0", false, false, false, pb::SUCCEEDED, kUnderpaid},
      {"too much, seen", "101", "0", "0", false, false, false, pb::PROCESSING, kOverpaid},
      {"too much", "101", "101", "0", false, false, false, pb::SUCCEEDED, kOverpaid},
      {"enough, more on its way", "150", "100", "0", false, false, false, pb::SUCCEEDED, kOverpaid},
      {"expired", "0", "0", "0", true, false, false, pb::EXPIRED, 0},
      {"expired with a part", "40", "40", "0", true, false, false, pb::EXPIRED, kUnderpaid},
      {"expired, seen in time", "100", "0", "0", true, false, false, pb::PROCESSING, 0},
      {"paid late", "100", "100", "100", true, false, false, pb::SUCCEEDED, kLate},
      {"paid late, seen", "100", "0", "100", true, false, false, pb::PROCESSING, kLate},
      {"completed late", "100", "100", "60", true, false, false, pb::SUCCEEDED, kLate},
      {"completed in time, then more", "150", "150", "50", true, false, false, pb::SUCCEEDED,
       kOverpaid},
      {"canceled", "0", "0", "0", false, true, false, pb::CANCELED, 0},
      {"canceled with a part", "40", "40", "0", false, true, false, pb::CANCELED, kUnderpaid},
      {"reversed", "0", "0", "0", false, false, true, pb::REQUIRES_PAYMENT, kReversed},
      {"reversed and paid again", "100", "100", "0", false, false, true, pb::SUCCEEDED, kReversed},
      {"reversed after expiry", "0", "0", "0", true, false, true, pb::EXPIRED, kReversed},
  };
  for (const Case& each : cases) {
    INFO(each.name);
    IntentFacts facts;
    facts.amount = Amount::parse("100").value();
    facts.required = Amount::parse("99").value();
    facts.received = Amount::parse(each.received).value();
    facts.confirmed = Amount::parse(each.confirmed).value();
    facts.received_late = Amount::parse(each.late).value();
    facts.expired = each.expired;
    facts.canceled = each.canceled;
    facts.was_reversed = each.was_reversed;
    CHECK(status_of(facts) == each.status);
    CHECK(labels_of(facts, each.status) == each.labels);
  }
}

TEST_CASE("an intent that is paid in two parts goes through every state") {
  BookFixture books;
  const std::string shop = books.set_up();
  const std::uint64_t before = books.last_event();
  const pb::Intent intent = books.intent(shop, "25.00");
  CHECK(intent.status() == pb::REQUIRES_PAYMENT);
  CHECK(intent.deposit_address() == deposit_address(0));

  books.mine({paid(intent.deposit_address(), "10", "tx1")});
  CHECK(books.intent(intent.id()).status() == pb::PARTIALLY_PAID);
  CHECK(text_of(books.intent(intent.id()).received()) == "10.00");
  CHECK(books.balance(shop) == "0.00 0.00 0.00");
  books.mine({paid(intent.deposit_address(), "15", "tx2")});
  CHECK(books.intent(intent.id()).status() == pb::PROCESSING);
  CHECK(text_of(books.intent(intent.id()).received()) == "25.00");
  CHECK(text_of(books.intent(intent.id()).confirmed()) == "10.00");
  CHECK(books.balance(shop) == "0.00 10.00 0.00");
  books.mine();
  CHECK(books.intent(intent.id()).status() == pb::SUCCEEDED);
  CHECK(books.balance(shop) == "0.00 25.00 0.00");
  books.mine({}, 102);
  CHECK(books.balance(shop) == "25.00 0.00 0.00");
  CHECK(books.intent(intent.id()).transfers_size() == 2);

  CHECK(books.events(before) == Types{"payment_intent.created", "transfer.seen",
                                      "payment_intent.partially_paid", "transfer.seen",
                                      "payment_intent.processing", "transfer.confirmed",
                                      "transfer.confirmed", "payment_intent.succeeded",
                                      "transfer.finalized", "transfer.finalized"});
}

TEST_CASE("events of all passed states come in order in one catch-up command") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  const std::uint64_t before = books.last_event();
  const std::int64_t in_time = books.now_ms();
  books.clock().advance(kExpiresInMs + 1);
  books.see({block(101, in_time, {paid(intent.deposit_address(), "10", "tx1")}),
             block(102, in_time, {paid(intent.deposit_address(), "20", "tx2")}),
             block(103, in_time), block(104, in_time)},
            104);
  CHECK(books.events(before) ==
        Types{"transfer.seen", "payment_intent.partially_paid", "transfer.seen",
              "payment_intent.processing", "transfer.confirmed", "transfer.confirmed",
              "payment_intent.succeeded", "transfer.finalized", "transfer.finalized"});
  // Late is judged by the block's time.
  CHECK(books.intent(intent.id()).labels() == kOverpaid);
  CHECK(books.ok(expire()).count() == 0);
  CHECK(books.balance(shop) == "30.00 0.00 0.00");
}

TEST_CASE("the version grows with each event of an intent and is in the event") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  books.mine({paid(intent.deposit_address(), "10", "tx1")});
  books.mine(
      {paid(intent.deposit_address(), "15", "tx2"), paid(intent.deposit_address(), "5", "tx3")});
  books.rewind(101);
  books.see({block(102, books.now_ms(), {paid(intent.deposit_address(), "15", "tx2")}, "b", "a"),
             block(103, books.now_ms(), {}, "b"), block(104, books.now_ms(), {}, "b")},
            104);
  std::uint64_t version = 0;
  for (const pb::Event& event : reports::events(books.store(), shop, 0, 1'000).value().data) {
    if (!event.has_intent()) continue;
    INFO(event.type());
    CHECK(event.intent().version() > version);
    version = event.intent().version();
    CHECK(reports::event_by_id(books.store(), event.id()).value()->sequence() == event.sequence());
  }
  CHECK(version == books.intent(intent.id()).version());
  CHECK(books.intent(intent.id()).status() == pb::SUCCEEDED);
  CHECK(books.intent(intent.id()).labels() == kReversed);
}

TEST_CASE("a second payment is the merchant's, labelled overpaid") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  books.mine({paid(intent.deposit_address(), "25", "tx1")});
  books.mine({}, 102);
  books.mine({paid(intent.deposit_address(), "25", "tx2")});
  books.mine();
  books.mine({}, 105);
  CHECK(books.intent(intent.id()).status() == pb::SUCCEEDED);
  CHECK(books.intent(intent.id()).labels() == kOverpaid);
  CHECK(books.balance(shop) == "50.00 0.00 0.00");
}

TEST_CASE("a tolerance lets a payment that is a little short succeed") {
  BookFixture books;
  const std::string shop = books.set_up();
  pb::CreateIntent create = create_intent(shop, "100");
  create.set_required(money("99"));
  const pb::Intent intent = books.ok(create).intent();
  books.mine({paid(intent.deposit_address(), "98.999999", "tx1")});
  CHECK(books.intent(intent.id()).status() == pb::PARTIALLY_PAID);
  books.mine({paid(intent.deposit_address(), "0.000001", "tx2")});
  books.mine();
  CHECK(books.intent(intent.id()).status() == pb::SUCCEEDED);
  CHECK(books.intent(intent.id()).labels() == kUnderpaid);
}

TEST_CASE("an intent expires once its time is over, and takes late money for a while") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent full = books.intent(shop, "25.00");
  const pb::Intent part = books.intent(shop, "25.00");
  const pb::Intent none = books.intent(shop, "25.00");
  books.mine({paid(part.deposit_address(), "5", "part")});
  books.clock().advance(kExpiresInMs - 1);
  CHECK(books.ok(expire()).count() == 0);
  books.clock().advance(1);
  const std::uint64_t before = books.last_event();
  CHECK(books.ok(expire(2)).count() == 2);
  CHECK(books.ok(expire(2)).count() == 1);
  CHECK(books.ok(expire(2)).count() == 0);
  CHECK(books.events(before) == Types(3, "payment_intent.expired"));
  CHECK(books.intent(part.id()).labels() == kUnderpaid);

  // The first millisecond after the expiry is late, the last of the window is not too late.
  books.see({block(102, full.expires_at() + 1, {paid(full.deposit_address(), "25", "late")})});
  CHECK(books.intent(full.id()).status() == pb::PROCESSING);
  books.see({block(103, none.late_until(), {paid(none.deposit_address(), "25", "last")}),
             block(104, none.late_until() + 1, {paid(none.deposit_address(), "1", "over")}),
             block(105, none.late_until() + 2)},
            105);
  CHECK(books.intent(full.id()).status() == pb::SUCCEEDED);
  CHECK(books.intent(full.id()).labels() == kLate);
  CHECK(books.intent(none.id()).status() == pb::SUCCEEDED);
  CHECK(books.intent(none.id()).labels() == kLate);
  CHECK(books.transfer("over").reason() == "late");
  CHECK(books.transfer("over").merchant() == shop);
  CHECK(books.counters("liability:suspense:late:USDC") == "0.00/1.00 0.00/0.00");
  // An expired intent's part payment is available too.
  CHECK(books.intent(part.id()).status() == pb::EXPIRED);
  CHECK(books.balance(shop) == "55.00 0.00 0.00");
}

TEST_CASE("a payment in the last instant is not late") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  books.clock().advance(kExpiresInMs);
  CHECK(books.ok(expire()).count() == 1);
  books.see({block(101, intent.expires_at(), {paid(intent.deposit_address(), "25", "tx1")}),
             block(102, intent.expires_at() + 1)});
  CHECK(books.intent(intent.id()).status() == pb::SUCCEEDED);
  CHECK(books.intent(intent.id()).labels() == 0);
}

TEST_CASE("an intent that is being paid does not expire unless the payment is reversed") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  books.mine({paid(intent.deposit_address(), "25", "tx1")});
  books.clock().advance(kExpiresInMs + 1);
  CHECK(books.ok(expire()).count() == 0);
  CHECK(books.intent(intent.id()).status() == pb::PROCESSING);

  const std::uint64_t before = books.last_event();
  books.rewind(100);
  CHECK(books.intent(intent.id()).status() == pb::EXPIRED);
  CHECK(books.intent(intent.id()).labels() == kReversed);
  CHECK(books.events(before) ==
        Types{"transfer.reversed", "payment_intent.reversed", "payment_intent.expired"});
}

TEST_CASE("money on a canceled intent goes to suspense, what came before stays") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  books.mine({paid(intent.deposit_address(), "5", "before")});
  CHECK(books.ok(cancel(intent.id())).intent().status() == pb::CANCELED);
  CHECK(books.refused(cancel(intent.id())).reason == "not_cancelable");
  books.mine({paid(intent.deposit_address(), "20", "after")});
  books.mine({}, 103);
  CHECK(books.intent(intent.id()).status() == pb::CANCELED);
  CHECK(books.intent(intent.id()).labels() == kUnderpaid);
  CHECK(books.transfer("after").disposition() == pb::SUSPENSE);
  CHECK(books.transfer("after").reason() == "canceled");
  CHECK(books.balance(shop) == "5.00 0.00 0.00");
  CHECK(books.counters("liability:suspense:canceled:USDC") == "0.00/20.00 0.00/0.00");
}

TEST_CASE("only an intent that waits for payment can be canceled") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  books.mine({paid(intent.deposit_address(), "25", "tx1")});
  CHECK(books.refused(cancel(intent.id())).code == Errc::Conflict);
  books.mine();
  CHECK(books.refused(cancel(intent.id())).reason == "not_cancelable");
  CHECK(books.refused(cancel(std::string(16, 'x'))).code == Errc::NotFound);
  const pb::Intent other = books.intent(shop, "25.00");
  books.clock().advance(kExpiresInMs);
  books.ok(expire());
  CHECK(books.refused(cancel(other.id())).reason == "not_cancelable");
}

TEST_CASE("a registered token that the intent does not accept goes to suspense") {
  BookFixture books;
  const std::string shop = books.set_up();
  const pb::Intent intent = books.intent(shop, "25.00");
  pb::ObservedTransfer euros = paid(intent.deposit_address(), "25", "tx1");
  euros.set_token("EURC");
  euros.set_currency("EURC");
  euros.set_token_address(address_of("EURC"));
  const std::uint64_t before = books.last_event();
  books.mine({euros});
  books.mine({}, 102);
  CHECK(books.intent(intent.id()).status() == pb::REQUIRES_PAYMENT);
  CHECK(books.transfer("tx1").reason() == "token_not_accepted");
  CHECK(books.counters("liability:suspense:token_not_accepted:EURC") == "0.00/25.00 0.00/0.00");
  CHECK(books.events(before) ==
        Types{"transfer.seen", "transfer.confirmed", "transfer.suspense", "transfer.finalized"});
}

TEST_CASE("an address that was paid before it was handed out is never handed out") {
  BookFixture books;
  const std::string shop = books.set_up();
  books.mine({paid(deposit_address(0), "5", "early"), paid(deposit_address(2), "5", "early/1")});
  CHECK(books.transfer("early").reason() == "no_intent");
  CHECK(books.transfer("early").merchant().empty());
  CHECK(books.intent(shop, "1").deposit_address() == deposit_address(1));
  CHECK(books.intent(shop, "1").deposit_address() == deposit_address(3));
  // Not even where the payment was taken back.
  books.rewind(100);
  CHECK(books.intent(shop, "1").deposit_address() == deposit_address(4));
}

TEST_CASE("an intent without an address to give is refused for now") {
  BookFixture books;
  const std::string shop = books.set_up();
  for (int i = 0; i < 10; ++i) books.intent(shop, "1");
  const Error error = books.refused(create_intent(shop, "1"));
  CHECK(error.code == Errc::Unavailable);
  CHECK(error.reason == "deposit_addresses_exhausted");
  books.derive(1);
  CHECK(books.intent(shop, "1").deposit_address() == deposit_address(10));
}

TEST_CASE("bad intents are refused") {
  BookFixture books;
  const std::string shop = books.set_up();
  CHECK(books.refused(create_intent(shop, "0")).reason == "invalid_amount");
  CHECK(books.refused(create_intent(std::string(16, 'x'), "1")).code == Errc::NotFound);
  pb::CreateIntent create = create_intent(shop, "1");
  create.set_required(money("1.01"));
  CHECK(books.refused(create).reason == "invalid_amount");
  CHECK(books.refused(expire(0)).code == Errc::Invalid);
}
