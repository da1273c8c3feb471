#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "tests/config/settings_folder.hpp"

using namespace settled;
using namespace settled::config;

namespace {

/// The good settings with 12 confirmations, and these tiers from line 16 on.
std::string with_tiers(const std::string& tiers) {
  std::string text = with_line(11, "confirmations = 12");
  const auto at = text.find("  [[chain.node]]");
  return text.insert(at, tiers);
}

std::string tier(const std::string& up_to, int confirmations) {
  return "[[chain.confirmation_tier]]\nup_to = \"" + up_to +
         "\"\nconfirmations = " + std::to_string(confirmations) + "\n";
}

}  // namespace

TEST_CASE("small payments may need fewer confirmations") {
  const SettingsFolder folder;
  folder.write("settled.toml", with_tiers(tier("100.00", 1) + tier("5000", 6)));
  const Result<Settings> settings = load(folder.settings());
  INFO((settings ? std::string() : settings.error().detail));
  REQUIRE(settings.has_value());
  const chains::ChainSettings& chain = settings->chains.at(0);
  CHECK(chain.confirmations == 12);
  REQUIRE(chain.confirmation_tiers.size() == 2);
  CHECK(chain.confirmation_tiers[0].up_to == Amount::parse("100").value());
  CHECK(chain.confirmation_tiers[0].confirmations == 1);
  CHECK(chain.confirmation_tiers[1].up_to == Amount::parse("5000").value());
  CHECK(chain.confirmation_tiers[1].confirmations == 6);
}

TEST_CASE("tiers that do not ascend, or ask for as much as the chain, are refused") {
  const SettingsFolder folder;
  const auto trouble = [&](const std::string& tiers) {
    return problems_of(folder, with_tiers(tiers));
  };
  CHECK(trouble(tier("5", 11)) == "(none)");
  CHECK(trouble(tier("5", 12)) ==
        "17: `confirmations` in [[chain.confirmation_tier]] must be below the chain's, 12: a tier "
        "is for what is small");
  CHECK(trouble(tier("0.00", 1)) ==
        "16: `up_to` in [[chain.confirmation_tier]] must be above zero");
  CHECK(trouble(tier("5", 2) + tier("5", 3)) ==
        "19: `up_to` in [[chain.confirmation_tier]] must be above that of the tier before");
  CHECK(trouble(tier("5", 2) + tier("6", 2)) ==
        "20: `confirmations` in [[chain.confirmation_tier]] must be above that of the tier before");
  CHECK(trouble("[[chain.confirmation_tier]]\nconfirmations = 1\n") ==
        "15: missing key `up_to` in [[chain.confirmation_tier]]");
  CHECK(trouble("[[chain.confirmation_tier]]\nup_to = \"1\"\n") ==
        "15: missing key `confirmations` in [[chain.confirmation_tier]]");
}

TEST_CASE("a chain has eight tiers at most") {
  const SettingsFolder folder;
  std::string tiers;
  for (int i = 1; i <= 8; ++i) tiers += tier(std::to_string(i), i);
  CHECK(problems_of(folder, with_tiers(tiers)) == "(none)");
  tiers += tier("9", 9);
  CHECK(problems_of(folder, with_tiers(tiers)) ==
        "15: `confirmation_tier` in [[chain]] must be at most 8");
}

TEST_CASE("confirmations are one number, and the message says where tiers are written") {
  const SettingsFolder folder;
  const std::string refused =
      "11: `confirmations` in [[chain]] must be one number; what is small may need fewer by "
      "[[chain.confirmation_tier]] with `up_to` and `confirmations`";
  CHECK(problems_of(folder, with_line(11, "confirmations = [1, 3]")) == refused);
  CHECK(problems_of(folder, with_line(11, "confirmations = { \"100.00\" = 1 }")) == refused);
}
