#include "tests/config/settings_folder.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdlib.h>

#include <catch2/catch.hpp>

#include "config/load.hpp"

namespace settled::config {
namespace {

constexpr std::string_view kGood =                                  //
    "[daemon]\n"                                                    // 1
    "data_dir = \"data\"\n"                                         // 2
    "listen = \"127.0.0.1:8080\"\n"                                 // 3
    "public_url = \"https://pay.example.com\"\n"                    // 4
    "[[chain]]\n"                                                   // 5
    "name = \"localtest\"\n"                                        // 6
    "family = \"evm\"\n"                                            // 7
    "chain_id = 31337\n"                                            // 8
    "required = true\n"                                             // 9
    "finality = 4\n"                                                // 10
    "confirmations = 2\n"                                           // 11
    "poll_interval_ms = 100\n"                                      // 12
    "start_block = 0\n"                                             // 13
    "min_agreeing_nodes = 1\n"                                      // 14
    "  [[chain.node]]\n"                                            // 15
    "  url = \"http://127.0.0.1:8545\"\n"                           // 16
    "  [[chain.token]]\n"                                           // 17
    "  symbol = \"USDC\"\n"                                         // 18
    "  currency = \"USDC\"\n"                                       // 19
    "  address = \"0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913\"\n"  // 20
    "  decimals = 6\n"                                              // 21
    "  eip3009 = true\n"                                            // 22
    "[wallet]\n"                                                    // 23
    "deposit_xpub_file = \"deposit.xpub\"\n"                        // 24
    "  [[wallet.signer]]\n"                                         // 25
    "  name = \"hot\"\n"                                            // 26
    "  kind = \"keystore\"\n"                                       // 27
    "  path = \"hot.json\"\n"                                       // 28
    "  passphrase_file = \"hot.pass\"\n"                            // 29
    "  chains = [\"localtest\"]\n"                                  // 30
    "  roles = [\"payouts\"]\n"                                     // 31
    "[payouts]\n"                                                   // 32
    "max_amount = \"10000.00\"\n";                                  // 33

}  // namespace

SettingsFolder::SettingsFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "settled-config-XXXXXX").string();
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  path_ = name;
  write("deposit.xpub", "xpub-of-the-test\n");
  write("hot.json", "{}");
  write("hot.pass", "correct horse\n");
}

SettingsFolder::~SettingsFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void SettingsFolder::write(const std::string& name, std::string_view content) const {
  std::ofstream(path(name), std::ios::binary) << content;
}

std::string good_settings() {
  return std::string(kGood);
}

std::string with_line(int number, std::string_view text) {
  std::istringstream in{std::string(kGood)};
  std::string out;
  std::string line;
  for (int current = 1; std::getline(in, line); ++current) {
    if (current != number) {
      out += line + "\n";
    } else if (!text.empty()) {
      out += std::string(text) + "\n";
    }
  }
  return out;
}

std::string with_more(std::string_view text) {
  return std::string(kGood) + std::string(text);
}

std::string problems_of(const SettingsFolder& folder, const std::string& text) {
  folder.write("settled.toml", text);
  const Result<Settings> settings = load(folder.settings());
  if (settings) return "(none)";
  CHECK(settings.error().code == Errc::Invalid);
  CHECK(settings.error().reason == "bad_settings");
  const std::string prefix = folder.settings().string() + ":";
  std::istringstream in(settings.error().detail);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    CHECK(line.starts_with(prefix));
    if (!out.empty()) out += "\n";
    out += line.substr(std::min(prefix.size(), line.size()));
  }
  return out;
}

}  // namespace settled::config
