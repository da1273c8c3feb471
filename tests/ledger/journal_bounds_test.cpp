// The last that the journal accepts, and the first that it refuses.
#include <catch2/catch.hpp>

#include "ledger/journal.hpp"
#include "tests/support/journal_commands.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

class Journal : public BookFixture {
 public:
  Journal() {
    for (const char* code : {"asset:bank", "liability:loans", "expense:rent", "income:sales"}) {
      ok(open_account(code));
    }
  }
};

const std::vector<std::string> kLines = {"Dr asset:bank 5", "Cr liability:loans 5"};

}  // namespace

TEST_CASE("an entry has a hundred lines at most") {
  Journal books;
  pb::PostEntry entry = post_entry("1", {"Cr asset:bank 99"});
  for (int i = 0; i < 100; ++i) {
    const std::string code = "asset:many:" + std::to_string(i);
    books.ok(open_account(code));
    if (i < 99) *entry.add_lines() = line("Dr " + code + " 1");
  }
  CHECK(books.ok(entry).entry().lines_size() == 100);
  entry.set_reference("2");
  *entry.add_lines() = line("Dr asset:many:99 1");
  CHECK(books.refused(entry).reason == "invalid_lines");
  CHECK(books.refused(post_entry("3", {"Dr asset:bank 1"})).reason == "invalid_lines");
}

TEST_CASE("a hold ends within ten years, and only a hold ends by itself") {
  Journal books;
  CHECK(books.refused(pending_entry("1", kLines, kLongestTimeoutMs + 1)).reason ==
        "invalid_timeout");
  CHECK(books.ok(pending_entry("1", kLines, kLongestTimeoutMs)).entry().expires_at() ==
        books.now_ms() + kLongestTimeoutMs);
  CHECK(books.ok(pending_entry("2", kLines, 1)).entry().expires_at() == books.now_ms() + 1);
  pb::PostEntry posted = post_entry("3", kLines);
  posted.set_timeout_ms(1);
  CHECK(books.refused(posted).reason == "invalid_timeout");
}

TEST_CASE("names and descriptions have their longest lengths") {
  Journal books;
  pb::PostEntry entry = post_entry(std::string(64, 'r'), kLines);
  entry.set_kind(std::string(64, 'k'));
  entry.set_description(std::string(1'000, 'd'));
  books.ok(entry);
  CHECK(books.refused(post_entry(std::string(65, 'r'), kLines)).reason == "invalid_reference");
  CHECK(books.refused(post_entry("", kLines)).reason == "invalid_reference");
  entry.set_reference("1");
  entry.set_kind(std::string(65, 'k'));
  CHECK(books.refused(entry).reason == "invalid_kind");
  const std::string words = "asset:" + std::string(60, 'a') + ":" + std::string(60, 'b');
  books.ok(open_account(words + "1"));  // 128
  CHECK(books.refused(open_account(words + "12")).reason == "invalid_code");
  CHECK(books.refused(open_account("asset:" + std::string(65, 'a'))).reason == "invalid_code");
  for (const char* code : {"asset", "asset:", "asset::x", "asset:x:", "assets:x", "asset:x y"}) {
    INFO(code);
    CHECK(books.refused(open_account(code)).reason == "invalid_code");
  }
}

TEST_CASE("results take no limits, other accounts one of two") {
  Journal books;
  for (const std::string type : {"asset", "liability", "equity", "income", "expense"}) {
    for (const bool debits : {true, false}) {
      pb::OpenAccount open = open_account(type + ":limited:" + (debits ? "debits" : "credits"));
      open.set_debits_must_not_exceed_credits(debits);
      open.set_credits_must_not_exceed_debits(!debits);
      INFO(open.code());
      if (type == "income" || type == "expense") {
        CHECK(books.refused(open).reason == "invalid_limits");
      } else {
        books.ok(open);
      }
    }
  }
}

TEST_CASE("the post of a hold that is asked again is compared line by line") {
  Journal books;
  const std::vector<std::string> lines = {"Dr expense:rent 2", "Dr income:sales 2",
                                          "Cr asset:bank 4"};
  const std::string part = books.ok(pending_entry("h1", lines)).entry().id();
  books.ok(post_hold("part", part, {"0", "2", "2"}));
  books.ok(post_hold("part", part, {"0", "2", "2"}));
  const std::string whole = books.ok(pending_entry("h2", lines)).entry().id();
  books.ok(post_hold("whole", whole));
  books.ok(post_hold("whole", whole, {"2", "2", "4"}));
  for (const auto& [reference, hold, amounts] :
       {std::tuple{"part", part, std::vector<std::string_view>{"2", "0", "2"}},
        std::tuple{"part", part, std::vector<std::string_view>{}},
        std::tuple{"whole", whole, std::vector<std::string_view>{"2", "2", "0"}},
        std::tuple{"whole", whole, std::vector<std::string_view>{"0", "2", "2"}}}) {
    CHECK(books.refused(post_hold(reference, hold, amounts)).reason ==
          "exists_with_different_amount");
  }
  const std::vector<std::string_view> many(101, "1");
  CHECK(books.refused(post_hold("many", whole, many)).reason == "invalid_amounts");
  const std::vector<std::string_view> most(100, "1");
  CHECK(books.refused(post_hold("many", part, most)).reason == "hold_posted");
}
