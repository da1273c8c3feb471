#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "chains/settings.hpp"

namespace settled::config {

/// What is known about a public chain, so that a settings file need only name it.
struct ChainDefaults {
  std::string_view name;
  std::uint64_t chain_id = 0;  ///< EIP-155
  bool testnet = false;
  chains::Finality finality = {};
  std::uint32_t confirmations = 1;
  std::chrono::milliseconds poll_interval{500};
  std::string_view native_currency = "ETH";
};

std::span<const ChainDefaults> known_chains();
/// Null where the name is not in the registry.
const ChainDefaults* find_chain(std::string_view name);

/// What a chain id says about the money on it, whatever name the chain has in the settings.
enum class NetworkKind : std::uint8_t {
  Main,     ///< a main network of the registry
  Test,     ///< a test network of the registry
  Local,    ///< what development nodes use: 31337 (anvil, Hardhat), 1337 (Ganache, geth --dev)
  Unknown,  ///< taken for real money
};
NetworkKind network_kind(std::uint64_t chain_id);

}  // namespace settled::config
