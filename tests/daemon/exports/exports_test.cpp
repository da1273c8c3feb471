#include "daemon/exports/exports.hpp"

#include <algorithm>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "ledger/reports.hpp"
#include "tests/daemon/exports/exported.hpp"

using namespace settled;
using namespace settled::daemon::exports;
using namespace settled::tests;
using nlohmann::json;

namespace {

constexpr Format kFormats[] = {Format::Csv, Format::Hledger, Format::JsonLines};

Request request_of(Format format) {
  Request out;
  out.format = format;
  return out;
}

std::vector<json> objects(const std::string& text) {
  std::vector<json> out;
  for (const std::string& line : lines_of(text)) out.push_back(json::parse(line));
  return out;
}

}  // namespace

TEST_CASE("An export is the same in pieces of any size") {
  BookFixture books;
  const std::string shop = books.set_up();
  books.fund(shop, "100");
  fill(books, 3);
  for (const std::string& merchant : {std::string(), shop}) {
    for (const Format format : kFormats) {
      Request request = request_of(format);
      request.merchant = merchant;
      CAPTURE(merchant.empty(), file_name(format));
      const std::string whole = exported(books.store(), request);
      CHECK(whole.size() > 300);
      CHECK(exported(books.store(), request, {.rows = 1, .bytes = 1}) == whole);
      CHECK(exported(books.store(), request, {.rows = 7, .bytes = 300}) == whole);
    }
  }
  Request statement = request_of(Format::Statement);
  statement.merchant = shop;
  statement.currency = "USDC";
  const std::string whole = exported(books.store(), statement);
  CHECK(exported(books.store(), statement, {.rows = 1, .bytes = 1}) == whole);
}

TEST_CASE("An export ends with the entry that was the newest when it began") {
  BookFixture books;
  const std::string shop = books.set_up();
  books.fund(shop, "100");
  for (const Format format : kFormats) {
    const Request request = request_of(format);
    const Place place = begin(books.store(), request).value();
    const std::string before = exported_from(books.store(), request, place);
    books.fund(shop, "1");
    // Accounts may be declared that came to be since; no entry is added.
    CHECK(exported_from(books.store(), request, place) == before);
    CHECK(exported(books.store(), request).size() > before.size());
  }
}

TEST_CASE("JSON lines are the entries as the API shows them, oldest first, each once") {
  BookFixture books;
  books.set_up();
  fill(books, 4);
  const auto lines = objects(exported(books.store(), request_of(Format::JsonLines)));
  REQUIRE(lines.size() == books.book().head().entry_sequence());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    REQUIRE(lines[i].at("sequence") == i + 1);
    REQUIRE(lines[i].at("object") == "entry");
  }
}

TEST_CASE("An export is narrowed to [from, until)") {
  BookFixture books;
  const std::string shop = books.set_up();
  const std::int64_t first = books.now_ms();
  books.clock().advance(1'000);
  books.fund(shop, "1");
  books.clock().advance(1'000);
  books.fund(shop, "2");
  for (const std::string& merchant : {std::string(), shop}) {
    const auto count = [&](std::int64_t from, std::int64_t until) {
      Request request = request_of(Format::JsonLines);
      request.merchant = merchant;
      request.from = from_ms(from);
      request.until = from_ms(until);
      return objects(exported(books.store(), request)).size();
    };
    const std::size_t all = count(0, first + 9'000);
    const std::size_t before = count(0, first + 1'000);
    CHECK(count(first + 1'000, first + 1'001) > 0);
    CHECK(count(first + 1'001, first + 2'000) == 0);
    CHECK(before + count(first + 1'000, first + 2'000) + count(first + 2'000, first + 9'000) ==
          all);
    CHECK(count(first + 2'001, first + 9'000) == 0);
    CHECK(count(0, 0) == 0);
  }
}

TEST_CASE("A merchant's export has the lines of its own accounts alone") {
  BookFixture books;
  const std::string shop = books.set_up();
  const std::string other = books.merchant("Other");
  books.fund(shop, "10");
  books.fund(other, "5");
  const std::string own = MerchantId::from_raw(shop).to_string();
  const std::string theirs = MerchantId::from_raw(other).to_string();
  for (const Format format : kFormats) {
    Request request = request_of(format);
    request.merchant = shop;
    const std::string text = exported(books.store(), request);
    CHECK(text.contains("liability:merchants:" + own));
    CHECK_FALSE(text.contains(theirs));
    CHECK_FALSE(text.contains("asset:"));
  }
  Request euros = request_of(Format::JsonLines);
  euros.merchant = shop;
  euros.currency = "EURC";
  CHECK(exported(books.store(), euros).empty());
}

TEST_CASE("A currency's export has no line of another") {
  BookFixture books;
  books.set_up();
  Request request = request_of(Format::Csv);
  request.currency = "ETH";
  const auto rows = lines_of(exported(books.store(), request));
  REQUIRE(rows.size() == 3);
  for (const std::string& row : {rows[1], rows[2]}) CHECK(row.contains(",1.00,ETH,"));
}

TEST_CASE("A statement opens, lists and closes, with balances after each line") {
  BookFixture books;
  const std::string shop = books.set_up();
  const std::int64_t began = books.now_ms();
  books.fund(shop, "100");
  books.ok(request_payout(shop, "30"));
  books.clock().advance(1'000);
  books.fund(shop, "0.5");
  Request request = request_of(Format::Statement);
  request.merchant = shop;
  request.currency = "USDC";
  request.from = from_ms(began + 1'000);
  const auto rows = lines_of(exported(books.store(), request));
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].starts_with("time,sequence,entry,kind,"));
  CHECK(rows[1] == to_rfc3339(request.from) + ",,,,,opening,,100.00,70.00,USDC,,");
  CHECK(rows[2].contains(",transfer.finalized,"));
  CHECK(rows[2].contains(",payments,0.50,100.50,70.50,USDC,,"));
  CHECK(rows[3].contains(",,,,,closing,,100.50,70.50,USDC,,"));
}

TEST_CASE("A request that makes no sense is refused before anything is read") {
  Request statement = request_of(Format::Statement);
  CHECK(check(statement).error().param == "merchant");
  statement.merchant = std::string(16, 'm');
  CHECK(check(statement).error().reason == "missing_parameter");
  CHECK(check(statement).error().param == "currency");
  statement.currency = "USDC";
  CHECK(check(statement).has_value());
  statement.from = from_ms(2);
  statement.until = from_ms(1);
  CHECK(check(statement).error().param == "until");
  Request old = request_of(Format::Csv);
  old.from = from_ms(-1);
  CHECK(check(old).error().param == "from");
  CHECK_FALSE(parse_format("pdf").has_value());
  CHECK(parse_format("hledger") == Format::Hledger);
}

TEST_CASE("A place that no export was at is refused") {
  for (const std::string text :
       {"", "x", "1", "3 0 0 ", "0 -1 0 ", "0 1 2 zz", "0 1 2 a", "0 1", "9 1 2 00", "0 1 x 00"}) {
    CAPTURE(text);
    CHECK(Place::parse(text).error().code == Errc::Invalid);
  }
  BookFixture books;
  books.set_up();
  Request request = request_of(Format::Csv);
  request.merchant = books.merchant("Other");
  const Place nowhere{Place::Stage::Entries, 10, 10, std::string(16, 'x')};
  CHECK(next_piece(books.store(), request, nowhere, {}).error().reason == "invalid_place");
}
