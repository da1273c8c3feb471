#include "config/token_registry.hpp"

#include <algorithm>
#include <array>

#include "chains/evm/keccak.hpp"
#include "ledger/types/bytes.hpp"

namespace settled::config {
namespace {

// Chain ids, as registry.cpp has them.
constexpr std::uint64_t kEthereum = 1;
constexpr std::uint64_t kOptimism = 10;
constexpr std::uint64_t kBnb = 56;
constexpr std::uint64_t kPolygon = 137;
constexpr std::uint64_t kBase = 8453;
constexpr std::uint64_t kArbitrum = 42161;
constexpr std::uint64_t kAvalanche = 43114;
constexpr std::uint64_t kFuji = 43113;
constexpr std::uint64_t kAmoy = 80002;
constexpr std::uint64_t kBaseSepolia = 84532;
constexpr std::uint64_t kArbitrumSepolia = 421614;
constexpr std::uint64_t kSepolia = 11155111;
constexpr std::uint64_t kOptimismSepolia = 11155420;

// Circle's FiatToken: v2 has EIP-3009 and EIP-2612, v1 the blacklist
// (github.com/circlefin/stablecoin-evm, contracts/v2/FiatTokenV2.sol, v1/Blacklistable.sol).
constexpr IssuedToken circle(std::uint64_t chain_id, std::string_view symbol,
                             std::string_view address) {
  return {chain_id, symbol, address, 6, symbol, true, true, "isBlacklisted(address)"};
}

// Paxos: github.com/paxosglobal/pyusd-contract, README.md (EIP-3009, EIP-2612, `isFrozen`) and
// contracts/PYUSD.sol (symbol, decimals).
constexpr IssuedToken paxos(std::uint64_t chain_id, std::string_view address) {
  return {chain_id, "PYUSD", address, 6, "PYUSD", true, true, "isFrozen(address)"};
}

// A bool `permit` of its own on Ethereum; EIP-2612's on layers 2 (contracts/l2/dai.sol in both of
// MakerDAO's repositories below). Nobody can freeze it.
constexpr IssuedToken dai(std::uint64_t chain_id, std::string_view address, bool eip2612) {
  return {chain_id, "DAI", address, 18, "DAI", false, eip2612, {}};
}

constexpr std::array kIssued = {
    // USDC: Circle, `usdcAddress` in npm @circle-fin/bridge-kit 1.15.1, which Circle publishes; the
    // same list for people: developers.circle.com/stablecoins/usdc-contract-addresses.
    circle(kEthereum, "USDC", "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"),
    circle(kSepolia, "USDC", "0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238"),
    circle(kBase, "USDC", "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"),
    circle(kBaseSepolia, "USDC", "0x036CbD53842c5426634e7929541eC2318f3dCF7e"),
    circle(kOptimism, "USDC", "0x0b2C639c533813f4Aa9D7837CAf62653d097Ff85"),
    circle(kOptimismSepolia, "USDC", "0x5fd84259d66Cd46123540766Be93DFE6D43130D7"),
    circle(kArbitrum, "USDC", "0xaf88d065e77c8cC2239327C5EDb3A432268e5831"),
    circle(kArbitrumSepolia, "USDC", "0x75faf114eafb1BDbe2F0316DF893fd58CE46AA4d"),
    circle(kPolygon, "USDC", "0x3c499c542cEF5E3811e1192ce70d8cC03d5c3359"),
    circle(kAmoy, "USDC", "0x41E94Eb019C0762f9Bfcf9Fb1E58725BfB0e7582"),
    circle(kAvalanche, "USDC", "0xB97EF9Ef8734C71904D8002F8b6Bc66Dd9c48a6E"),
    circle(kFuji, "USDC", "0x5425890298aed601595a70AB815c96711a31Bc65"),

    // EURC: Circle, `eurcAddress` there; developers.circle.com/stablecoins/eurc-contract-addresses.
    circle(kEthereum, "EURC", "0x1aBaEA1f7C830bD89Acc67eC4af516284b1bC33c"),
    circle(kSepolia, "EURC", "0x08210F9170F89Ab7658F0B5E3fF39b0E03C594D4"),
    circle(kBase, "EURC", "0x60a3E35Cc302bFA44Cb288Bc5a4F316Fdb1adb42"),
    circle(kBaseSepolia, "EURC", "0x808456652fdb597867f38412077A9182bf77359F"),
    circle(kAvalanche, "EURC", "0xC891EB4cbdEFf6e073e859e987815Ed1505c2ACD"),
    circle(kFuji, "EURC", "0x5E44db7996c682E92a960b65AC713a54AD815c6B"),

    // USDT: tether.to/en/supported-protocols names Ethereum and Avalanche of our chains. Addresses,
    // decimals and symbols: npm @bgd-labs/aave-address-book 4.44.22; addresses and decimals too:
    // @uniswap/default-token-list 22.21.0. What they offer: Tether's contracts of 2017 (BlackList)
    // and of 2020 (solidity 0.8.4: ERC20PermitUpgradeable, WithBlockedList), the second for
    // Avalanche by github.com/pinax-network/substreams-abis, abi/tokens/erc20/usdt.
    IssuedToken{kEthereum, "USDT", "0xdAC17F958D2ee523a2206206994597C13D831ec7", 6, "USDT", false,
                false, "isBlackListed(address)"},
    IssuedToken{kAvalanche, "USDT", "0x9702230A8Ea53601f5cD2dc00fDBc13d4dF4A8c7", 6, "USDt", false,
                true, "isBlocked(address)"},

    // PYUSD: Ethereum's in Paxos' README (above). Arbitrum's: docs.range.org (faraday-api,
    // supported
    // tokens) and github.com/hyperlane-xyz/hyperlane-monorepo, TokenBridgeOft.fork.t.sol, which
    // asks Paxos' own bridge on that chain for its token. That Paxos issues it there: PayPal's
    // cryptocurrency terms of July 16, 2025.
    paxos(kEthereum, "0x6c3ea9036406852006290770BEdFcAbA0e23A0e8"),
    paxos(kArbitrum, "0x46850aD61C2B7d64d08c9C754F45254596696984"),

    // DAI: MCD_DAI in Sky's chainlog (github.com/sky-ecosystem/chainlog-ui,
    // api/mainnet/active.json);
    // `l2Dai` of "Mainnet" in the READMEs of github.com/makerdao/optimism-dai-bridge and
    // /arbitrum-dai-bridge.
    dai(kEthereum, "0x6B175474E89094C44Da98b954EedeAC495271d0F", false),
    dai(kOptimism, "0xDA10009cBd5D07dd0CeCc66161FC93D7c9000da1", true),
    dai(kArbitrum, "0xDA10009cBd5D07dd0CeCc66161FC93D7c9000da1", true),
};

// Each seen in two of: Aave (npm @bgd-labs/aave-address-book 4.44.22), Uniswap (npm
// @uniswap/default-token-list 22.21.0), the OP Stack chains' own list
// (github.com/ethereum-optimism/ethereum-optimism.github.io, data/), Polygon's
// (github.com/0xPolygon/polygon-token-list), Avalanche's
// (github.com/ava-labs/avalanche-bridge-resources, avalanche_contract_address.json), or what is
// named beside it. `symbol()` of most is the issued token's, so that nothing but the address tells
// them apart.
constexpr std::array kOthers = {
    // Aave, Uniswap.
    OtherToken{kOptimism, "USDC.e", "0x7F5c764cBc14f9669B88837ca1490cCa17c31607", 6,
               "bridged by OP Mainnet's bridge"},
    // Polygon, Aave, Uniswap.
    OtherToken{kPolygon, "USDC.e", "0x2791Bca1f2de4661ED88A30C99A7a9449Aa84174", 6,
               "bridged by the Polygon PoS bridge"},
    // github.com/OffchainLabs/arbitrum-token-bridge, CommonAddressUtils.ts; Aave, Uniswap.
    OtherToken{kArbitrum, "USDC.e", "0xFF970A61A04b1cA14834A43f5dE4533eBDDB5CC8", 6,
               "bridged by Arbitrum's bridge"},
    // Avalanche, Aave.
    OtherToken{kAvalanche, "USDC.e", "0xA7D7079b0FEaD91F3e65f86E8915Cb59c1a4C664", 6,
               "bridged by the Avalanche Bridge"},
    // Aave, Uniswap.
    OtherToken{kBase, "USDbC", "0xd9aAEc86B65D86f6A7B5B1b0c42FFA531710b6CA", 6,
               "bridged by Base's bridge"},
    // Aave, Uniswap. Eighteen decimals, where the issuers' tokens have six.
    OtherToken{kBnb, "USDC.bnb", "0x8AC76a51cc950d9822D68b83fE1Ad97B32Cd580d", 18,
               "pegged by Binance"},
    OtherToken{kBnb, "USDT.bnb", "0x55d398326f99059fF775485246999027B3197955", 18,
               "pegged by Binance"},

    // The network of docs.usdt0.to locks USDT on Ethereum and issues these. `symbol()` is "USD₮0"
    // on
    // Arbitrum (github.com/OffchainLabs/arbitrum-token-lists, pull request 158; Aave).
    // github.com/OffchainLabs/arbitrum-token-bridge, as above; Aave, Uniswap.
    OtherToken{kArbitrum, "USDT0", "0xFd086bC7CD5C481DCC9C85ebE478A1C0b69FCbb9", 6,
               "issued by USDT0 against USDT on Ethereum"},
    // Polygon (pull request 760 there has the new symbol), Aave, Uniswap.
    OtherToken{kPolygon, "USDT0", "0xc2132D05D31c914a87C6611C10748AEb04B58e8F", 6,
               "issued by USDT0 against USDT on Ethereum"},
    // Uniswap; github.com/RequestNetwork/request-token-list, pull request 35.
    OtherToken{kOptimism, "USDT0", "0x01bFF41798a0BcF287b996046Ca68b395DbC1071", 6,
               "issued by USDT0 against USDT on Ethereum"},
    // OP Stack chains' list, Aave, Uniswap.
    OtherToken{kOptimism, "USDT.e", "0x94b008aA00579c1307B0EF2c499aD98a8ce58e58", 6,
               "bridged by OP Mainnet's bridge"},
    // OP Stack chains' list; skills.sh/austintgriffith/ethskills/addresses.
    OtherToken{kBase, "USDT.e", "0xfde4C96c8593536E31F229EA8f37b2ADa2699bb2", 6,
               "bridged by Base's bridge"},
    // Avalanche, Aave.
    OtherToken{kAvalanche, "USDT.e", "0xc7198437980c041c805A1EDcbA50c1Ce5db95118", 6,
               "bridged by the Avalanche Bridge"},

    // OP Stack chains' list, Uniswap.
    OtherToken{kBase, "DAI.e", "0x50c5725949A6F0c72E6C4a641F24049A917DB0Cb", 18,
               "bridged by Base's bridge"},
    // Polygon, Aave, Uniswap.
    OtherToken{kPolygon, "DAI.e", "0x8f3Cf7ad23Cd3CaDbD9735AFf958023239c6A063", 18,
               "bridged by the Polygon PoS bridge"},
    // Avalanche, Aave.
    OtherToken{kAvalanche, "DAI.e", "0xd586E7F844cEa2F87f50152665BCbc2C279D8d70", 18,
               "bridged by the Avalanche Bridge"},
};

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

template <typename Token>
const Token* find_address(std::span<const Token> tokens, std::uint64_t chain_id,
                          const chains::evm::Address& address) {
  const auto found = std::ranges::find_if(tokens, [&](const Token& token) {
    return token.chain_id == chain_id && address_of(token.address) == address;
  });
  return found == tokens.end() ? nullptr : &*found;
}

}  // namespace

std::span<const IssuedToken> issued_tokens() {
  return kIssued;
}

std::span<const OtherToken> other_tokens() {
  return kOthers;
}

const IssuedToken* find_issued(std::uint64_t chain_id, std::string_view symbol) {
  const auto* found = std::ranges::find_if(kIssued, [&](const IssuedToken& token) {
    return token.chain_id == chain_id && token.symbol == symbol;
  });
  return found == kIssued.end() ? nullptr : found;
}

const IssuedToken* find_issued(std::uint64_t chain_id, const chains::evm::Address& address) {
  return find_address(issued_tokens(), chain_id, address);
}

const OtherToken* find_other(std::uint64_t chain_id, const chains::evm::Address& address) {
  return find_address(other_tokens(), chain_id, address);
}

std::string_view issued_symbol(std::string_view name) {
  const auto* found = std::ranges::find_if(kIssued, [&](const IssuedToken& token) {
    return std::ranges::equal(token.symbol, name, {}, lower, lower);
  });
  return found == kIssued.end() ? std::string_view{} : found->symbol;
}

chains::evm::Address address_of(std::string_view registered) {
  const auto parsed = chains::evm::parse_address(registered);
  INVARIANT(parsed.has_value());
  return *parsed;
}

std::optional<chains::evm::Selector> frozen_selector(const IssuedToken& token) {
  if (token.frozen_check.empty()) return std::nullopt;
  const chains::evm::Hash hash = chains::evm::keccak256(as_bytes(token.frozen_check));
  chains::evm::Selector out{};
  std::ranges::copy_n(hash.view().begin(), out.size(), out.begin());
  return out;
}

}  // namespace settled::config
