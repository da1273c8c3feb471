// Texts that must not get into the books, since they could never be read again.
#include "ledger/command_form.hpp"

#include <functional>

#include <catch2/catch.hpp>

#include "ledger/verify.hpp"
#include "tests/support/journal_commands.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

/// A euro sign whose last byte was cut off: what is left of a text that was cut anywhere.
const std::string kCut = "\xE2\x82";

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
      [](auto& c) { c.mutable_post_entries()->add_entries()->set_kind(kCut); },
      [](auto& c) { c.mutable_report_incident()->set_detail(kCut); },
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
