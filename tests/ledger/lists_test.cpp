#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "tests/support/book_fixture.hpp"

namespace settled::ledger::reports {
namespace {

constexpr std::int64_t kStart = 1'700'000'000'000;
const std::string kMerchant(16, 'm');

/// The id of the n-th intent, made n milliseconds after the start.
std::string intent_id(std::int64_t n) {
  const std::int64_t ms = kStart + n;
  std::string id;
  for (int shift = 40; shift >= 0; shift -= 8) id.push_back(static_cast<char>(ms >> shift));
  return id + std::string(10, '\x7F');
}

/// So many intents of one merchant; only the oldest has the reference "needle".
void put_intents(store::Store& store, std::int64_t count) {
  store::Batch batch;
  for (std::int64_t n = 0; n < count; ++n) {
    pb::Intent intent;
    intent.set_id(intent_id(n));
    intent.set_merchant(kMerchant);
    intent.set_deposit_address(std::string(20, 'd'));
    intent.set_created(kStart + n);
    if (n == 0) intent.set_reference("needle");
    batch.put(keys::intent(intent.id()), intent.SerializeAsString());
    batch.put(keys::merchant_intent(kMerchant, intent.id()), {});
  }
  REQUIRE(store.write(batch, store::Durability::Written));
}

bool is_needle(const pb::Intent& intent) {
  return intent.reference() == "needle";
}

PageRequest in_time(std::int64_t from, std::int64_t to) {
  PageRequest request;
  request.from_ms = kStart + from;
  request.to_ms = kStart + to;
  return request;
}

std::vector<std::int64_t> times(const Page<pb::Intent>& page) {
  std::vector<std::int64_t> out;
  for (const pb::Intent& intent : page.data) out.push_back(intent.created() - kStart);
  return out;
}

using Times = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("A search looks at a bounded number of rows, says so, and goes on where it is told") {
  tests::BookFixture books;
  const auto most = static_cast<std::int64_t>(kMaxRowsVisited);
  put_intents(books.store(), most + 1);
  const std::string merchant = GENERATE(std::string(), kMerchant);
  const auto refused = intents(books.store(), merchant, {}, is_needle);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::Invalid);
  CHECK(refused.error().reason == "search_too_wide");
  CHECK(refused.error().detail.find(to_rfc3339(from_ms(kStart))) != std::string::npos);

  const auto narrowed = intents(books.store(), merchant, in_time(0, most - 1), is_needle);
  REQUIRE(narrowed);
  CHECK(times(*narrowed) == Times{0});
  CHECK_FALSE(narrowed->has_more);

  const auto some = intents(books.store(), merchant, {}, [&](const pb::Intent& intent) {
    return intent.created() == kStart + most || is_needle(intent);
  });
  REQUIRE(some);
  CHECK(times(*some) == Times{most});
  CHECK(some->has_more);
  PageRequest next;
  next.starting_after = some->data.back().id();
  const auto rest = intents(books.store(), merchant, next, is_needle);
  REQUIRE(rest);
  CHECK(times(*rest) == Times{0});
}

TEST_CASE("Times bound a page exactly, with cursors and without") {
  tests::BookFixture books;
  put_intents(books.store(), 10);
  const std::string merchant = GENERATE(std::string(), kMerchant);
  const auto page = [&](const PageRequest& request) {
    return times(intents(books.store(), merchant, request, {}).value());
  };
  CHECK(page(in_time(3, 5)) == Times{5, 4, 3});
  CHECK(page(in_time(9, 100)) == Times{9});
  CHECK(page(in_time(5, 4)).empty());
  CHECK(page(in_time(10, 20)).empty());
  CHECK(page(in_time(-kStart - 10, 0)) == Times{0});
  CHECK(page(in_time(-kStart - 10, -kStart - 1)).empty());
  PageRequest after = in_time(3, 8);
  after.starting_after = intent_id(6);
  CHECK(page(after) == Times{5, 4, 3});
  PageRequest before = in_time(3, 8);
  before.ending_before = intent_id(6);
  CHECK(page(before) == Times{8, 7});
  before.ending_before = intent_id(9);
  CHECK(page(before).empty());
  PageRequest open;
  open.from_ms = kStart + 8;
  CHECK(page(open) == Times{9, 8});
}

TEST_CASE("Accounts are paged by code in both directions") {
  tests::BookFixture books;
  store::Batch batch;
  for (const char* code : {"asset:a", "asset:b", "asset:c", "asset:d", "liability:x"}) {
    pb::Account account;
    account.set_code(code);
    batch.put(keys::account(code), account.SerializeAsString());
  }
  REQUIRE(books.store().write(batch, store::Durability::Written));
  const auto codes = [&](PageRequest request) {
    request.limit = 2;
    const auto page = account_page(books.store(), "asset:", request).value();
    std::string out;
    for (const pb::Account& account : page.data) out += account.code().substr(6);
    return out + (page.has_more ? "+" : "");
  };
  PageRequest request;
  CHECK(codes(request) == "ab+");
  request.starting_after = "asset:b";
  CHECK(codes(request) == "cd");
  request.starting_after = "asset:d";
  CHECK(codes(request).empty());
  request = {};
  request.ending_before = "asset:d";
  CHECK(codes(request) == "bc+");
  request.ending_before = "asset:b";
  CHECK(codes(request) == "a");
  for (const char* cursor : {"asset:e", "liability:x", "asset", ""}) {
    request.ending_before = cursor;
    CHECK(account_page(books.store(), "asset:", request).error().reason == "invalid_cursor");
  }
}

}  // namespace settled::ledger::reports
