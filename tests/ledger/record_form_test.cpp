// Ids, hashes, amounts and times that no book writes: refused before they are logged, and corrupt
// where they are read.
#include "ledger/record_form.hpp"

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/log_check.hpp"
#include "ledger/periods.hpp"
#include "ledger/reports.hpp"
#include "ledger/tree.hpp"
#include "ledger/verify.hpp"
#include "tests/support/journal_commands.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

template <typename Record>
std::string reason_of(const Record& record) {
  const auto parsed = parse_record<Record>(record.SerializeAsString());
  return parsed ? std::string() : parsed.error().reason;
}

void put(BookFixture& books, const std::string& key, const std::string& value) {
  store::Batch batch;
  batch.put(key, value);
  REQUIRE(books.store().write(batch, store::Durability::Synced).has_value());
}

}  // namespace

TEST_CASE("what would not be read again is refused before it is logged, under a key too") {
  BookFixture books;
  const std::string merchant = books.set_up();
  books.fund(merchant, "10");
  const std::string queued = books.ok(request_payout(merchant, "1")).payout().id();
  const auto before = dump(books.store());
  const auto check_refused = [&](const auto& each) {
    CHECK(books.refused(each).reason == "invalid_field");
    const auto keyed = books.book().apply(command(each), idempotency_key("key", "1", "body"));
    CHECK(keyed.error().code == Errc::Invalid);
    CHECK(dump(books.store()) == before);
  };
  for (const std::size_t size : {0U, 19U, 21U, 32U}) {
    pb::RequestPayout payout = request_payout(merchant, "4");
    payout.set_destination(std::string(size, 'd'));
    if (size != 0) check_refused(payout);  // that one burns the money
    payout = request_payout(merchant, "4");
    payout.set_token_address(std::string(size, 't'));
    check_refused(payout);
  }
  pb::RequestPayout by_nobody = request_payout(merchant, "4");
  by_nobody.set_created_by("short");
  check_refused(by_nobody);
  pb::RecordAttempt attempt;
  attempt.set_payout(queued);
  attempt.set_tx_hash(std::string(31, 'h'));
  attempt.set_raw("raw");
  check_refused(attempt);
  pb::OpenChain chain;
  chain.set_chain("elsewhere");
  chain.mutable_start()->set_hash("short");
  check_refused(chain);
  pb::ObserveBlocks observe;
  observe.set_chain(std::string(kChain));
  pb::ObservedBlock& block = *observe.add_blocks();
  block.set_number(books.chain().head().number() + 1);
  block.set_parent(books.chain().head().hash());
  block.set_hash(std::string(32, 'b'));
  block.set_time(INT64_MAX);
  check_refused(observe);
  observe.mutable_blocks(0)->set_time(books.now_ms());
  books.ok(observe);
  books.ok(request_payout(merchant, "4"));
  CHECK(verify(books.store()).has_value());
}

TEST_CASE(
    "a stored record with an id, a hash, an amount or a time that no book writes is corrupt") {
  BookFixture books;
  const std::string merchant = books.set_up();
  books.fund(merchant, "10");
  const std::string payout_id = books.ok(request_payout(merchant, "4")).payout().id();
  const pb::Payout payout = books.payout(payout_id);
  const pb::Intent intent = books.intent(merchant, "5");
  const pb::Transfer transfer = reports::transfers(books.store(), {}, {}, {}).value().data.front();
  const pb::Entry entry = reports::entries(books.store(), {}, false, {}).value().data.front();
  const auto spoilt = [](auto record, auto change) {
    CHECK(reason_of(record).empty());
    change(record);
    return reason_of(record);
  };
  const std::string corrupt = "corrupt_record";
  CHECK(spoilt(payout, [](auto& each) { each.set_id("short"); }) == corrupt);
  CHECK(spoilt(payout, [](auto& each) { each.clear_merchant(); }) == corrupt);
  CHECK(spoilt(payout, [](auto& each) { each.set_destination("short"); }) == corrupt);
  CHECK(spoilt(payout, [](auto& each) { each.set_amount("short"); }) == corrupt);
  CHECK(spoilt(payout, [](auto& each) { each.add_attempts()->set_tx_hash("short"); }) == corrupt);
  CHECK(spoilt(payout, [](auto& each) { each.add_approvals()->set_key("short"); }) == corrupt);
  CHECK(spoilt(payout, [](auto& each) { each.set_created(INT64_MAX); }) == corrupt);
  CHECK(spoilt(payout, [](auto& each) { each.set_status(static_cast<pb::PayoutStatus>(99)); }) ==
        corrupt);
  CHECK(spoilt(intent, [](auto& each) { each.set_deposit_address("short"); }) == corrupt);
  CHECK(spoilt(intent, [](auto& each) { each.set_late_until(INT64_MIN); }) == corrupt);
  CHECK(spoilt(intent, [](auto& each) { each.add_transfers("short"); }) == corrupt);
  CHECK(spoilt(intent, [](auto& each) { each.mutable_options(0)->set_token_address("short"); }) ==
        corrupt);
  CHECK(spoilt(transfer, [](auto& each) { each.set_block_hash("short"); }) == corrupt);
  CHECK(spoilt(transfer, [](auto& each) { each.set_from("short"); }) == corrupt);
  CHECK(spoilt(transfer, [](auto& each) { each.set_hold("short"); }) == corrupt);
  CHECK(spoilt(entry, [](auto& each) { each.mutable_lines(0)->set_amount("short"); }) == corrupt);
  CHECK(spoilt(entry, [](auto& each) { each.set_hold("short"); }) == corrupt);
  CHECK(spoilt(books.chain(), [](auto& each) { each.mutable_head()->clear_hash(); }) == corrupt);
  CHECK(spoilt(books.book().head(), [](auto& each) { each.set_last_id("short"); }) == corrupt);
  pb::Reply reply;
  *reply.mutable_payout() = payout;
  pb::IdempotencyRecord record;
  *record.mutable_reply() = reply;
  CHECK(spoilt(record, [](auto& each) {
          each.mutable_reply()->mutable_payout()->set_id("short");
        }) == corrupt);
}

TEST_CASE("a stored key that is longer or shorter than its table's is corrupt, not read beyond") {
  BookFixture books;
  books.set_up();
  const auto corrupt = [](const auto& result) {
    return !result && result.error().reason == "corrupt_record";
  };
  SECTION("of what expires") {
    put(books, keys::expiry(books.clock().now(), "short"), {});
    put(books, keys::hold_expiry(books.clock().now(), "short"), {});
    pb::ExpireIntents expire;
    expire.set_limit(10);
    CHECK(books.refused(expire).reason == "corrupt_record");
    CHECK(books.refused(expire_holds()).reason == "corrupt_record");
  }
  SECTION("of the log") {
    put(books, keys::log(1U << 30U) + "x", "long");
    CHECK(corrupt(log_end(books.store())));
  }
  SECTION("of the tree") {
    put(books, keys::tree(0, 0) + "x", "long");
    store::Batch batch;
    CHECK(corrupt(LogTree(books.store(), {}).grow(256, batch)));
  }
  SECTION("of periods") {
    put(books, std::string(keys::period(1)).substr(0, 4), "short");
    CHECK(corrupt(reports::period_by_id(books.store(), std::string(16, 'p'))));
  }
  SECTION("of events") {
    const std::string merchant = books.merchant("Shop");
    put(books, keys::merchant_event(merchant, 1U << 30U) + "x", {});
    CHECK(corrupt(reports::events(books.store(), merchant, 0, 10)));
  }
  SECTION("of deposit addresses") {
    put(books, keys::deposit_address("short"), pb::DepositAddress().SerializeAsString());
    TestClock clock;
    SeededRandom random;
    CHECK(corrupt(Book::open(books.store(), clock, random, {})));
  }
  SECTION("of transfers that are not final") {
    books.mine();
    put(books, keys::unfinal_transfer(kChain, books.chain().head().number(), "short"), {});
    pb::Chain chain = books.chain();
    chain.set_unfinal_transfers(1);
    put(books, keys::chain(kChain), chain.SerializeAsString());
    books.reopen();
    pb::RewindChain rewind;
    rewind.set_chain(std::string(kChain));
    rewind.set_to_number(kStartBlock);
    rewind.set_to_hash(block_hash(kStartBlock));
    CHECK(books.refused(rewind).reason == "corrupt_record");
  }
}
