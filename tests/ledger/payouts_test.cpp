#include "ledger/payouts.hpp"

#include <set>

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
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

pb::RecordAttempt attempt(const std::string& payout, std::uint64_t nonce, std::string_view tx) {
  pb::RecordAttempt command;
  command.set_payout(payout);
  command.set_nonce(nonce);
  command.set_tx_hash(hash_of(tx));
  command.set_raw("signed bytes");
  return command;
}

}  // namespace

TEST_CASE("a payout goes only where its state allows") {
  using Move = std::pair<pb::PayoutStatus, pb::PayoutStatus>;
  const std::set<Move> legal = {{pb::PENDING_APPROVAL, pb::QUEUED},
                                {pb::PENDING_APPROVAL, pb::REJECTED},
                                {pb::PENDING_APPROVAL, pb::PAYOUT_CANCELED},
                                {pb::QUEUED, pb::SUBMITTED},
                                {pb::QUEUED, pb::FAILED},
                                {pb::QUEUED, pb::PAYOUT_CANCELED},
                                {pb::SUBMITTED, pb::CONFIRMING},
                                {pb::SUBMITTED, pb::FAILED},
                                {pb::SUBMITTED, pb::UNKNOWN},
                                {pb::CONFIRMING, pb::SUBMITTED},
                                {pb::CONFIRMING, pb::PAYOUT_SUCCEEDED},
                                {pb::UNKNOWN, pb::CONFIRMING},
                                {pb::UNKNOWN, pb::FAILED}};
  for (int from = pb::PayoutStatus_MIN; from <= pb::PayoutStatus_MAX; ++from) {
    for (int to = pb::PayoutStatus_MIN; to <= pb::PayoutStatus_MAX; ++to) {
      INFO(from << " to " << to);
      const Move move{static_cast<pb::PayoutStatus>(from), static_cast<pb::PayoutStatus>(to)};
      CHECK(may_follow(move.first, move.second) == legal.contains(move));
      if (is_terminal(move.first)) CHECK_FALSE(may_follow(move.first, move.second));
    }
  }
}

TEST_CASE("a payout reserves its amount of what is available") {
  BookFixture books;
  const std::string shop = books.set_up();
  CHECK(books.refused(request_payout(shop, "0.01")).reason == "insufficient_funds");
  books.fund(shop, "100");
  const pb::Intent pending = books.intent(shop, "500");
  books.mine({paid(pending.deposit_address(), "500", "tx1")});
  books.mine();
  CHECK(books.balance(shop) == "100.00 500.00 0.00");
  const std::uint64_t before = books.last_event();
  CHECK(books.refused(request_payout(shop, "100.000001")).reason == "insufficient_funds");
  CHECK(books.last_event() == before);

  const pb::Payout payout = books.ok(request_payout(shop, "60")).payout();
  CHECK(payout.status() == pb::QUEUED);
  CHECK(books.balance(shop) == "40.00 500.00 60.00");
  CHECK(books.counters("asset:wallets:hot:base:USDC") == "1000.00/0.00 0.00/60.00");
  CHECK(books.refused(request_payout(shop, "40.01")).code == Errc::Rejected);
  books.ok(request_payout(shop, "40"));
  CHECK(books.balance(shop) == "0.00 500.00 100.00");
  CHECK(reports::open_payouts(books.store(), kChain, "hot").value().size() == 2);
  CHECK(books.events(before) == Types(2, "payout.created"));
}

TEST_CASE("a payout to where money would be lost is refused") {
  BookFixture books;
  const std::string shop = books.set_up();
  books.fund(shop, "100");
  const auto refused = [&](const std::string& destination) {
    pb::RequestPayout request = request_payout(shop, "1");
    request.set_destination(destination);
    return books.refused(request).reason;
  };
  CHECK(refused(std::string(20, '\0')) == "invalid_destination");
  CHECK(refused(usdc_address()) == "invalid_destination");
  CHECK(refused(deposit_address(0)) == "invalid_destination");
  CHECK(refused(deposit_address(9)) == "invalid_destination");
  CHECK(refused(address_of("hot")) == "invalid_destination");
  CHECK(books.refused(request_payout(shop, "0")).reason == "invalid_amount");
  CHECK(books.refused(request_payout(std::string(16, 'x'), "1")).code == Errc::NotFound);
}

TEST_CASE("a payout can be canceled until it is signed, and gives everything back") {
  BookFixture books;
  const std::string shop = books.set_up();
  books.fund(shop, "100");
  const pb::Payout payout = books.ok(request_payout(shop, "60")).payout();
  CHECK(books.ok(of<pb::CancelPayout>(payout.id())).payout().status() == pb::PAYOUT_CANCELED);
  CHECK(books.balance(shop) == "100.00 0.00 0.00");
  CHECK(books.refused(of<pb::CancelPayout>(payout.id())).reason == "not_cancelable");
  CHECK(books.refused(attempt(payout.id(), 0, "tx")).reason == "illegal_payout_state");
  CHECK(reports::open_payouts(books.store(), kChain, "hot").value().empty());

  const pb::Payout signed_one = books.ok(request_payout(shop, "60")).payout();
  books.ok(attempt(signed_one.id(), 0, "tx"));
  const Error late = books.refused(of<pb::CancelPayout>(signed_one.id()));
  CHECK(late.code == Errc::Conflict);
  CHECK(late.reason == "not_cancelable");
  CHECK(books.balance(shop) == "40.00 0.00 60.00");
}

TEST_CASE("approvals: not by the maker, not twice, and enough of them") {
  BookFixture books;
  const std::string shop = books.set_up();
  books.fund(shop, "100");
  pb::RequestPayout request = request_payout(shop, "60");
  request.set_approvals_required(2);
  const std::string id = books.ok(request).payout().id();
  CHECK(books.payout(id).status() == pb::PENDING_APPROVAL);
  CHECK(books.balance(shop) == "40.00 0.00 60.00");
  CHECK(books.refused(attempt(id, 0, "tx")).reason == "illegal_payout_state");
  const std::uint64_t before = books.last_event();

  const Error maker = books.refused(decide<pb::ApprovePayout>(id, 'm'));
  CHECK(maker.code == Errc::Rejected);
  CHECK(maker.reason == "maker_is_checker");
  CHECK(books.ok(decide<pb::ApprovePayout>(id, 'a')).payout().status() == pb::PENDING_APPROVAL);
  CHECK(books.refused(decide<pb::ApprovePayout>(id, 'a')).reason == "already_approved");
  CHECK(books.events(before).empty());

  SECTION("enough") {
    CHECK(books.ok(decide<pb::ApprovePayout>(id, 'b')).payout().status() == pb::QUEUED);
    CHECK(books.events(before) == Types{"payout.approved"});
    CHECK(books.refused(decide<pb::ApprovePayout>(id, 'c')).reason == "not_pending_approval");
    CHECK(books.refused(decide<pb::RejectPayout>(id, 'c')).reason == "not_pending_approval");
  }
  SECTION("rejected") {
    CHECK(books.refused(decide<pb::RejectPayout>(id, 'm')).reason == "maker_is_checker");
    CHECK(books.ok(decide<pb::RejectPayout>(id, 'b')).payout().status() == pb::REJECTED);
    CHECK(books.balance(shop) == "100.00 0.00 0.00");
    CHECK(books.events(before) == Types{"payout.rejected"});
    CHECK(books.refused(decide<pb::ApprovePayout>(id, 'b')).code == Errc::Conflict);
  }
  SECTION("canceled while waiting") {
    CHECK(books.ok(of<pb::CancelPayout>(id)).payout().status() == pb::PAYOUT_CANCELED);
    CHECK(books.balance(shop) == "100.00 0.00 0.00");
  }
}

TEST_CASE("an attempt takes the next nonce and is kept as it was signed") {
  BookFixture books;
  const std::string shop = books.set_up();
  books.fund(shop, "100");
  const std::string one = books.ok(request_payout(shop, "10")).payout().id();
  const std::string two = books.ok(request_payout(shop, "10")).payout().id();
  const std::uint64_t before = books.last_event();
  CHECK(books.refused(attempt(one, 1, "tx1")).reason == "nonce_not_next");
  CHECK(books.payout(one).status() == pb::QUEUED);
  books.ok(attempt(one, 0, "tx1"));
  CHECK(books.payout(one).status() == pb::SUBMITTED);
  CHECK(books.payout(one).attempts(0).raw() == "signed bytes");
  CHECK(books.payout(one).attempts(0).nonce() == 0);
  CHECK(books.refused(attempt(two, 0, "tx2")).reason == "nonce_not_next");
  CHECK(books.refused(attempt(one, 1, "tx3")).reason == "illegal_payout_state");
  books.ok(attempt(two, 1, "tx2"));
  CHECK(books.events(before) == Types(2, "payout.submitted"));
}

TEST_CASE("the nonce can be raised to what the chain has, never lowered") {
  BookFixture books;
  const std::string shop = books.set_up();
  books.fund(shop, "100");
  const std::string id = books.ok(request_payout(shop, "10")).payout().id();
  pb::RaiseNonce raise;
  raise.set_chain(std::string(kChain));
  raise.set_signer("hot");
  CHECK(books.refused(raise).reason == "nonce_behind");
  raise.set_next_nonce(7);
  books.ok(raise);
  CHECK(books.refused(raise).reason == "nonce_behind");
  CHECK(books.refused(attempt(id, 0, "tx")).reason == "nonce_not_next");
  books.ok(attempt(id, 7, "tx"));
  raise.set_signer("cold");
  CHECK(books.refused(raise).code == Errc::NotFound);
}

TEST_CASE("a payout that cannot be signed fails and gives everything back") {
  BookFixture books;
  const std::string shop = books.set_up();
  books.fund(shop, "100");
  const std::string id = books.ok(request_payout(shop, "60")).payout().id();
  pb::FailPayout command = of<pb::FailPayout>(id);
  command.set_code("policy");
  command.set_detail("above the limit");
  const pb::Payout failed = books.ok(command).payout();
  CHECK(failed.status() == pb::FAILED);
  CHECK(failed.failure_code() == "policy");
  CHECK(books.balance(shop) == "100.00 0.00 0.00");
  CHECK(books.refused(command).reason == "illegal_payout_state");
}
