#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "chains/settings.hpp"

namespace settled::config {

/// Whether what a block holds can be proven from its hash (chains/proof/README.md).
enum class ProofAbility : std::uint8_t {
  None,  ///< its receipts' root does not cover every receipt, or its hash not every header field
  Expected,  ///< by the source of its nodes; no block of it was seen proven
  Shown,     ///< seen on blocks of it, or of a chain of the same make
};

/// What is known about a public chain, so that a settings file need only name it.
struct ChainDefaults {
  std::string_view name;
  std::uint64_t chain_id = 0;  ///< EIP-155
  bool testnet = false;
  chains::Finality finality = {};
  std::uint32_t confirmations = 1;
  std::chrono::milliseconds poll_interval{500};
  std::string_view native_currency = "ETH";
  ProofAbility proof = ProofAbility::None;
  std::string_view explorer_url = {};  ///< for people; `/tx/0x...` and `/address/0x...` follow it
};

std::span<const ChainDefaults> known_chains();
/// Null where the name is not in the registry.
const ChainDefaults* find_chain(std::string_view name);
/// By what nodes answer instead of by what the settings call it. Null likewise.
const ChainDefaults* find_chain(std::uint64_t chain_id);

/// What a chain id says about the money on it, whatever name the chain has in the settings.
enum class NetworkKind : std::uint8_t {
  Main,     ///< a main network of the registry
  Test,     ///< a test network of the registry
  Local,    ///< what development nodes use: 31337 (anvil, Hardhat), 1337 (Ganache, geth --dev)
  Unknown,  ///< taken for real money
};
NetworkKind network_kind(std::uint64_t chain_id);

/// False for a chain of the registry whose blocks cannot be proven; true for what is not known.
bool may_be_provable(std::uint64_t chain_id);

}  // namespace settled::config
