#include "ledger/refunds.hpp"

#include <future>
#include <memory>

#include <catch2/catch.hpp>

#include "ledger/reports.hpp"
#include "ledger/verify.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;
using Types = std::vector<std::string>;

namespace {

template <typename Kind>
Kind of(const std::string& payout) {
  Kind command;
  command.set_id(payout);
  return command;
}

template <typename Kind>
Kind decide(const std::string& payout, char key) {
  Kind command = of<Kind>(payout);
  command.set_key(std::string(16, key));
  return command;
}

/// A shop with an intent of 25.00 that was paid, finally, and money from elsewhere.
struct Paid {
  BookFixture books;
  std::string shop = books.set_up();
  pb::Intent intent = books.intent(shop, "25");

  Paid() {
    books.mine({paid(intent.deposit_address(), "25", "tx")}, 101);
    books.fund(shop, "100");
  }

  pb::Refund refund(std::string_view amount) {
    return books.ok(request_refund(intent, amount)).refund();
  }
  std::string reason(std::string_view amount) {
    return books.refused(request_refund(intent, amount)).reason;
  }
  std::string refunded() { return text_of(books.intent(intent.id()).refunded()); }

  void sign(const pb::Refund& refund, std::uint64_t nonce) {
    pb::RecordAttempt attempt;
    attempt.set_payout(refund.payout());
    attempt.set_nonce(nonce);
    attempt.set_tx_hash(hash_of("sent " + std::to_string(nonce)));
    attempt.set_raw("signed bytes");
    books.ok(attempt);
  }
  /// The transfer of the attempt with that nonce.
  pb::ObservedTransfer sent(std::uint64_t nonce, std::string_view amount) {
    return paid(address_of("payee"), amount, "sent " + std::to_string(nonce), address_of("hot"));
  }
  void settle(const pb::Refund& refund, std::uint64_t nonce, pb::Outcome outcome) {
    pb::SettlePayout settle;
    settle.set_id(refund.payout());
    settle.set_tx_hash(hash_of("sent " + std::to_string(nonce)));
    settle.set_block_number(books.chain().head().number());
    settle.set_outcome(outcome);
    settle.set_network_fee(money("0.001"));
    books.ok(settle);
  }
};

}  // namespace

TEST_CASE("a refund is a payout of the merchant's that names its intent's refund") {
  Paid world;
  BookFixture& books = world.books;
  pb::RequestRefund request = request_refund(world.intent, "10");
  request.set_reason("broken");
  pb::Pair& pair = *request.mutable_payout()->add_metadata();
  pair.set_key("ticket");
  pair.set_value("7");
  const std::uint64_t before = books.last_event();
  const pb::Refund refund = books.ok(request).refund();
  CHECK(refund.intent() == world.intent.id());
  CHECK(refund.merchant() == world.shop);
  CHECK(refund.currency() == "USDC");
  CHECK(text_of(refund.amount()) == "10.00");
  CHECK(refund.chain() == kChain);
  CHECK(refund.destination() == address_of("payee"));
  CHECK(refund.status() == pb::QUEUED);
  CHECK(refund.reason() == "broken");
  CHECK(refund.metadata(0).value() == "7");
  const pb::Payout payout = books.payout(refund.payout());
  CHECK(payout.refund() == refund.id());
  CHECK(payout.amount() == refund.amount());
  CHECK(payout.metadata().empty());
  CHECK(books.balance(world.shop) == "115.00 0.00 10.00");
  CHECK(world.refunded() == "10.00");
  CHECK(books.events(before) == Types{"payout.created", "refund.created"});
  const auto events = reports::events(books.store(), world.shop, before, 10).value().data;
  CHECK(events[0].payout().refund() == refund.id());
  CHECK(events[1].refund().status() == pb::QUEUED);
  CHECK(reports::refunds(books.store(), {}, {}, {}).value().data.size() == 1);
  CHECK(reports::refunds(books.store(), world.shop, {}, {}).value().data.size() == 1);
  CHECK(reports::refunds_of(books.store(), world.intent.id(), {}, {}).value().data.size() == 1);
}

TEST_CASE("a refund follows its payout to the chain") {
  Paid world;
  BookFixture& books = world.books;
  const pb::Refund refund = world.refund("25");
  std::uint64_t seen = books.last_event();
  const auto told = [&] {
    Types types = books.events(seen);
    seen = books.last_event();
    return types;
  };
  const auto status = [&] { return books.refund(refund.id()).status(); };

  world.sign(refund, 0);
  CHECK(status() == pb::SUBMITTED);
  CHECK(told() == Types{"payout.submitted", "refund.submitted"});
  books.mine({world.sent(0, "25")});
  CHECK(status() == pb::CONFIRMING);
  books.rewind(books.chain().head().number() - 1);
  CHECK(status() == pb::SUBMITTED);
  books.ok(of<pb::MarkPayoutUnknown>(refund.payout()));
  CHECK(status() == pb::UNKNOWN);
  CHECK(world.refunded() == "25.00");
  told();
  const std::uint64_t next = books.chain().head().number() + 1;
  books.see({block(next, books.now_ms(), {world.sent(0, "25")}, "b", "a")}, next);
  CHECK(status() == pb::CONFIRMING);
  told();
  world.settle(refund, 0, pb::OUTCOME_SUCCEEDED);
  CHECK(status() == pb::PAYOUT_SUCCEEDED);
  CHECK(told() == Types{"payout.succeeded", "refund.succeeded"});
  CHECK(world.refunded() == "25.00");
  CHECK(world.reason("0.000001") == "refund_exceeds_payment");
  CHECK(books.balance(world.shop) == "100.00 0.00 0.00");
  CHECK(verify(books.store()).has_value());
}

TEST_CASE("a refund that is not paid can be made again, whatever ended it") {
  Paid world;
  BookFixture& books = world.books;
  const std::string how = GENERATE("reverted", "failed", "canceled", "rejected");
  pb::RequestRefund request = request_refund(world.intent, "25");
  if (how == "rejected") request.mutable_payout()->set_approvals_required(1);
  const pb::Refund refund = books.ok(request).refund();
  CHECK(world.refunded() == "25.00");
  CHECK(world.reason("1") == "refund_exceeds_payment");
  if (how == "reverted") world.sign(refund, 0);
  const std::uint64_t version = books.intent(world.intent.id()).version();
  const std::uint64_t before = books.last_event();
  pb::PayoutStatus wanted = pb::FAILED;
  if (how == "reverted") {
    books.mine({}, books.chain().head().number() + 1);
    world.settle(refund, 0, pb::OUTCOME_REVERTED);
  } else if (how == "failed") {
    books.ok(of<pb::FailPayout>(refund.payout()));
  } else if (how == "canceled") {
    wanted = pb::PAYOUT_CANCELED;
    books.ok(of<pb::CancelPayout>(refund.payout()));
  } else {
    wanted = pb::REJECTED;
    books.ok(decide<pb::RejectPayout>(refund.payout(), 'a'));
  }
  INFO(how);
  CHECK(books.refund(refund.id()).status() == wanted);
  CHECK(books.refund(refund.id()).version() > refund.version());
  CHECK(world.refunded() == "0.00");
  CHECK(books.intent(world.intent.id()).version() == version + 1);
  CHECK(books.balance(world.shop) == "125.00 0.00 0.00");
  const std::string word = how == "reverted" ? "failed" : how;
  CHECK(books.events(before) == Types{"payout." + word, "refund." + word});
  CHECK(books.refused(of<pb::CancelPayout>(refund.payout())).reason == "not_cancelable");
  CHECK(world.refunded() == "0.00");

  CHECK(world.refund("25").id() != refund.id());
  CHECK(world.refunded() == "25.00");
  CHECK(reports::refunds_of(books.store(), world.intent.id(), {}, {}).value().data.size() == 2);
  CHECK(verify(books.store()).has_value());
}

TEST_CASE("refunds need the approvals that payouts need, and not the maker's") {
  Paid world;
  BookFixture& books = world.books;
  pb::RequestRefund request = request_refund(world.intent, "25");
  request.mutable_payout()->set_approvals_required(2);
  const pb::Refund refund = books.ok(request).refund();
  CHECK(refund.status() == pb::PENDING_APPROVAL);
  const std::uint64_t before = books.last_event();
  CHECK(books.refused(decide<pb::ApprovePayout>(refund.payout(), 'm')).reason ==
        "maker_is_checker");
  books.ok(decide<pb::ApprovePayout>(refund.payout(), 'a'));
  CHECK(books.refund(refund.id()).status() == pb::PENDING_APPROVAL);
  CHECK(books.events(before).empty());
  books.ok(decide<pb::ApprovePayout>(refund.payout(), 'b'));
  CHECK(books.refund(refund.id()).status() == pb::QUEUED);
  CHECK(books.events(before) == Types{"payout.approved", "refund.approved"});
}

TEST_CASE("no more is refunded than the intent's own transfers brought and is final") {
  BookFixture books;
  const std::string shop = books.set_up();
  books.fund(shop, "500");
  const pb::Intent intent = books.intent(shop, "25");
  const auto refused = [&](std::string_view amount) {
    return books.refused(request_refund(intent, amount));
  };
  CHECK(refused("1").reason == "refund_exceeds_payment");
  books.mine({paid(intent.deposit_address(), "25", "tx")});
  CHECK(refused("1").reason == "refund_exceeds_payment");
  books.mine();
  CHECK(books.intent(intent.id()).status() == pb::SUCCEEDED);
  CHECK(refused("1").reason == "refund_exceeds_payment");
  books.mine({}, books.chain().head().number());
  const Error over = refused("25.000001");
  CHECK(over.code == Errc::Rejected);
  CHECK(over.reason == "refund_exceeds_payment");
  CHECK(over.param == "amount");
  CHECK(over.detail.starts_with("25.00 USDC "));
  books.ok(request_refund(intent, "10"));
  CHECK(refused("15.000001").detail.starts_with("15.00 USDC "));
  books.ok(request_refund(intent, "15"));
  CHECK(refused("0.000001").detail.starts_with("0.00 USDC "));
  // What is paid on top can be refunded too.
  books.mine({paid(intent.deposit_address(), "5", "more")}, books.chain().head().number() + 1);
  CHECK(refused("5.000001").reason == "refund_exceeds_payment");
  books.ok(request_refund(intent, "5"));
  CHECK(text_of(books.intent(intent.id()).refunded()) == "30.00");
}

TEST_CASE(
    "a part payment of an expired intent can be refunded, suspense money only once assigned") {
  BookFixture books;
  const std::string shop = books.set_up();
  books.fund(shop, "500");
  const pb::Intent intent = books.intent(shop, "25");
  books.mine({paid(intent.deposit_address(), "5", "part")}, books.chain().head().number() + 1);
  books.clock().advance(kExpiresInMs + 1);
  pb::ExpireIntents expire;
  expire.set_limit(100);
  books.ok(expire);
  CHECK(books.intent(intent.id()).status() == pb::EXPIRED);
  books.ok(request_refund(intent, "5"));

  books.clock().advance(kLateWindowMs);
  books.mine({paid(intent.deposit_address(), "20", "late")}, books.chain().head().number() + 1);
  CHECK(books.transfer("late").disposition() == pb::SUSPENSE);
  CHECK(books.refused(request_refund(intent, "20")).reason == "refund_exceeds_payment");
  pb::AssignTransfer assign;
  assign.set_transfer(books.transfer("late").id());
  assign.set_intent(intent.id());
  books.ok(assign);
  books.ok(request_refund(intent, "20"));
  CHECK(text_of(books.intent(intent.id()).refunded()) == "25.00");
}

TEST_CASE("a refund is of the money that is available, and does not bring the fee back") {
  BookFixture books;
  const std::string shop = books.set_up();
  pb::CreateIntent create = create_intent(shop, "25");
  create.set_fee_bps(100);
  const pb::Intent intent = books.ok(create).intent();
  books.mine({paid(intent.deposit_address(), "25", "tx")}, 101);
  CHECK(books.balance(shop) == "24.75 0.00 0.00");
  const std::uint64_t before = books.last_event();
  CHECK(books.refused(request_refund(intent, "24.750001")).reason == "insufficient_funds");
  CHECK(books.last_event() == before);
  CHECK(text_of(books.intent(intent.id()).refunded()) == "0.00");
  books.ok(request_refund(intent, "24.75"));
  CHECK(books.balance(shop) == "0.00 0.00 24.75");
  CHECK(books.counters("income:fees:USDC") == "0.00/0.25 0.00/0.00");
  // Another payment's money may pay for the rest.
  books.fund(shop, "10");
  books.ok(request_refund(intent, "0.25"));
  CHECK(books.balance(shop) == "9.75 0.00 25.00");
}

TEST_CASE("bad refunds are refused in the order that is documented, and change nothing") {
  Paid world;
  BookFixture& books = world.books;
  const auto before = dump(books.store());
  const auto refused = [&](auto change) {
    pb::RequestRefund request = request_refund(world.intent, "5");
    change(request);
    return books.refused(request);
  };
  CHECK(refused([](auto& r) { r.mutable_payout()->set_amount(money("0")); }).reason ==
        "invalid_amount");
  CHECK(refused([](auto& r) { r.set_intent(std::string(16, 'x')); }).code == Errc::NotFound);
  CHECK(refused([](auto& r) { r.mutable_payout()->set_merchant(std::string(16, 'x')); }).code ==
        Errc::NotFound);
  CHECK(refused([](auto& r) { r.mutable_payout()->set_currency("EURC"); }).reason ==
        "currency_mismatch");
  CHECK(refused([](auto& r) {
          r.mutable_payout()->set_destination(std::string(20, '\0'));
        }).reason == "invalid_destination");
  CHECK(refused([](auto& r) { r.mutable_payout()->set_destination(deposit_address(3)); }).reason ==
        "invalid_destination");
  CHECK(refused([](auto& r) {
          r.mutable_payout()->set_amount(money("26"));
          r.mutable_payout()->set_destination(deposit_address(3));
        }).reason == "refund_exceeds_payment");
  CHECK(dump(books.store()) == before);
}

TEST_CASE("two refunds under two keys, at once: one of them is paid") {
  Paid world;
  std::vector<std::future<Result<Applied>>> answers;
  for (const std::string key : {"one", "two"}) {
    auto promise = std::make_shared<std::promise<Result<Applied>>>();
    answers.push_back(promise->get_future());
    world.books.book().submit(
        command(request_refund(world.intent, "25")), idempotency_key("key", key, "body"),
        [promise](Result<Applied> result) { promise->set_value(std::move(result)); });
  }
  const Result<Applied> first = answers[0].get();
  const Result<Applied> second = answers[1].get();
  REQUIRE(first.has_value());
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().reason == "refund_exceeds_payment");
  CHECK(world.refunded() == "25.00");
  const auto again = world.books.book().apply(command(request_refund(world.intent, "25")),
                                              idempotency_key("key", "one", "body"));
  REQUIRE(again.has_value());
  CHECK(again->replayed);
  CHECK(again->reply.refund().id() == first->reply.refund().id());
  CHECK(reports::refunds(world.books.store(), {}, {}, {}).value().data.size() == 1);
}
