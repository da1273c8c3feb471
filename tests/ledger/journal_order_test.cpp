// Which of two reasons to refuse a command is told: the one that ledger/journal.hpp names first.
// Each command is given every two of its faults at once.
#include <functional>

#include <catch2/catch.hpp>

#include "ledger/journal.hpp"
#include "tests/support/journal_commands.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

/// The least unit above what one line may have: 2^120 units and one.
constexpr std::string_view kMostOfLine = "1329227995784915872.903807060280344576";
constexpr std::string_view kTooLarge = "1329227995784915872.903807060280344577";

template <typename Kind>
struct Fault {
  std::string reason;
  std::function<void(Kind&)> make;
};

/// Of every two faults the first is told, and each alone is told too.
template <typename Kind>
void check_order(BookFixture& books, const Kind& sound, const std::vector<Fault<Kind>>& faults) {
  for (std::size_t first = 0; first < faults.size(); ++first) {
    for (std::size_t second = first; second < faults.size(); ++second) {
      Kind command = sound;
      if (second != first) faults[second].make(command);
      faults[first].make(command);
      INFO(faults[first].reason << " and " << faults[second].reason);
      CHECK(books.refused(command).reason == faults[first].reason);
    }
  }
}

auto adds(std::vector<std::string> lines) {
  return [lines = std::move(lines)](pb::PostEntry& post) {
    for (const std::string& text : lines) *post.add_lines() = line(text);
  };
}

void open(BookFixture& books, std::initializer_list<const char*> codes) {
  for (const char* code : codes) books.ok(open_account(code));
}

pb::OpenAccount limited(std::string_view code) {
  pb::OpenAccount out = open_account(code);
  out.set_debits_must_not_exceed_credits(true);
  return out;
}

/// The faults of an entry's form, in order.
std::vector<Fault<pb::PostEntry>> faults_of_form() {
  return {
      {"invalid_reference", [](pb::PostEntry& post) { post.set_reference("two words"); }},
      {"invalid_kind", [](pb::PostEntry& post) { post.set_kind("Test"); }},
      {"invalid_description",
       [](pb::PostEntry& post) { post.set_description(std::string(1'001, 'd')); }},
      {"invalid_timeout", [](pb::PostEntry& post) { post.set_timeout_ms(-1); }},
      {"invalid_lines",
       [](pb::PostEntry& post) {
         for (int i = 0; i < 99; ++i) {
           *post.add_lines() = line("Dr asset:many:" + std::to_string(i) + " 1");
         }
       }},
      {"invalid_amount", adds({"Dr income:nothing 0"})},
      {"amount_too_large", adds({"Dr income:large " + std::string(kTooLarge)})},
      {"duplicate_account", adds({"Cr asset:bank 5"})},
  };
}

/// The faults of a new entry by what the book holds, in order.
std::vector<Fault<pb::PostEntry>> faults_of_state() {
  return {
      {"account_not_found", adds({"Dr asset:missing 1", "Cr asset:missing_too 1"})},
      {"account_follows_chain",
       adds({"Dr asset:wallets:hot:base:USDC 1", "Cr equity:opening:USDC 1"})},
      {"account_closed", adds({"Dr asset:closed 1", "Cr income:of_closed 1"})},
      {"wrong_currency", [](pb::PostEntry& post) { post.mutable_lines(0)->set_currency("EUR"); }},
      {"unbalanced_entry", adds({"Dr expense:rent 1"})},
      {"amount_too_large", adds({"Dr equity:full 1", "Cr income:of_full 1"})},
      {"exceeds_credits", adds({"Dr liability:limited 1", "Cr income:of_limited 1"})},
  };
}

}  // namespace

TEST_CASE("the faults of an entry's form are told in their order, before all others") {
  BookFixture books;
  open(books, {"asset:bank", "liability:loans"});
  auto faults = faults_of_form();
  // Any fault of the state stands for all of them.
  faults.push_back(faults_of_state().front());
  check_order(books, post_entry("1", {"Dr asset:bank 5", "Cr liability:loans 5"}), faults);
}

TEST_CASE("what an entry meets in the book is told in its order") {
  BookFixture books;
  books.set_up();
  open(books, {"asset:bank", "liability:loans", "asset:closed", "income:of_closed", "expense:rent",
               "equity:full", "income:of_full", "income:of_limited"});
  books.ok(limited("liability:limited"));
  books.ok(close_account("asset:closed"));
  for (int i = 0; i < 128; ++i) {  // 128 * 2^120 = 2^127, the most that is booked by hand
    books.ok(pending_entry("fill/" + std::to_string(i),
                           {"Dr equity:full " + std::string(kMostOfLine),
                            "Cr liability:loans " + std::string(kMostOfLine)}));
  }
  const pb::PostEntry sound = post_entry("1", {"Dr asset:bank 5", "Cr expense:rent_too 5"});
  open(books, {"expense:rent_too"});
  check_order(books, sound, faults_of_state());
  books.ok(sound);
}

TEST_CASE("every field in which a reused reference differs is told in its order") {
  BookFixture books;
  open(books, {"asset:bank", "liability:loans", "expense:rent"});
  pb::PostEntry made = pending_entry("1", {"Dr asset:bank 5", "Cr liability:loans 5"}, 10'000);
  made.set_description("as it was");
  const std::string hold = books.ok(made).entry().id();
  books.ok(void_hold("ended", hold));
  const std::vector<Fault<pb::PostEntry>> faults = {
      {"duplicate_account", adds({"Cr liability:loans 5"})},
      {"exists_with_different_operation", [](pb::PostEntry& post) { post.set_reference("ended"); }},
      {"exists_with_different_pending",
       [](pb::PostEntry& post) {
         post.set_pending(false);
         post.set_timeout_ms(0);
       }},
      {"exists_with_different_timeout", [](pb::PostEntry& post) { post.set_timeout_ms(9'999); }},
      {"exists_with_different_lines", adds({"Dr expense:rent 1"})},
      {"exists_with_different_account",
       [](pb::PostEntry& post) { post.mutable_lines(0)->set_account("asset:missing"); }},
      {"exists_with_different_side",
       [](pb::PostEntry& post) { post.mutable_lines(1)->set_credit(false); }},
      {"exists_with_different_amount",
       [](pb::PostEntry& post) { post.mutable_lines(0)->set_amount(money("6")); }},
      {"exists_with_different_currency",
       [](pb::PostEntry& post) { post.mutable_lines(1)->set_currency("EUR"); }},
      {"exists_with_different_kind", [](pb::PostEntry& post) { post.set_kind("other"); }},
      {"exists_with_different_description",
       [](pb::PostEntry& post) { post.set_description("otherwise"); }},
  };
  check_order(books, made, faults);
  CHECK(books.ok(made).entry().id() == hold);
  // What is the same request is answered whatever became of its accounts.
  books.ok(close_account("asset:bank"));
  CHECK(books.ok(made).entry().id() == hold);
  made.mutable_lines(0)->set_currency("USD");
  CHECK(books.ok(made).entry().id() == hold);
}

TEST_CASE("what is wrong with the post of a hold is told in its order") {
  BookFixture books;
  open(books, {"asset:bank", "liability:loans", "asset:closed"});
  const std::vector<std::string> lines = {"Dr asset:bank 5", "Cr liability:loans 5"};
  const auto held = [&](std::string_view reference, std::int64_t timeout_ms = 0) {
    return books.ok(pending_entry(reference, lines, timeout_ms)).entry().id();
  };
  const std::string open_one = held("open");
  const std::string of_closed =
      books.ok(pending_entry("closed", {"Dr asset:closed 5", "Cr liability:loans 5"})).entry().id();
  books.ok(close_account("asset:closed"));
  const std::string due = held("due", 1'000);
  const std::string posted = held("posted", 1'000);
  const std::string voided = held("voided", 1'000);
  books.ok(post_hold("made", posted, {"2", "2"}));
  books.ok(void_hold("ended", voided));
  books.clock().advance(1'000);  // now those that were ended are due too
  using Post = pb::PostHold;
  const auto amounts = [](Post& post, std::initializer_list<const char*> texts) {
    post.clear_amounts();
    for (const char* text : texts) post.add_amounts(money(text));
  };
  SECTION("its form and its reference") {
    check_order<Post>(
        books, post_hold("made", posted, {"2", "2"}),
        {{"invalid_reference", [](Post& post) { post.set_reference(""); }},
         {"invalid_amounts", [&](Post& post) { amounts(post, {"0", "0"}); }},
         {"exists_with_different_operation", [](Post& post) { post.set_reference("ended"); }},
         {"exists_with_different_hold", [&](Post& post) { post.set_hold(due); }},
         {"exists_with_different_amount", [&](Post& post) {
            if (post.amounts_size() == 2 && post.amounts(0) == money("2"))
              amounts(post, {"2", "3"});
          }}});
    CHECK(books.refused(post_hold("made", posted)).reason == "exists_with_different_amount");
    CHECK(books.refused(post_hold("made", posted, {"2"})).reason == "exists_with_different_amount");
    CHECK(books.refused(post_hold("open", posted)).reason == "exists_with_different_operation");
    books.ok(post_hold("made", posted, {"2", "2"}));
  }
  SECTION("the hold before the amounts") {
    for (const auto& [hold, reason] :
         {std::pair{std::string(16, 'z'), "hold_not_found"}, std::pair{posted, "hold_posted"},
          std::pair{voided, "hold_voided"}, std::pair{due, "hold_expired"}}) {
      INFO(reason);
      CHECK(books.refused(post_hold("new", hold, {"5"})).reason == reason);
      CHECK(books.refused(void_hold("new", hold)).reason == reason);
    }
  }
  SECTION("the amounts, the accounts, the sums") {
    CHECK(books.refused(post_hold("new", of_closed, {"6"})).reason == "amounts_mismatch");
    CHECK(books.refused(post_hold("new", of_closed, {"6", "5"})).reason == "exceeds_hold");
    CHECK(books.refused(post_hold("new", of_closed, {"5", "4"})).reason == "account_closed");
    CHECK(books.refused(post_hold("new", of_closed)).reason == "account_closed");
    CHECK(books.refused(post_hold("new", open_one, {"5", "4"})).reason == "unbalanced_entry");
    CHECK(books.refused(post_hold("new", open_one, {"0", "4"})).reason == "unbalanced_entry");
    books.ok(post_hold("new", open_one, {"4", "4"}));
  }
}

TEST_CASE("what is wrong with the void of a hold is told in its order") {
  BookFixture books;
  open(books, {"asset:bank", "liability:loans"});
  const std::vector<std::string> lines = {"Dr asset:bank 5", "Cr liability:loans 5"};
  const std::string first = books.ok(pending_entry("1", lines)).entry().id();
  const std::string second = books.ok(pending_entry("2", lines)).entry().id();
  books.ok(void_hold("void", first));
  books.ok(post_hold("post", second));
  check_order<pb::VoidHold>(
      books, void_hold("void", first),
      {{"invalid_reference", [](pb::VoidHold& end) { end.set_reference(std::string(65, 'r')); }},
       {"exists_with_different_operation", [](pb::VoidHold& end) { end.set_reference("post"); }},
       {"exists_with_different_hold", [&](pb::VoidHold& end) { end.set_hold(second); }}});
  CHECK(books.refused(void_hold("1", first)).reason == "exists_with_different_operation");
  books.ok(void_hold("void", first));
}

TEST_CASE("holds of the system are told before what became of them") {
  BookFixture books;
  const std::string merchant = books.set_up();
  books.fund(merchant, "10");
  const pb::Payout payout = books.ok(request_payout(merchant, "4")).payout();
  pb::CancelPayout cancel;
  cancel.set_id(payout.id());
  books.ok(cancel);
  CHECK(books.refused(post_hold("p", payout.hold(), {"1"})).reason == "hold_of_system");
  CHECK(books.refused(void_hold("p", payout.hold())).reason == "hold_of_system");
}

TEST_CASE("what is wrong with an account is told in its order") {
  BookFixture books;
  const std::string merchant = books.set_up();
  books.fund(merchant, "10");
  using Open = pb::OpenAccount;
  Open made = open_account("asset:bank");
  made.set_description("as it was");
  books.ok(made);
  const std::vector<Fault<Open>> faults = {
      {"invalid_code", [](Open& open) { open.set_code("assets:bank"); }},
      {"invalid_currency", [](Open& open) { open.set_currency("U S D"); }},
      {"invalid_limits",
       [](Open& open) {
         open.set_debits_must_not_exceed_credits(true);
         open.set_credits_must_not_exceed_debits(true);
       }},
      {"invalid_clearing", [](Open& open) { open.set_must_return_to_zero(true); }},
      {"invalid_description", [](Open& open) { open.set_description(std::string(1'001, 'd')); }},
      {"account_reserved", [](Open& open) { open.set_code("asset:wallets:hot:base:USDC"); }},
      {"exists_with_different_currency",
       [](Open& open) {
         if (open.currency() == "USD") open.set_currency("EUR");
       }},
      {"exists_with_different_limits",
       [](Open& open) { open.set_credits_must_not_exceed_debits(true); }},
      {"exists_with_different_description",
       [](Open& open) {
         if (open.description() == "as it was") open.set_description("otherwise");
       }},
  };
  check_order(books, made, faults);
  books.ok(made);
  SECTION("and with its end") {
    CHECK(books.refused(close_account("asset:missing")).reason == "account_not_found");
    CHECK(books.refused(close_account("asset:wallets:hot:base:USDC")).reason ==
          "account_of_system");
    open(books, {"liability:loans"});
    books.ok(post_entry("1", {"Dr asset:bank 5", "Cr liability:loans 5"}));
    CHECK(books.refused(close_account("asset:bank")).reason == "account_not_zero");
    CHECK(books.refused(close_account("liability:loans")).reason == "account_not_zero");
  }
}
