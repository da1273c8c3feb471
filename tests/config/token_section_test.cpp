#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "tests/config/settings_folder.hpp"

using namespace settled;
using namespace settled::config;

namespace {

constexpr const char* kBaseUsdc = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913";
constexpr const char* kArbitrumUsdc = "0xaf88d065e77c8cC2239327C5EDb3A432268e5831";
constexpr const char* kArbitrumUsdcE = "0xFF970A61A04b1cA14834A43f5dE4533eBDDB5CC8";
constexpr const char* kSomewhere = "0x00000000000000000000000000000000000000c0";
constexpr const char* kOwnNames = ": it needs a symbol and a currency of its own";

/// A file with this chain and this one token: its [[chain.token]] is on line 16.
std::string file(const std::string& chain, std::uint64_t chain_id, const std::string& token) {
  std::string text = good_settings();
  const auto swap = [&](const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
      text.replace(at, from.size(), to);
      at += to.size();
    }
  };
  swap("\"localtest\"", "\"" + chain + "\"");
  swap("chain_id = 31337", "chain_id = " + std::to_string(chain_id));
  const std::size_t begin = text.find("  symbol");
  text.replace(begin, text.find("[wallet]") - begin, token);
  return text;
}

/// What is wrong with the token, without the line's number; empty where nothing is.
std::string trouble(std::uint64_t chain_id, const std::string& token) {
  const SettingsFolder folder;
  const std::string text = file("mine", chain_id, token);
  folder.write("settled.toml", text);
  const Result<Settings> settings = load(folder.settings());
  if (settings) return {};
  std::string found = problems_of(folder, text);
  return found.substr(found.find(' ') + 1);
}

std::string token(const std::string& symbol, const std::string& currency,
                  const std::string& address, int decimals = 6) {
  return "symbol = \"" + symbol + "\"\ncurrency = \"" + currency + "\"\naddress = \"" + address +
         "\"\ndecimals = " + std::to_string(decimals) + "\n";
}

}  // namespace

TEST_CASE("a token of the registry is given by its symbol alone") {
  const SettingsFolder folder;
  folder.write("settled.toml",
               file("avalanche", 43114, "symbol = \"USDT\"\n[[chain.token]]\nsymbol = \"USDC\"\n"));
  const Result<Settings> settings = load(folder.settings());
  INFO((settings ? std::string() : settings.error().detail));
  REQUIRE(settings.has_value());
  const auto& tokens = settings->chains.at(0).tokens;
  REQUIRE(tokens.size() == 2);
  CHECK(tokens[0].currency == "USDT");
  CHECK(chains::evm::to_checksum(tokens[0].address) ==
        "0x9702230A8Ea53601f5cD2dc00fDBc13d4dF4A8c7");
  CHECK(tokens[0].decimals == 6);
  CHECK_FALSE(tokens[0].eip3009);
  CHECK(tokens[0].contract_symbol == "USDt");
  CHECK(tokens[1].eip3009);
  CHECK(tokens[1].contract_symbol == "USDC");
}

TEST_CASE("the registry is asked by chain id, whatever the chain is called") {
  CHECK(trouble(8453, "symbol = \"USDC\"\n").empty());
  CHECK(trouble(31337, "symbol = \"USDC\"\n").starts_with("missing key `address`"));
  CHECK(trouble(424242, "symbol = \"USDC\"\n").starts_with("missing key `address`"));
}

TEST_CASE("what the registry knows may be said again, and turned off, but not contradicted") {
  CHECK(trouble(8453, token("USDC", "USDC", kBaseUsdc)).empty());
  CHECK(trouble(8453, "symbol = \"USDC\"\ncurrency = \"USD\"\neip3009 = false\n").empty());
  CHECK(trouble(8453, "symbol = \"USDC\"\ncontract_symbol = \"USD Coin\"\n").empty());
  CHECK(trouble(8453, "symbol = \"USDC\"\ndecimals = 18\n") ==
        "`decimals` in [[chain.token]] must be 6 for USDC, not 18");
  CHECK(trouble(1, "symbol = \"DAI\"\neip3009 = true\n") ==
        "`eip3009` in [[chain.token]] must be false: DAI on this chain has no "
        "transferWithAuthorization");
  CHECK(trouble(8453, "symbol = \"USDC\"\ncurrency = \"EURC\"\n") ==
        "`currency` in [[chain.token]] cannot be \"EURC\": the address is USDC");
}

TEST_CASE("another contract under a registered symbol is refused by its name") {
  const std::string usdc = std::string("and not USDC at ") + kArbitrumUsdc + kOwnNames;
  CHECK(trouble(42161, token("USDC", "USDC", kArbitrumUsdcE)) ==
        "`address` in [[chain.token]] is USDC.e, bridged by Arbitrum's bridge, " + usdc);
  CHECK(trouble(42161, token("USDC", "USDC", kSomewhere)) ==
        "`address` in [[chain.token]] is another token, " + usdc);
  CHECK(trouble(42161, token("USDC", "USDC", "0x46850aD61C2B7d64d08c9C754F45254596696984")) ==
        "`address` in [[chain.token]] is PYUSD, " + usdc);
  // The contract of another chain, as after copying a section.
  CHECK(trouble(42161, token("USDC", "USDC", kBaseUsdc)) ==
        "`address` in [[chain.token]] is another token, " + usdc);
}

TEST_CASE("a bridged token is money of its own") {
  CHECK(trouble(42161, token("USDC.e", "USDC.e", kArbitrumUsdcE)).empty());
  CHECK(trouble(42161, token("USDC.e", "USDC", kArbitrumUsdcE)) ==
        std::string("`currency` in [[chain.token]] cannot be \"USDC\": the address is USDC.e, "
                    "bridged by Arbitrum's bridge") +
            kOwnNames);
  const std::string peg = "0x8AC76a51cc950d9822D68b83fE1Ad97B32Cd580d";
  const std::string refusal = std::string(
                                  "cannot be \"usdc\": the address is USDC.bnb, pegged by "
                                  "Binance") +
                              kOwnNames;
  CHECK(trouble(56, token("usdc", "USDC.bnb", peg, 18)) ==
        "`symbol` in [[chain.token]] " + refusal);
  CHECK(trouble(56, token("USDC.bnb", "USDC.bnb", peg, 6)) ==
        "`decimals` in [[chain.token]] must be 18 for the token at this address, not 6");
  CHECK(trouble(56, token("USDC.bnb", "USDC.bnb", peg, 18)).empty());
}

TEST_CASE("the currency of a registered token is no other contract's, where the token is") {
  CHECK(trouble(42161, token("USDX", "usdc", kSomewhere)) ==
        std::string("`currency` in [[chain.token]] cannot be \"usdc\": USDC on this chain is at ") +
            kArbitrumUsdc + kOwnNames);
  CHECK(trouble(42161, token("usdc", "USDC", kArbitrumUsdc)).empty());
  CHECK(trouble(42161, token("usdc", "USDC", kArbitrumUsdc, 18)) ==
        "`decimals` in [[chain.token]] must be 6 for the token at this address, not 18");
  // What an issuer may publish after this version was made.
  CHECK(trouble(8453, token("PYUSD", "PYUSD", kSomewhere)).empty());
}

TEST_CASE("the symbol that a contract must tell is free text of some length") {
  const std::string usdt0 = token("USDT0", "USDT0", "0xFd086bC7CD5C481DCC9C85ebE478A1C0b69FCbb9");
  CHECK(trouble(42161, usdt0 + "contract_symbol = \"USD₮0\"\n").empty());
  const std::string refused =
      "`contract_symbol` in [[chain.token]] must be 1 to 64 bytes without control characters";
  CHECK(trouble(42161, usdt0 + "contract_symbol = \"USD\\n\"\n") == refused);
  CHECK(trouble(42161, usdt0 + "contract_symbol = \"" + std::string(65, 'x') + "\"\n") == refused);
  CHECK(trouble(42161, usdt0 + "contract_symbol = \"" + std::string(64, 'x') + "\"\n").empty());
  CHECK(trouble(42161, usdt0 + "contract_symbol = \"\"\n") ==
        "`contract_symbol` in [[chain.token]] is empty");
}
