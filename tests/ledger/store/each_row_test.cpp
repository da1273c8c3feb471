#include "ledger/store/each_row.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/map_store.hpp"

using namespace settled;
using namespace settled::ledger::store;
using namespace settled::tests;
using Rows = std::vector<std::string>;

namespace {

class UnreadableStore final : public MapStore {
 public:
  Status scan(std::string_view, std::string_view, const Visit&) const override {
    return fail(Errc::Unavailable, "store_read_failed", "too many open files");
  }
};

}  // namespace

TEST_CASE("each row of a range is checked, up to the first that is refused") {
  const MapStore store({{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}});
  Rows seen;
  std::string bad;
  const auto check = [&](std::string_view key, std::string_view value) -> Status {
    seen.push_back(std::string(key) + std::string(value));
    if (key == bad) return fail(Errc::Corrupt, "corrupt_record", std::string(key));
    return {};
  };
  SECTION("none is refused") {
    CHECK(each_row(store, "b", "d", check));
    CHECK(seen == Rows{"b2", "c3"});
  }
  SECTION("one in the middle is") {
    bad = "b";
    const Status checked = each_row(store, "a", "e", check);
    REQUIRE_FALSE(checked);
    CHECK(checked.error() == Error{Errc::Corrupt, "corrupt_record", "b"});
    CHECK(seen == Rows{"a1", "b2"});
  }
  SECTION("the last one is") {
    bad = "d";
    CHECK_FALSE(each_row(store, "a", "e", check));
  }
}

TEST_CASE("a range that cannot be read is the store's error") {
  const Status checked = each_row(UnreadableStore(), "a", "z",
                                  [](std::string_view, std::string_view) { return Status{}; });
  REQUIRE_FALSE(checked);
  CHECK(checked.error().reason == "store_read_failed");
}
