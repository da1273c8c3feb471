// Texts, ids, hashes and times that must not get into the books, or that were put there by others.
#include <functional>

#include <catch2/catch.hpp>

#include "ledger/command_form.hpp"
#include "ledger/intents.hpp"
#include "ledger/keys.hpp"
#include "ledger/log_check.hpp"
#include "ledger/periods.hpp"
#include "ledger/record_form.hpp"
#include "ledger/reports.hpp"
#include "ledger/tree.hpp"
#include "ledger/verify.hpp"
#include "tests/support/journal_commands.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

/// A euro sign whose last byte was cut off: what is left of a text that was cut anywhere.
const std::string kCut = "\xE2\x82";

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

using Change = std::function<void(pb::Command&)>;

}  // namespace

TEST_CASE("a text that is not UTF-8 is refused before it can make the log unreadable") {
  BookFixture books;
  const std::string merchant = books.set_up();
  books.fund(merchant, "10");
  const pb::Payout payout = books.ok(request_payout(merchant, "4")).payout();
  const auto before = dump(books.store());
  pb::FailPayout failed;
  failed.set_id(payout.id());
  failed.set_code("would_revert");
  failed.set_detail("the node answered 3: " + kCut);
  CHECK(books.refused(failed).reason == "invalid_text");
  const auto keyed = books.book().apply(command(failed), idempotency_key("key", "1", "body"));
  CHECK(keyed.error().reason == "invalid_text");
  CHECK(dump(books.store()) == before);
  failed.set_detail("the node answered 3: \xE2\x82\xAC");
  CHECK(books.ok(failed).payout().failure_detail().ends_with("\xE2\x82\xAC"));
  CHECK(verify(books.store()).has_value());
}

TEST_CASE("every text of every command must be UTF-8") {
  const std::vector<Change> texts = {
      [](auto& c) { c.mutable_create_merchant()->set_name(kCut); },
      [](auto& c) { c.mutable_create_merchant()->add_metadata()->set_key(kCut); },
      [](auto& c) { c.mutable_create_merchant()->add_metadata()->set_value(kCut); },
      [](auto& c) { c.mutable_create_api_key()->set_name(kCut); },
      [](auto& c) { c.mutable_add_deposit_addresses()->set_xpub_id(kCut); },
      [](auto& c) { c.mutable_create_intent()->set_currency(kCut); },
      [](auto& c) { c.mutable_create_intent()->set_reference(kCut); },
      [](auto& c) { c.mutable_create_intent()->set_description(kCut); },
      [](auto& c) { c.mutable_create_intent()->set_return_url(kCut); },
      [](auto& c) { c.mutable_create_intent()->add_metadata()->set_value(kCut); },
      [](auto& c) { c.mutable_create_intent()->add_options()->set_chain(kCut); },
      [](auto& c) { c.mutable_create_intent()->add_options()->set_token(kCut); },
      [](auto& c) { c.mutable_open_chain()->set_chain(kCut); },
      [](auto& c) { c.mutable_open_chain()->set_native_currency(kCut); },
      [](auto& c) { c.mutable_open_signer()->set_chain(kCut); },
      [](auto& c) { c.mutable_open_signer()->set_signer(kCut); },
      [](auto& c) { c.mutable_open_signer()->add_balances()->set_token(kCut); },
      [](auto& c) { c.mutable_open_signer()->add_balances()->set_currency(kCut); },
      [](auto& c) { c.mutable_observe_blocks()->set_chain(kCut); },
      [](auto& c) { c.mutable_observe_blocks()->add_blocks()->add_transfers()->set_token(kCut); },
      [](auto& c) {
        c.mutable_observe_blocks()->add_blocks()->add_transfers()->set_currency(kCut);
      },
      [](auto& c) {
        c.mutable_observe_blocks()->add_blocks()->add_transfers()->set_evidence(kCut);
      },
      [](auto& c) { c.mutable_rewind_chain()->set_chain(kCut); },
      [](auto& c) { c.mutable_observe_native()->set_chain(kCut); },
      [](auto& c) { c.mutable_observe_native()->set_signer(kCut); },
      [](auto& c) { c.mutable_request_payout()->set_currency(kCut); },
      [](auto& c) { c.mutable_request_payout()->set_chain(kCut); },
      [](auto& c) { c.mutable_request_payout()->set_token(kCut); },
      [](auto& c) { c.mutable_request_payout()->set_signer(kCut); },
      [](auto& c) { c.mutable_request_payout()->set_reference(kCut); },
      [](auto& c) { c.mutable_request_payout()->add_metadata()->set_key(kCut); },
      [](auto& c) { c.mutable_request_refund()->set_reason(kCut); },
      [](auto& c) { c.mutable_request_refund()->mutable_payout()->set_chain(kCut); },
      [](auto& c) { c.mutable_raise_nonce()->set_chain(kCut); },
      [](auto& c) { c.mutable_raise_nonce()->set_signer(kCut); },
      [](auto& c) { c.mutable_fail_payout()->set_code(kCut); },
      [](auto& c) { c.mutable_fail_payout()->set_detail(kCut); },
      [](auto& c) { c.mutable_mark_payout_unknown()->set_detail(kCut); },
      [](auto& c) { c.mutable_create_endpoint()->set_url(kCut); },
      [](auto& c) { c.mutable_create_endpoint()->add_events(kCut); },
      [](auto& c) { c.mutable_create_endpoint()->set_secret(kCut); },
      [](auto& c) { c.mutable_create_endpoint()->add_metadata()->set_value(kCut); },
      [](auto& c) { c.mutable_update_endpoint()->set_url(kCut); },
      [](auto& c) { c.mutable_update_endpoint()->add_events(kCut); },
      [](auto& c) { c.mutable_update_endpoint()->set_disabled_reason(kCut); },
      [](auto& c) { c.mutable_rotate_endpoint_secret()->set_secret(kCut); },
      [](auto& c) { c.mutable_open_account()->set_code(kCut); },
      [](auto& c) { c.mutable_open_account()->set_currency(kCut); },
      [](auto& c) { c.mutable_open_account()->set_description(kCut); },
      [](auto& c) { c.mutable_close_account()->set_code(kCut); },
      [](auto& c) { c.mutable_post_entry()->set_reference(kCut); },
      [](auto& c) { c.mutable_post_entry()->set_kind(kCut); },
      [](auto& c) { c.mutable_post_entry()->set_description(kCut); },
      [](auto& c) { c.mutable_post_entry()->add_lines()->set_account(kCut); },
      [](auto& c) { c.mutable_post_entry()->add_lines()->set_currency(kCut); },
      [](auto& c) { c.mutable_post_hold()->set_reference(kCut); },
      [](auto& c) { c.mutable_void_hold()->set_reference(kCut); },
      [](auto& c) { c.mutable_close_period()->set_name(kCut); },
  };
  for (std::size_t i = 0; i < texts.size(); ++i) {
    pb::Command command;
    texts[i](command);
    INFO("text " << i << " of command " << command.kind_case());
    CHECK(check_texts(command).error().reason == "invalid_text");
    // Why it matters: what is written so is never read again.
    CHECK_FALSE(pb::Command().ParseFromString(command.SerializeAsString()));
  }
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
