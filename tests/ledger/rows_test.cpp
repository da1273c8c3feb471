#include "ledger/rows.hpp"

#include <map>
#include <random>
#include <string>

#include <catch2/catch.hpp>

#include "ledger/state.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;

namespace {

using Value = std::optional<std::string>;

}  // namespace

TEST_CASE("rows hold the newest value of every key, in the order of first changes and of keys") {
  OwnRows own;
  const Rows& rows = own.rows;
  RowsInOrder order;
  CHECK(rows.empty());
  CHECK(rows.find("") == nullptr);
  CHECK(order.range(rows, "", "\x7f").empty());

  std::map<std::string, Value> expected;
  std::mt19937 random(3);
  for (int i = 0; i < 5'000; ++i) {
    const std::string key = std::to_string(random() % 2'000);
    const Value value = random() % 5 == 0 ? std::nullopt : Value(std::to_string(i));
    own.set(key, value);
    expected[key] = value;
    if (i % 97 != 0) continue;
    const std::string from = std::to_string(random() % 2'000);
    const std::string to = std::to_string(random() % 2'000);
    std::map<std::string, Value> seen;
    std::string before;
    for (const Row& row : order.range(rows, from, to)) {
      CHECK(before < row.key);
      before = row.key;
      seen.emplace(row.key, row.value);
    }
    std::map<std::string, Value> wanted;
    if (from < to) wanted.insert(expected.lower_bound(from), expected.lower_bound(to));
    CHECK(seen == wanted);
  }
  CHECK(rows.all().size() == expected.size());
  CHECK(order.all(rows).size() == expected.size());
  for (const auto& [key, value] : expected) {
    REQUIRE(rows.find(key) != nullptr);
    CHECK(rows.find(key)->value == value);
  }
  CHECK(rows.find("2000") == nullptr);

  own.rows.clear();
  order.clear();
  CHECK(rows.empty());
  CHECK(rows.find("1") == nullptr);
  CHECK(order.all(rows).empty());
  own.set("1", "again");
  REQUIRE(rows.find("1") != nullptr);
  CHECK(rows.find("1")->value == "again");
  CHECK(order.range(rows, "", "2").size() == 1);
}

TEST_CASE("the cache is bounded, keeps what is asked for, and knows of absence") {
  RowCache cache(8);
  cache.set("hot", "1");
  cache.set("absent", std::nullopt);
  REQUIRE(cache.find("absent") != nullptr);
  CHECK(*cache.find("absent") == std::nullopt);
  for (int i = 0; i < 100; ++i) {
    cache.set("cold " + std::to_string(i), "x");
    CHECK(cache.size() <= 8);
    if (i % 2 == 0 && cache.find("hot") == nullptr) cache.set("hot", "1");
  }
  CHECK(cache.find("cold 0") == nullptr);
  CHECK(cache.find("absent") == nullptr);
  REQUIRE(cache.find("cold 99") != nullptr);
  // A value that became old is replaced, not kept beside the new one.
  cache.set("cold 97", "y");
  CHECK(*cache.find("cold 97") == "y");
  for (int i = 0; i < 3; ++i) cache.set("more " + std::to_string(i), "x");
  if (const auto* value = cache.find("cold 97")) CHECK(*value == "y");
}

TEST_CASE("an overlay's cache is told of what was taken, and a new group reads it so") {
  tests::BookFixture books;
  RowCache cache(100);
  const std::string account = "Aasset:a";
  const std::string entry = "Eentry";
  Overlay first(books.store(), {}, &cache);
  CHECK(first.get(account).value() == std::nullopt);
  REQUIRE(cache.find(account) != nullptr);
  first.put(account, "1");
  first.put(entry, "1");
  CHECK(*cache.find(account) == std::nullopt);
  first.discard();
  CHECK(first.get(account).value() == std::nullopt);
  first.put(account, "2");
  first.put(entry, "2");
  first.keep();
  CHECK(first.get(account).value() == "2");
  const auto in_flight = first.take();
  CHECK(*cache.find(account) == "2");
  CHECK(cache.find(entry) == nullptr);

  Overlay second(books.store(), in_flight, &cache);
  CHECK(second.get(entry).value() == "2");
  second.erase(account);
  second.put(entry, "3");
  second.keep();
  CHECK(second.get(account).value() == std::nullopt);
  CHECK(second.range("A", "F", 10).value() ==
        std::vector<std::pair<std::string, std::string>>{{entry, "3"}});
  REQUIRE(second.last("A", "F").value().has_value());
  CHECK(second.last("A", "F").value()->second == "3");
  second.erase(entry);
  CHECK(second.last("A", "F").value() == std::nullopt);
  second.discard();
  REQUIRE(second.take() != nullptr);
  CHECK(*cache.find(account) == std::nullopt);

  Overlay third(books.store(), in_flight);
  CHECK(third.last("A", "F").value() == std::pair<std::string, std::string>{entry, "2"});
}
