#include "config/reader.hpp"

#include <catch2/catch.hpp>

using namespace settled;
using namespace settled::config;

TEST_CASE("the nearest key is suggested, and none where none is near") {
  const std::vector<std::string_view> known = {"poll_interval_ms", "timeout_s", "name",
                                               "confirmations", "bps"};
  CHECK(nearest("poll_intervall_ms", known) == "poll_interval_ms");
  CHECK(nearest("timeout", known) == "timeout_s");
  CHECK(nearest("poll_interval", known) == "poll_interval_ms");
  CHECK(nearest("confirmation", known) == "confirmations");
  CHECK(nearest("nmae", known) == "name");
  CHECK(nearest("gas_price", known).empty());
  CHECK(nearest("x", known).empty());
  CHECK(nearest(std::string(100'000, 'a'), known).empty());
}

TEST_CASE("problems are listed in the order of the file") {
  Problems problems("a.toml");
  CHECK(problems.none());
  problems.add(12, "late");
  problems.add(3, "early");
  CHECK_FALSE(problems.none());
  CHECK(problems.error().code == Errc::Invalid);
  CHECK(problems.error().reason == "bad_settings");
  CHECK(problems.error().detail == "a.toml:3: early\na.toml:12: late");
}
