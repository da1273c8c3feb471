#include <filesystem>

#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "tests/config/settings_folder.hpp"

using namespace settled;
using namespace settled::config;

TEST_CASE("the example file loads as it stands") {
  const SettingsFolder folder;
  std::filesystem::copy_file(std::filesystem::path(SETTLED_SOURCE_DIR) / "config/example.toml",
                             folder.settings());
  const Result<Settings> settings = load(folder.settings());
  INFO((settings ? std::string() : settings.error().detail));
  REQUIRE(settings.has_value());
  CHECK(settings->livemode);
  CHECK(settings->chains.at(0).name == "base");
  REQUIRE(settings->chains.at(0).tokens.size() == 2);
  CHECK(settings->chains.at(0).tokens[0].decimals == 6);
  CHECK(settings->daemon.ops_listen == Endpoint{"127.0.0.1", 9090});
  CHECK(settings->payouts.max_amount->to_string() == "10000.00");
}
