#include "config/init.hpp"

#include <catch2/catch.hpp>

#include "chains/evm/address.hpp"
#include "config/load.hpp"
#include "tests/config/settings_folder.hpp"

using namespace settled;
using namespace settled::config;

namespace {

chains::TokenSettings usdc() {
  return {.symbol = "USDC",
          .currency = "USDC",
          .address = *chains::evm::parse_address("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"),
          .decimals = 6,
          .eip3009 = true};
}

Settings rendered(const SettingsFolder& folder, const InitAnswers& answers) {
  const std::string text = render_settings(answers);
  folder.write("settled.toml", text);
  const Result<Settings> settings = load(folder.settings());
  INFO(text);
  INFO((settings ? std::string() : settings.error().detail));
  REQUIRE(settings.has_value());
  return *settings;
}

}  // namespace

TEST_CASE("init writes a file for a local chain that loads") {
  const SettingsFolder folder;
  const Settings settings =
      rendered(folder, {.listen = "127.0.0.1:0",
                        .public_url = "http://127.0.0.1:8080",
                        .chain = "local",
                        .chain_id = 31337,
                        .node_urls = {"http://127.0.0.1:8545", "http://127.0.0.1:8546"},
                        .tokens = {usdc()},
                        .finality = chains::Finality{.by_tag = false, .depth = 4},
                        .confirmations = 3,
                        .start_block = 0,
                        .allow_private_networks = true});
  CHECK(settings.daemon.data_dir == folder.path("data"));
  const chains::ChainSettings& chain = settings.chains.at(0);
  CHECK(chain.chain_id == 31337);
  CHECK(chain.finality == chains::Finality{.by_tag = false, .depth = 4});
  CHECK(chain.confirmations == 3);
  CHECK(chain.start_block == 0U);
  CHECK(chain.nodes.size() == 2);
  CHECK(chain.tokens.at(0).address == usdc().address);
  CHECK(chain.tokens.at(0).eip3009);
  CHECK(settings.wallet.signers.at(0).chains == std::vector<std::string>{"local"});
  CHECK(settings.webhooks.allow_private_networks);
  CHECK_FALSE(settings.livemode);
}

TEST_CASE("init leaves the registry's figures to the registry") {
  const SettingsFolder folder;
  const InitAnswers answers{.chain = "polygon", .node_urls = {"https://rpc.example"}};
  CHECK(render_settings(answers).find("finality") == std::string::npos);
  const Settings settings = rendered(folder, answers);
  CHECK(settings.chains.at(0).finality.depth == 500);
  CHECK_FALSE(settings.chains.at(0).start_block.has_value());
  CHECK_FALSE(settings.webhooks.allow_private_networks);
}

TEST_CASE("init leaves a token of the registry to the registry, and writes out any other") {
  const SettingsFolder folder;
  InitAnswers answers{.chain = "base", .node_urls = {"https://rpc.example"}, .tokens = {usdc()}};
  CHECK(render_settings(answers).find("address") == std::string::npos);
  const Settings settings = rendered(folder, answers);
  CHECK(settings.chains.at(0).tokens.at(0).address == usdc().address);
  CHECK(settings.chains.at(0).tokens.at(0).eip3009);

  answers.tokens[0].currency = "USD";
  CHECK(render_settings(answers).find("currency = \"USD\"") != std::string::npos);
  answers.tokens = {usdc()};
  answers.chain_id = 31337;
  CHECK(render_settings(answers).find(" address = ") != std::string::npos);
}

TEST_CASE("init gives an unknown chain cautious figures") {
  const SettingsFolder folder;
  const Settings settings =
      rendered(folder, {.chain = "mine", .chain_id = 424242, .node_urls = {"http://127.0.0.1:1"}});
  CHECK(settings.chains.at(0).finality == chains::Finality{.by_tag = false, .depth = 12});
  CHECK(settings.chains.at(0).confirmations == 2);
}

TEST_CASE("init quotes what it writes") {
  const SettingsFolder folder;
  const std::string odd = "a \"b\" \\ \n\x01 \xC3\xA9";
  folder.write("hot\t.json", "{}");
  const Settings settings = rendered(folder, {.data_dir = odd,
                                              .chain = "base",
                                              .node_urls = {"https://rpc.example"},
                                              .keystore_file = "hot\t.json"});
  CHECK(settings.daemon.data_dir == folder.path(odd));
  CHECK(settings.wallet.signers.at(0).path == folder.path("hot\t.json"));
}
