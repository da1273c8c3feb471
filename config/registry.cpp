#include "config/registry.hpp"

#include <algorithm>
#include <array>

namespace settled::config {
namespace {

using std::chrono::milliseconds;

constexpr chains::Finality kTag{.by_tag = true, .depth = 0};
constexpr chains::Finality depth(std::uint64_t blocks) {
  return {.by_tag = false, .depth = blocks};
}

// Chain ids: Etherscan, "Supported Chains" (docs.etherscan.io).
// Native currencies: viem's definitions for Polygon (POL since 2024), Alchemy's page for BNB.
// Confirmations, where nothing else is said: Circle, "Required block confirmations" (CCTP V2, fast
// messages; standard ones where a chain has no fast ones), developers.circle.com. A test network
// has the figures of its main network, so that what is tried there behaves as it will.
// Poll interval: about a quarter of the block time, 500 ms at least, since `confirmed` should not
// wait for the poller and a shorter one costs requests without being noticed by people.
// Proofs: what chains/proof/README.md tells to have been seen.
// Explorers, where nothing else is said: Circle, `explorerUrl` in npm package
// @circle-fin/bridge-kit 1.15.1.
constexpr std::array kChains = {
    // Blocks of 12 s. Chainlink follows the tag here (Ethereum_Mainnet.toml). Circle: 2 blocks.
    ChainDefaults{"ethereum", 1, false, kTag, 2, milliseconds{3000}, "ETH", ProofAbility::Shown,
                  "https://etherscan.io"},
    ChainDefaults{"sepolia", 11155111, true, kTag, 2, milliseconds{3000}, "ETH",
                  ProofAbility::Shown, "https://sepolia.etherscan.io"},

    // OP Stack, blocks of 2 s: the tag is set once the batch is in a final block of Ethereum; see
    // also Chainlink's Base_Mainnet.toml, Optimism_Mainnet.toml. Circle takes 1 block; 2, as the
    // contract's example has it, cost two seconds more. OP Sepolia's explorer: chainlist.org and
    // Alchemy's page; bridge-kit has another name for it.
    ChainDefaults{"base", 8453, false, kTag, 2, milliseconds{500}, "ETH", ProofAbility::Shown,
                  "https://basescan.org"},
    ChainDefaults{"base-sepolia", 84532, true, kTag, 2, milliseconds{500}, "ETH",
                  ProofAbility::Shown, "https://sepolia.basescan.org"},
    ChainDefaults{"optimism", 10, false, kTag, 2, milliseconds{500}, "ETH", ProofAbility::Shown,
                  "https://optimistic.etherscan.io"},
    ChainDefaults{"optimism-sepolia", 11155420, true, kTag, 2, milliseconds{500}, "ETH",
                  ProofAbility::Shown, "https://sepolia-optimism.etherscan.io"},

    // Several blocks a second when there is traffic, none when there is not (Chainlink switches its
    // alarm for new heads off). The tag means that the batch is final on Ethereum (Nitro 2.0.10
    // notes). Circle: 1 block. Not provable: receipts roots cover transactions that the chain makes
    // itself and that nodes tell otherwise (eRPC's notes on recomputing roots).
    ChainDefaults{"arbitrum", 42161, false, kTag, 1, milliseconds{500}, "ETH", ProofAbility::None,
                  "https://arbiscan.io"},
    ChainDefaults{"arbitrum-sepolia", 421614, true, kTag, 1, milliseconds{500}, "ETH",
                  ProofAbility::None, "https://sepolia.arbiscan.io"},

    // Blocks of 1 to 2 s. A depth, not the tag: Chainlink's Polygon_Mainnet.toml has 500 and says
    // that the tag was violated more than once; a reorganisation of 157 blocks happened in February
    // 2023 (rindexer). Confirmations: MinIncomingConfirmations there. Not provable: state-sync
    // receipts are told with a block and stand in no root (eRPC, as above).
    ChainDefaults{"polygon", 137, false, depth(500), 5, milliseconds{500}, "POL",
                  ProofAbility::None, "https://polygonscan.com"},
    ChainDefaults{"polygon-amoy", 80002, true, depth(500), 5, milliseconds{500}, "POL",
                  ProofAbility::None, "https://amoy.polygonscan.com"},

    // Blocks of 450 ms since the Fermi upgrade of January 2026 (docs.bnbchain.org). Fast finality
    // (BEP-126) finalises block n by n+2 and the tag follows it. Circle: 3 blocks. Explorers:
    // hummingbot.org/chains/bnb-chain; npm @hyperlane-xyz/registry 21.1.0, bsctestnet.
    ChainDefaults{"bnb", 56, false, kTag, 3, milliseconds{500}, "BNB", ProofAbility::Expected,
                  "https://bscscan.com"},
    ChainDefaults{"bnb-testnet", 97, true, kTag, 3, milliseconds{500}, "BNB",
                  ProofAbility::Expected, "https://testnet.bscscan.com"},

    // Blocks of 1 to 2 s, final when accepted. Chainlink follows the tag (Avalanche_Fuji.toml).
    // Circle: 1 block.
    ChainDefaults{"avalanche", 43114, false, kTag, 1, milliseconds{500}, "AVAX",
                  ProofAbility::Expected, "https://subnets.avax.network/c-chain"},
    ChainDefaults{"avalanche-fuji", 43113, true, kTag, 1, milliseconds{500}, "AVAX",
                  ProofAbility::Expected, "https://subnets-test.avax.network/c-chain"},
};

}  // namespace

std::span<const ChainDefaults> known_chains() {
  return kChains;
}

const ChainDefaults* find_chain(std::string_view name) {
  const auto* found = std::ranges::find(kChains, name, &ChainDefaults::name);
  return found == kChains.end() ? nullptr : found;
}

const ChainDefaults* find_chain(std::uint64_t chain_id) {
  const auto* found = std::ranges::find(kChains, chain_id, &ChainDefaults::chain_id);
  return found == kChains.end() ? nullptr : found;
}

NetworkKind network_kind(std::uint64_t chain_id) {
  if (chain_id == 31337 || chain_id == 1337) return NetworkKind::Local;
  const ChainDefaults* found = find_chain(chain_id);
  if (found == nullptr) return NetworkKind::Unknown;
  return found->testnet ? NetworkKind::Test : NetworkKind::Main;
}

bool may_be_provable(std::uint64_t chain_id) {
  const ChainDefaults* known = find_chain(chain_id);
  return known == nullptr || known->proof != ProofAbility::None;
}

}  // namespace settled::config
