#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "tests/config/settings_folder.hpp"

using namespace settled;
using namespace settled::config;

namespace {

struct Case {
  int line;  ///< of the good file, exchanged for `text`
  const char* text;
  const char* expected;  ///< the whole detail; where it ends in "...", its beginning
};

void check(const SettingsFolder& folder, const std::string& text, std::string_view expected) {
  const std::string found = problems_of(folder, text);
  if (expected.ends_with("...")) {
    expected.remove_suffix(3);
    CHECK(found.substr(0, expected.size()) == expected);
    CHECK(found.find('\n') == std::string::npos);
  } else {
    CHECK(found == expected);
  }
}

void check_cases(const std::vector<Case>& cases) {
  const SettingsFolder folder;
  for (const Case& item : cases) {
    INFO("line " << item.line << ": " << item.text);
    check(folder, with_line(item.line, item.text), item.expected);
  }
}

}  // namespace

TEST_CASE("one wrong line is named with its number, its key and what it should be") {
  const std::vector<Case> cases = {
      // Keys.
      {2, "", "1: missing key `data_dir` in [daemon]"},
      {3, "", "1: missing key `listen` in [daemon]"},
      {4, "", "1: missing key `public_url` in [daemon]"},
      {12, "poll_intervall_ms = 100",
       "5: missing key `poll_interval_ms` in [[chain]]\n12: unknown key `poll_intervall_ms` in "
       "[[chain]] (did you mean `poll_interval_ms`?)"},
      {22, "  eip_3009 = true",
       "22: unknown key `eip_3009` in [[chain.token]] (did you mean `eip3009`?)"},
      {22, "  colour = 1", "22: unknown key `colour` in [[chain.token]]"},
      {33, "max_ammount = \"1\"",
       "33: unknown key `max_ammount` in [payouts] (did you mean `max_amount`?)"},
      {32, "[payout]", "32: unknown key `payout` in the settings (did you mean `payouts`?)"},
      {2, "data_dir = 5", "2: `data_dir` in [daemon] must be a string, not an integer"},
      {2, "data_dir = \"\"", "2: `data_dir` in [daemon] is empty"},
      // [daemon]
      {3, "listen = \"8080\"",
       "3: `listen` in [daemon] is wrong: expected ADDRESS:PORT such as 127.0.0.1:8080, "
       "[::1]:8080 or localhost:8080"},
      {4, "public_url = \"http://a.example\"\nops_listen = \"127.0.0.1:8080\"",
       "5: `ops_listen` in [daemon] must differ from `listen`"},
      {4, "public_url = \"ftp://example.com\"",
       "4: `public_url` in [daemon] must be an http or https URL: ..."},
      {4, "public_url = \"https://a.example/?b=1\"",
       "4: `public_url` in [daemon] must have no query"},
  };
  check_cases(cases);
}

TEST_CASE("what is wrong with a chain is named with its line") {
  const std::vector<Case> cases = {
      {6, "", "5: missing key `name` in [[chain]]"},
      {6, "name = \"a b\"",
       "6: `name` in [[chain]] must be 1 to 32 letters, digits, `.`, `_` or `-`"},
      {7, "", "5: missing key `family` in [[chain]]"},
      {7, "family = \"tron\"",
       "7: `family` in [[chain]] must be \"evm\"; others are not available in this version"},
      {8, "", "5: missing key `chain_id` in [[chain]]"},
      {8, "chain_id = \"1\"",
       "8: `chain_id` in [[chain]] must be an integer from 1 to 9223372036854775771, not a "
       "string"},
      {8, "chain_id = 0",
       "8: `chain_id` in [[chain]] must be an integer from 1 to 9223372036854775771, not 0"},
      {9, "", "5: missing key `required` in [[chain]]"},
      {9, "required = 1", "9: `required` in [[chain]] must be true or false, not an integer"},
      {10, "", "5: missing key `finality` in [[chain]]"},
      {10, "finality = 0",
       "10: `finality` in [[chain]] must be \"tag\" or a depth from 1 to 1000000"},
      {10, "finality = \"depth\"",
       "10: `finality` in [[chain]] must be \"tag\" or a depth from 1 to 1000000"},
      {11, "", "5: missing key `confirmations` in [[chain]]"},
      {11, "confirmations = 0",
       "11: `confirmations` in [[chain]] must be an integer from 1 to 1000000, not 0"},
      {11, "confirmations = 1.5",
       "11: `confirmations` in [[chain]] must be an integer from 1 to 1000000, not a number with a "
       "point"},
      {12, "poll_interval_ms = 9",
       "12: `poll_interval_ms` in [[chain]] must be an integer from 10 to 600000, not 9"},
      {13, "", "5: missing key `start_block` in [[chain]]"},
      {13, "start_block = -1",
       "13: `start_block` in [[chain]] must be \"latest\" or a block number"},
      {13, "start_block = \"earliest\"",
       "13: `start_block` in [[chain]] must be \"latest\" or a block number"},
      {14, "", "5: missing key `min_agreeing_nodes` in [[chain]]"},
      {14, "min_agreeing_nodes = 0",
       "14: `min_agreeing_nodes` in [[chain]] must be an integer from 1 to 100, not 0"},
      {14, "min_agreeing_nodes = 2",
       "14: `min_agreeing_nodes` in [[chain]] must be 1 where `evidence` is \"single\": set it to "
       "\"quorum\", or to \"proven\""},
      {14, "min_agreeing_nodes = 1\nevidence = \"quorum\"",
       "14: `min_agreeing_nodes` in [[chain]] must be at least 2 where `evidence` is \"quorum\": "
       "one node is no quorum"},
      {14, "min_agreeing_nodes = 2\nevidence = \"quorum\"",
       "14: `min_agreeing_nodes` in [[chain]] is 2, and the chain has 1 [[chain.node]]"},
      {14,
       "min_agreeing_nodes = 2\nevidence = \"quorum\"\n[[chain.node]]\nurl = "
       "\"http://127.0.0.1:8545\"",
       "14: `min_agreeing_nodes` in [[chain]] counts nodes, and two [[chain.node]] have one "
       "`url`"},
      {14, "min_agreeing_nodes = 1\nevidence = \"trust\"",
       "15: `evidence` in [[chain]] must be \"single\", \"quorum\" or \"proven\""},
      {14, "min_agreeing_nodes = 1\nmax_lag_s = 0",
       "15: `max_lag_s` in [[chain]] must be an integer from 1 to 86400, not 0"},
  };
  check_cases(cases);
}

TEST_CASE("what is wrong with a node or a token is named with its line") {
  const std::vector<Case> cases = {
      {16, "", "15: missing key `url` in [[chain.node]]"},
      {16, "  url = \"ws://127.0.0.1:8545\"",
       "16: `url` in [[chain.node]] must be an http or https URL: ..."},
      {16, "  url = \"127.0.0.1:8545\"",
       "16: `url` in [[chain.node]] must be an http or https URL: ..."},
      {16, "  url = \"http://127.0.0.1\"\n  max_requests_per_second = 0",
       "17: `max_requests_per_second` in [[chain.node]] must be an integer from 1 to 100000, not "
       "0"},
      // [[chain.token]]
      {18, "", "17: missing key `symbol` in [[chain.token]]"},
      {19, "", "17: missing key `currency` in [[chain.token]]"},
      {20, "", "17: missing key `address` in [[chain.token]]"},
      {20, "  address = \"0x833589FCD6eDb6E08f4c7C32D4f71b54bdA02913\"",
       "20: `address` in [[chain.token]] is not an address: ..."},
      {20, "  address = \"0x8335\"", "20: `address` in [[chain.token]] is not an address: ..."},
      {20, "  address = \"0x0000000000000000000000000000000000000000\"",
       "20: `address` in [[chain.token]] is the zero address"},
      {21, "", "17: missing key `decimals` in [[chain.token]]"},
      {21, "  decimals = 19",
       "21: `decimals` in [[chain.token]] must be an integer from 0 to 18, not 19"},
      {21, "  decimals = -1",
       "21: `decimals` in [[chain.token]] must be an integer from 0 to 18, not -1"},
  };
  check_cases(cases);
}

TEST_CASE("what is wrong with the wallet is named with its line") {
  const std::vector<Case> cases = {
      {24, "", "23: missing key `deposit_xpub_file` in [wallet]"},
      {26, "", "25: missing key `name` in [[wallet.signer]]"},
      {27, "  kind = \"aws_kms\"",
       "27: `kind` in [[wallet.signer]] is \"aws_kms\", which is not available in this version"},
      {27, "  kind = \"web3signer\"",
       "27: `kind` in [[wallet.signer]] is \"web3signer\", which is not available in this version"},
      {27, "  kind = \"pkcs11\"",
       "27: `kind` in [[wallet.signer]] is \"pkcs11\", which is not available in this version"},
      {27, "  kind = \"paper\"",
       "27: `kind` in [[wallet.signer]] must be \"keystore\", not \"paper\""},
      {28, "", "25: missing key `path` in [[wallet.signer]]"},
      {29, "", "25: missing key `passphrase_file` in [[wallet.signer]]"},
      {30, "  chains = [\"mars\"]",
       "30: `chains` in [[wallet.signer]] names \"mars\", which no [[chain]] is called"},
      {30, "  chains = []", "30: `chains` in [[wallet.signer]] must name at least one"},
      {30, "  chains = \"localtest\"",
       "30: `chains` in [[wallet.signer]] must be a list of strings, not a string"},
      {31, "  roles = [\"payout\"]",
       "31: `roles` in [[wallet.signer]] names \"payout\"; there are \"payouts\", \"sweeps\", "
       "\"gas\""},
      {31, "  roles = [\"gas\", \"gas\"]", "31: `roles` in [[wallet.signer]] names \"gas\" twice"},
  };
  check_cases(cases);
}

TEST_CASE("what is wrong with payouts is named with its line") {
  const std::vector<Case> cases = {
      {33, "max_amount = 10000.00",
       "33: `max_amount` in [payouts] must be an amount in quotes such as \"25.00\", not a number "
       "with a point"},
      {33, "max_amount = 10000",
       "33: `max_amount` in [payouts] must be an amount in quotes such as \"25.00\", not an "
       "integer"},
      {33, "max_amount = \"1.0000001\"",
       "33: `max_amount` in [payouts] must be an amount such as \"25.00\": ..."},
      {33, "max_amount = \"-1\"",
       "33: `max_amount` in [payouts] must be an amount such as \"25.00\": ..."},
      {33, "max_amount = \"0.00\"", "33: `max_amount` in [payouts] must not be zero"},
      // What a later version brings is never silently ignored.
      {33, "approval_method = \"eip712\"",
       "33: `approval_method` in [payouts] is \"eip712\", which is not available in this version"},
      {33, "approval_method = \"sms\"",
       "33: `approval_method` in [payouts] must be \"key\", not \"sms\""},
      {33, "[[payouts.approver]]\nname = \"a\"\naddress = \"0x\"",
       "33: `approver` in [payouts] belongs to approval_method = \"eip712\", which is not "
       "available in this version"},
      {33, "approvals_required = -1",
       "33: `approvals_required` in [payouts] must be an integer from 0 to 100, not -1"},
  };
  check_cases(cases);
}

TEST_CASE("the optional tables are checked too") {
  const SettingsFolder folder;
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"[fees]\nbps = 10000\n", "35: `bps` in [fees] must be an integer from 0 to 9999, not 10000"},
      {"[fees]\nbps = -1\n", "35: `bps` in [fees] must be an integer from 0 to 9999, not -1"},
      {"[fees]\nfixed = \"1000.000001\"\n",
       "35: `fixed` in [fees] must not be above 1000: more would be a slip of the decimal point"},
      {"[fees]\nfixed = 0\n",
       "35: `fixed` in [fees] must be an amount in quotes such as \"25.00\", not an integer"},
      {"[intents]\nexpires_in_s = 0\n",
       "35: `expires_in_s` in [intents] must be an integer from 1 to 2592000, not 0"},
      {"[intents]\nexpires_in = 60\n",
       "35: unknown key `expires_in` in [intents] (did you mean `expires_in_s`?)"},
      {"[intents]\nunderpaid_tolerance_bps = 10000\n",
       "35: `underpaid_tolerance_bps` in [intents] must be an integer from 0 to 9999, not 10000"},
      {"[webhooks]\ntimeout_s = 1000\n",
       "35: `timeout_s` in [webhooks] must be an integer from 1 to 120, not 1000"},
      {"[webhooks]\nretry_schedule_s = [5, 0]\n",
       "35: `retry_schedule_s` in [webhooks] must be a list of at most 50 integers from 1 to "
       "2592000"},
      {"[webhooks]\nretry_schedule_s = 5\n",
       "35: `retry_schedule_s` in [webhooks] must be a list of at most 50 integers from 1 to "
       "2592000"},
      {"[webhooks]\nallow_private_networks = \"yes\"\n",
       "35: `allow_private_networks` in [webhooks] must be true or false, not a string"},
      {"[[webhooks]]\ntimeout_s = 5\n",
       "34: `webhooks` in the settings must be written as the table [webhooks]"},
  };
  for (const auto& [text, expected] : cases) {
    INFO(text);
    check(folder, with_more(text), expected);
  }
}

TEST_CASE("names, chain ids, tokens and signers are unique") {
  const SettingsFolder folder;
  const std::string token =
      "[[chain]]\nname = \"base\"\n[[chain.node]]\nurl = \"http://127.0.0.1\"\n"
      "[[chain.token]]\nsymbol = \"A\"\ncurrency = \"USDC\"\n"
      "address = \"0x833589fcd6edb6e08f4c7c32d4f71b54bda02913\"\ndecimals = 6\n";
  check(folder, with_more(token), "(none)");
  check(folder,
        with_more(token + "[[chain.token]]\nsymbol = \"A\"\ncurrency = \"EURC\"\n"
                          "address = \"0x60a3E35Cc302bFA44Cb288Bc5a4F316Fdb1adb42\"\n"
                          "decimals = 6\n"),
        "43: symbol \"A\" is used twice in [[chain.token]] of chain \"base\"");
  check(folder,
        with_more(token + "[[chain.token]]\nsymbol = \"B\"\ncurrency = \"USDC\"\n"
                          "address = \"0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913\"\n"
                          "decimals = 6\n"),
        "43: address 0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913 is used twice in [[chain.token]] "
        "of chain \"base\"");
  check(folder, with_more(token + token),
        "43: chain_id 8453 is used twice in [[chain]]\n43: name \"base\" is used twice in "
        "[[chain]]");
  check(folder,
        with_more("[[wallet.signer]]\nname = \"hot\"\nkind = \"keystore\"\npath = \"hot.json\"\n"
                  "passphrase_file = \"hot.pass\"\nchains = [\"localtest\"]\nroles = [\"gas\"]\n"),
        "34: name \"hot\" is used twice in [[wallet.signer]]");
}

TEST_CASE("test money and real money do not share a currency") {
  const SettingsFolder folder;
  const std::string main_net =
      "[[chain]]\nname = \"ethereum\"\n[[chain.node]]\nurl = \"http://127.0.0.1\"\n"
      "[[chain.token]]\nsymbol = \"USDC\"\ncurrency = \"USDC\"\n"
      "address = \"0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48\"\ndecimals = 6\n";
  std::string text = with_line(8, "chain_id = 84532") + main_net;
  text.replace(text.find("0x833589"), 42, "0x036CbD53842c5426634e7929541eC2318f3dCF7e");
  check(folder, text,
        "34: chains \"localtest\" and \"ethereum\" share a currency, but one of them is a test "
        "network: its money could be paid out as real money");
  text.replace(text.rfind("currency = \"USDC\""), 17, "currency = \"REAL\"");
  check(folder, text, "(none)");
}

TEST_CASE("a chain without nodes, and settings without a chain, are refused") {
  const SettingsFolder folder;
  check(folder, with_more("[[chain]]\nname = \"base\"\n"),
        "34: chain \"base\" has no [[chain.node]]");
  check(folder, "",
        "1: missing table [daemon]\n1: missing table [wallet]\n1: there is no [[chain]]");
  check(folder, with_more("[[chain]]\nname = \"base\"\nnode = 5\n"),
        "36: `node` in [[chain]] must be written as [[chain.node]], once for each");
}

TEST_CASE("lists of tables are told from tables") {
  const SettingsFolder folder;
  std::string text = good_settings();
  text.replace(text.find("[[chain.node]]"), 14, "[chain.node]");
  check(folder, text, "15: `node` in [[chain]] must be written as [[chain.node]], once for each");
  check(folder, with_more("[[chain]]\nname = \"base\"\nnode = []\n"),
        "36: `node` in [[chain]] must be written as [[chain.node]], once for each");
}

TEST_CASE("everything that is wrong is told at once") {
  const SettingsFolder folder;
  std::string text = with_line(3, "lisen = \"127.0.0.1:8080\"");
  text.replace(text.find("decimals = 6"), 12, "decimals = 60");
  text.replace(text.find("\"hot.pass\""), 10, "\"hot.word\"");
  check(folder, text,
        "1: missing key `listen` in [daemon]\n"
        "3: unknown key `lisen` in [daemon] (did you mean `listen`?)\n"
        "21: `decimals` in [[chain.token]] must be an integer from 0 to 18, not 60\n"
        "29: `passphrase_file` in [[wallet.signer]] names no file: " +
            folder.path("hot.word").string());
}

TEST_CASE("malformed TOML is named with its line") {
  const SettingsFolder folder;
  const auto [line, text] = GENERATE(table<int, const char*>({
      {2, "data_dir = data"},
      {2, "data_dir = \"data"},
      {5, "[[chain]"},
      {9, "chain_id = 1"},
      {23, "[daemon]"},
      {33, "max_amount = "},
      {33, "max_amount = \"\xFF\""},
  }));
  INFO(text);
  const std::string found = problems_of(folder, with_line(line, text));
  CHECK(found.starts_with(std::to_string(line) + ": "));
}

TEST_CASE("files that the settings name must be there and readable") {
  const SettingsFolder folder;
  folder.write("empty", " \n");
  folder.write("private", "xprv9s21ZrQH143K\n");
  folder.write("two", "xpub1 xpub2\n");
  folder.write("large", std::string(70'000, 'x'));
  const std::string at = "24: `deposit_xpub_file` in [wallet] ";
  const std::string root = folder.root().string();
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"none", at + "cannot be read: " + root + "/none: No such file or directory"},
      {".", at + "is a directory: " + root + "/..."},
      {"empty", at + "names an empty file: empty"},
      {"private", at + "names a file that holds a private key; the daemon needs the public one "
                       "(xpub)"},
      {"two", at + "names a file that is not one extended public key: two"},
      {"large", at + "is too large: " + root + "/large"},
  };
  for (const auto& [file, expected] : cases) {
    INFO(file);
    check(folder, with_line(24, "deposit_xpub_file = \"" + file + "\""), expected);
  }
  check(folder, with_line(28, "path = \"none.json\""),
        "28: `path` in [[wallet.signer]] names no file: " + root + "/none.json");
}

TEST_CASE("headers of a node are checked without being told") {
  const SettingsFolder folder;
  folder.write("node.headers", "X-Good: 1\nsecret-without-colon\nBad Name: s3cret\n");
  const std::string at = "17: `headers_file` in [[chain.node]] has no `Name: value` on line ";
  check(folder, with_line(16, "  url = \"http://127.0.0.1\"\n  headers_file = \"node.headers\""),
        at + "2 of node.headers\n" + at + "3 of node.headers");
}

TEST_CASE("a header that the client sets itself is refused before a request is") {
  const SettingsFolder folder;
  for (const std::string name :
       {"Host", "connection", "Content-Length", "TRANSFER-ENCODING", "Accept-Encoding", "Expect"}) {
    INFO(name);
    folder.write("node.headers", "X-Good: 1\n" + name + ": x\n");
    check(folder, with_line(16, "  url = \"http://127.0.0.1\"\n  headers_file = \"node.headers\""),
          "17: `headers_file` in [[chain.node]] sets " + name +
              " on line 2 of node.headers, which is the client's to set");
  }
}

TEST_CASE("private networks are not open to webhooks where real money is") {
  const SettingsFolder folder;
  const std::string text = with_line(8, "chain_id = 8453");
  check(folder, text + "[webhooks]\nallow_private_networks = true\n",
        "35: `allow_private_networks` in [webhooks] must be false: \"localtest\" is a main "
        "network, and merchants could reach your own machines");
  check(folder, text + "[webhooks]\nallow_private_networks = false\n", "(none)");
}

TEST_CASE("a settings file that cannot be read is an error") {
  const SettingsFolder folder;
  const Result<Settings> missing = load(folder.path("none.toml"));
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().reason == "bad_settings");
  CHECK(missing.error().detail ==
        "the settings file cannot be read: " + folder.path("none.toml").string() +
            ": No such file or directory");
  CHECK_FALSE(load(folder.root()).has_value());
  folder.write("settled.toml", std::string(1'100'000, '#'));
  CHECK_FALSE(load(folder.settings()).has_value());
}
