#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chains/evm/address.hpp"
#include "ledger/types/amount.hpp"

namespace settled::chains {

/// One JSON-RPC endpoint of a chain.
struct NodeSettings {
  std::string url;                         ///< http:// or https://
  std::optional<std::string> ws_url = {};  ///< ws:// or wss://, listened to for `newHeads`
  /// Sent with every request, e.g. an API key: name and value, from the node's `headers_file`.
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::optional<std::uint32_t> max_requests_per_second = {};
};

/// A token that counts as money on a chain. A token that is not listed is not money.
struct TokenSettings {
  std::string symbol;    ///< unique within its chain
  std::string currency;  ///< what accounts count; several tokens may be one currency
  evm::Address address;
  int decimals = 0;  ///< 0..18, checked against the contract's `decimals()` at start
  bool eip3009 = false;
  /// What the contract's `symbol()` must answer at start, byte for byte; empty: as `symbol`.
  std::string contract_symbol = {};
};

/// When a block can no longer be taken back: by the node's `finalized` tag, or as soon as
/// head - block >= depth.
struct Finality {
  bool by_tag = true;
  std::uint64_t depth = 0;  ///< means something only where `by_tag` is false; then at least 1

  bool operator==(const Finality&) const = default;
};

/// What makes a block's transfers believed.
enum class Evidence : std::uint8_t {
  Single,  ///< the word of the node that was asked, held against itself
  Quorum,  ///< the same word of several nodes
  Proven,  ///< the block's own hash: no log can be made up, changed or left out
};

/// The word of the settings and of the API: "single", "quorum", "proven".
constexpr std::string_view to_string(Evidence evidence) {
  switch (evidence) {
    case Evidence::Single:
      return "single";
    case Evidence::Quorum:
      return "quorum";
    case Evidence::Proven:
      return "proven";
  }
  std::unreachable();
}

/// A transfer with no more than `up_to` at stake, in units of its currency, is `confirmed` after
/// so many confirmations.
struct ConfirmationTier {
  Amount up_to;
  std::uint32_t confirmations = 1;
};

/// One chain to follow. Names, chain ids, and token symbols and addresses within a chain are
/// unique.
struct ChainSettings {
  std::string name;
  std::uint64_t chain_id = 0;
  bool required = true;  ///< readiness depends on it
  Finality finality = {};
  /// When a transfer becomes `confirmed`; the head block has 1 confirmation. At least 1.
  std::uint32_t confirmations = 1;
  std::vector<ConfirmationTier> confirmation_tiers = {};  ///< ascending, all below `confirmations`
  std::chrono::milliseconds poll_interval{1000};
  std::optional<std::uint64_t> start_block = {};  ///< nullopt: the latest block at the first start
  Evidence evidence = Evidence::Single;
  bool provable = false;  ///< its blocks' contents can be proven from their hashes
  /// As many nodes must have reached a block and call it final; with Quorum they must also tell its
  /// transfers alike. At most as many as there are nodes.
  std::uint32_t min_agreeing_nodes = 1;
  std::chrono::seconds max_lag{120};
  std::string native_currency = "ETH";  ///< what gas is paid in
  bool testnet = false;
  std::vector<NodeSettings> nodes = {};  ///< never empty
  std::vector<TokenSettings> tokens = {};
};

}  // namespace settled::chains
