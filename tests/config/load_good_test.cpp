#include <catch2/catch.hpp>

#include "chains/evm/address.hpp"
#include "config/load.hpp"
#include "tests/config/settings_folder.hpp"

using namespace settled;
using namespace settled::config;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

Settings loaded(const SettingsFolder& folder, const std::string& text) {
  folder.write("settled.toml", text);
  const Result<Settings> settings = load(folder.settings());
  INFO((settings ? std::string() : settings.error().detail));
  REQUIRE(settings.has_value());
  return *settings;
}

}  // namespace

TEST_CASE("a settings file becomes every module's settings") {
  const SettingsFolder folder;
  const Settings settings = loaded(folder, good_settings());

  CHECK(settings.daemon.data_dir == folder.path("data"));
  CHECK(settings.daemon.listen == Endpoint{"127.0.0.1", 8080});
  CHECK_FALSE(settings.daemon.ops_listen.has_value());
  CHECK(settings.daemon.public_url == "https://pay.example.com");

  REQUIRE(settings.chains.size() == 1);
  const chains::ChainSettings& chain = settings.chains[0];
  CHECK(chain.name == "localtest");
  CHECK(chain.chain_id == 31337);
  CHECK(chain.required);
  CHECK(chain.finality == chains::Finality{.by_tag = false, .depth = 4});
  CHECK(chain.confirmations == 2);
  CHECK(chain.poll_interval == milliseconds{100});
  CHECK(chain.start_block == 0U);
  CHECK(chain.min_agreeing_nodes == 1);
  CHECK(chain.evidence == chains::Evidence::Single);
  CHECK(chain.max_lag == seconds{120});
  CHECK(chain.native_currency == "ETH");
  CHECK(chain.testnet);
  REQUIRE(chain.nodes.size() == 1);
  CHECK(chain.nodes[0].url == "http://127.0.0.1:8545");
  CHECK(chain.nodes[0].headers.empty());
  REQUIRE(chain.tokens.size() == 1);
  CHECK(chain.tokens[0].symbol == "USDC");
  CHECK(chain.tokens[0].currency == "USDC");
  CHECK(chains::evm::to_checksum(chain.tokens[0].address) ==
        "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913");
  CHECK(chain.tokens[0].decimals == 6);
  CHECK(chain.tokens[0].eip3009);

  CHECK(settings.wallet.deposit_xpub == "xpub-of-the-test");
  REQUIRE(settings.wallet.signers.size() == 1);
  const wallet::SignerSettings& signer = settings.wallet.signers[0];
  CHECK(signer.name == "hot");
  CHECK(signer.path == folder.path("hot.json"));
  CHECK(signer.passphrase_file == folder.path("hot.pass"));
  CHECK(signer.chains == std::vector<std::string>{"localtest"});
  CHECK(signer.roles == std::vector{wallet::SignerRole::Payouts});
  CHECK(settings.payouts.max_amount->to_string() == "10000.00");
  CHECK_FALSE(settings.livemode);
}

TEST_CASE("what a file leaves out has the defaults of the contract") {
  const SettingsFolder folder;
  const Settings settings = loaded(folder, good_settings());
  CHECK(settings.intents.expires_in == seconds{1800});
  CHECK(settings.intents.late_window == seconds{604800});
  CHECK(settings.intents.underpaid_tolerance_bps == 0);
  CHECK(settings.payouts.approvals_required == 0);
  CHECK_FALSE(settings.webhooks.allow_private_networks);
  CHECK(settings.webhooks.timeout == seconds{15});
  std::vector<std::int64_t> schedule;
  for (const seconds wait : settings.webhooks.retry_schedule) schedule.push_back(wait.count());
  CHECK(schedule ==
        std::vector<std::int64_t>{5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400});
  CHECK(settings.fees.bps == 0);
  CHECK(settings.fees.fixed.is_zero());
}

TEST_CASE("every setting can be given") {
  const SettingsFolder folder;
  folder.write("node.headers", "Authorization: Bearer abc:def\r\n\nX-Key:  k \n");
  std::string text = with_more(
      "approvals_required = 2\n"
      "approval_method = \"key\"\n"
      "[intents]\nexpires_in_s = 60\nlate_window_s = 0\nunderpaid_tolerance_bps = 50\n"
      "[webhooks]\nallow_private_networks = true\ntimeout_s = 5\nretry_schedule_s = [1, 2]\n"
      "[fees]\nbps = 9999\nfixed = \"1000.00\"\n");
  text.replace(text.find("public_url"), 0, "ops_listen = \"[::1]:0\"\nrequests_per_second = 50\n");
  text.replace(text.find("start_block = 0"), 15, "start_block = \"latest\"\nmax_lag_s = 30");
  text.replace(text.find("min_agreeing"), 0, "native_currency = \"POL\"\n");
  text.replace(text.find("  [[chain.token]]"), 0, "  headers_file = \"node.headers\"\n");

  const Settings settings = loaded(folder, text);
  CHECK(settings.daemon.ops_listen == Endpoint{"::1", 0});
  CHECK_FALSE(settings.chains[0].start_block.has_value());
  CHECK(settings.chains[0].max_lag == seconds{30});
  CHECK(settings.chains[0].native_currency == "POL");
  using Header = std::pair<std::string, std::string>;
  CHECK(settings.chains[0].nodes[0].headers ==
        std::vector<Header>{{"Authorization", "Bearer abc:def"}, {"X-Key", "k"}});
  CHECK(settings.payouts.approvals_required == 2);
  CHECK(settings.intents.expires_in == seconds{60});
  CHECK(settings.intents.late_window == seconds{0});
  CHECK(settings.intents.underpaid_tolerance_bps == 50);
  CHECK(settings.daemon.requests_per_second == 50);
  CHECK(settings.webhooks.allow_private_networks);
  CHECK(settings.webhooks.timeout == seconds{5});
  CHECK(settings.webhooks.retry_schedule == std::vector{seconds{1}, seconds{2}});
  CHECK(settings.fees.bps == 9'999);
  CHECK(settings.fees.fixed.to_string() == "1000.00");
}

TEST_CASE("a chain of the registry needs only its name and a node") {
  const SettingsFolder folder;
  const std::string text =
      "[daemon]\ndata_dir = \"/var/lib/settled\"\nlisten = \"0.0.0.0:0\"\n"
      "public_url = \"http://127.0.0.1:8080/\"\n"
      "[[chain]]\nname = \"polygon\"\n[[chain.node]]\nurl = \"https://rpc.example/key\"\n"
      "[[chain]]\nname = \"base\"\nconfirmations = 7\nevidence = \"proven\"\n[[chain.node]]\nurl = "
      "\"http://[::1]:1\"\n"
      "[wallet]\ndeposit_xpub_file = \"deposit.xpub\"\n";
  const Settings settings = loaded(folder, text);
  CHECK(settings.daemon.data_dir == "/var/lib/settled");
  CHECK(settings.daemon.public_url == "http://127.0.0.1:8080");
  REQUIRE(settings.chains.size() == 2);
  CHECK(settings.chains[0].chain_id == 137);
  CHECK(settings.chains[0].finality == chains::Finality{.by_tag = false, .depth = 500});
  CHECK(settings.chains[0].native_currency == "POL");
  CHECK(settings.chains[0].required);
  CHECK_FALSE(settings.chains[0].start_block.has_value());
  CHECK(settings.chains[1].chain_id == 8453);
  CHECK(settings.chains[1].finality == chains::Finality{.by_tag = true, .depth = 0});
  CHECK(settings.chains[1].confirmations == 7);
  CHECK(settings.chains[0].evidence == chains::Evidence::Single);
  CHECK(settings.chains[1].evidence == chains::Evidence::Proven);
  CHECK(settings.livemode);
}

TEST_CASE("a quorum of a chain's nodes and the pace of each are read") {
  const SettingsFolder folder;
  const std::string text =
      with_line(14,
                "min_agreeing_nodes = 2\nevidence = \"quorum\"\n[[chain.node]]\nurl = "
                "\"http://127.0.0.1:1\"\nmax_requests_per_second = 25");
  const Settings settings = loaded(folder, text);
  CHECK(settings.chains[0].evidence == chains::Evidence::Quorum);
  CHECK(settings.chains[0].min_agreeing_nodes == 2);
  REQUIRE(settings.chains[0].nodes.size() == 2);
  CHECK(settings.chains[0].nodes[0].max_requests_per_second == 25);
  CHECK_FALSE(settings.chains[0].nodes[1].max_requests_per_second);
}

TEST_CASE("whether money is real is told by the chain id, not by the name") {
  const SettingsFolder folder;
  CHECK(loaded(folder, with_line(8, "chain_id = 8453")).livemode);
  CHECK(loaded(folder, with_line(8, "chain_id = 424242")).livemode);
  std::string test_net = with_line(8, "chain_id = 84532");
  test_net.replace(test_net.find("0x833589"), 42, "0x036CbD53842c5426634e7929541eC2318f3dCF7e");
  CHECK_FALSE(loaded(folder, test_net).livemode);
  std::string named = with_line(6, "name = \"base\"");
  named.replace(named.find("[\"localtest\"]"), 13, "[\"base\"]");
  CHECK_FALSE(loaded(folder, named).livemode);
}

TEST_CASE("environment variables are not expanded") {
  const SettingsFolder folder;
  const Settings settings = loaded(folder, with_line(2, "data_dir = \"${HOME}/data\""));
  CHECK(settings.daemon.data_dir == folder.path("${HOME}") / "data");
}

TEST_CASE("requests are limited where there is real money, unless the file says otherwise") {
  const SettingsFolder folder;
  CHECK(loaded(folder, good_settings()).daemon.requests_per_second == 0);
  CHECK(loaded(folder, with_line(8, "chain_id = 8453")).daemon.requests_per_second == 200);
}
