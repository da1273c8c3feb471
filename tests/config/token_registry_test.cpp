#include "config/token_registry.hpp"

#include <set>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "config/registry.hpp"
#include "ledger/types/hex.hpp"

using namespace settled;
using namespace settled::config;

namespace {

constexpr std::uint64_t kEthereum = 1;
constexpr std::uint64_t kBnb = 56;
constexpr std::uint64_t kBase = 8453;
constexpr std::uint64_t kArbitrum = 42161;

void check_address(std::string_view address) {
  INFO(address);
  const auto parsed = chains::evm::parse_address(address);
  REQUIRE(parsed.has_value());
  CHECK(chains::evm::to_checksum(*parsed) == address);
}

std::string symbols_on(std::uint64_t chain_id) {
  std::string out;
  for (const IssuedToken& token : issued_tokens()) {
    if (token.chain_id == chain_id) out += std::string(token.symbol) + " ";
  }
  return out;
}

}  // namespace

TEST_CASE("every address of the registry carries its checksum, on a chain of the registry") {
  for (const IssuedToken& token : issued_tokens()) {
    check_address(token.address);
    CHECK(find_chain(token.chain_id) != nullptr);
    CHECK_FALSE(token.contract_symbol.empty());
  }
  for (const OtherToken& token : other_tokens()) {
    check_address(token.address);
    CHECK(find_chain(token.chain_id) != nullptr);
    CHECK_FALSE(token.maker.empty());
  }
}

TEST_CASE("an address is one token, and a symbol one address, on each chain") {
  std::set<std::pair<std::uint64_t, std::string>> addresses;
  std::set<std::pair<std::uint64_t, std::string_view>> names;
  for (const IssuedToken& token : issued_tokens()) {
    CHECK(addresses.emplace(token.chain_id, token.address).second);
    CHECK(names.emplace(token.chain_id, token.symbol).second);
  }
  for (const OtherToken& token : other_tokens()) {
    CHECK(addresses.emplace(token.chain_id, token.address).second);
    CHECK(names.emplace(token.chain_id, token.name).second);
    CHECK(issued_symbol(token.name).empty());
  }
}

TEST_CASE("the registry has what the issuers publish, and nothing where they do not") {
  CHECK(symbols_on(kEthereum) == "USDC EURC USDT PYUSD DAI ");
  CHECK(symbols_on(kBase) == "USDC EURC ");
  CHECK(symbols_on(kArbitrum) == "USDC PYUSD DAI ");
  CHECK(symbols_on(10) == "USDC DAI ");
  CHECK(symbols_on(137) == "USDC ");
  CHECK(symbols_on(43114) == "USDC EURC USDT ");
  CHECK(symbols_on(kBnb).empty());
  CHECK(symbols_on(97).empty());
  for (const std::uint64_t test : {84532U, 11155111U, 43113U})
    CHECK(symbols_on(test) == "USDC EURC ");
  for (const std::uint64_t test : {421614U, 11155420U, 80002U}) CHECK(symbols_on(test) == "USDC ");
}

TEST_CASE("decimals and what a contract offers are the issuer's") {
  for (const IssuedToken& token : issued_tokens()) {
    INFO(token.symbol << " on " << token.chain_id);
    CHECK(token.decimals == (token.symbol == "DAI" ? 18 : 6));
    CHECK(token.eip3009 == (token.symbol != "DAI" && token.symbol != "USDT"));
    CHECK(token.frozen_check.empty() == (token.symbol == "DAI"));
    CHECK((token.eip2612 || token.chain_id == kEthereum));
  }
  CHECK_FALSE(find_issued(kEthereum, "USDT")->eip2612);
  CHECK_FALSE(find_issued(kEthereum, "DAI")->eip2612);
  CHECK(find_issued(43114, "USDT")->contract_symbol == "USDt");
  for (const OtherToken& token : other_tokens()) {
    if (token.chain_id == kBnb) CHECK(token.decimals == 18);
  }
}

TEST_CASE("tokens are found by symbol and by address, on their own chain alone") {
  const IssuedToken* usdc = find_issued(kBase, "USDC");
  REQUIRE(usdc != nullptr);
  CHECK(usdc->address == "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913");
  const chains::evm::Address address = address_of(usdc->address);
  CHECK(find_issued(kBase, address) == usdc);
  CHECK(find_issued(kEthereum, address) == nullptr);
  CHECK(find_issued(kBase, "usdc") == nullptr);
  CHECK(find_issued(31337, "USDC") == nullptr);
  CHECK(find_other(kBase, address) == nullptr);
  const auto bridged = address_of("0xFF970A61A04b1cA14834A43f5dE4533eBDDB5CC8");
  CHECK(find_other(kArbitrum, bridged)->name == "USDC.e");
  CHECK(find_other(kBase, bridged) == nullptr);
  CHECK(find_issued(kArbitrum, bridged) == nullptr);
}

TEST_CASE("an issued symbol is recognised in any case, and nothing longer or shorter") {
  CHECK(issued_symbol("USDC") == "USDC");
  CHECK(issued_symbol("uSdC") == "USDC");
  CHECK(issued_symbol("dai") == "DAI");
  for (const char* other : {"", "USD", "USDC.e", "USDT0", "DAI.e"}) {
    CHECK(issued_symbol(other).empty());
  }
}

// The selectors were computed by another implementation of Keccak-256.
TEST_CASE("the call that tells of a frozen address has the selector of its signature") {
  const auto selector = [](std::uint64_t chain_id, std::string_view symbol) {
    const auto found = frozen_selector(*find_issued(chain_id, symbol));
    return found ? to_hex(*found) : std::string("none");
  };
  CHECK(selector(kBase, "USDC") == "fe575a87");
  CHECK(selector(kBase, "EURC") == "fe575a87");
  CHECK(selector(kEthereum, "USDT") == "e47d6060");
  CHECK(selector(43114, "USDT") == "fbac3951");
  CHECK(selector(kArbitrum, "PYUSD") == "e5839836");
  CHECK(selector(kEthereum, "DAI") == "none");
}
