#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "chains/cursor.hpp"
#include "chains/evm/address.hpp"
#include "chains/evm/hashes.hpp"
#include "chains/http/transport.hpp"
#include "chains/settings.hpp"
#include "ledger/types/amount.hpp"
#include "ledger/types/time.hpp"

namespace settled::tests {

/// Twenty bytes that end with `last`.
chains::evm::Address address(std::uint8_t last);

struct FakeTransfer {
  chains::evm::Address token;
  chains::evm::Address from;
  chains::evm::Address to;
  uint128 value = 0;
  std::string name;  ///< the transaction's hash is made of it
  bool beyond_128_bits = false;
};

struct FakeBlock {
  chains::BlockRef block;
  chains::evm::BlockHash parent;
  std::vector<FakeTransfer> transfers;
  std::string fork;  ///< stands in the header, so that forks differ
};

/// What a function that returns `text`, of at most 32 bytes, returns: hexadecimal digits.
std::string abi_string(const std::string& text);

/// What one node tells of the chain, and how it misbehaves.
struct FakeNode {
  std::vector<FakeBlock> blocks;  ///< from block 0 on, without gaps
  std::uint64_t chain_id = 31337;
  std::optional<std::uint64_t> finalized = {};    ///< nothing: the tag is answered with null
  std::uint64_t max_range = 1'000'000;            ///< of eth_getLogs; more is refused
  std::optional<std::uint64_t> names_range = {};  ///< and a refusal names this number of blocks
  bool down = false;
  int decimals = 6;                         ///< negative: the call is reverted
  std::string symbol = abi_string("USDC");  ///< what `symbol()` returns, in hexadecimal digits
  bool has_code = true;
  bool hides_headers = false;              ///< answers null for blocks by number
  std::uint64_t wrong_logs_at = ~0ULL;     ///< the logs of this block name another block hash
  std::uint64_t withholds_at = ~0ULL;      ///< the first log of this block is told by no answer
  std::uint64_t raises_at = ~0ULL;         ///< the first log of this block tells one unit more
  std::uint64_t forges_header_at = ~0ULL;  ///< the header of this block tells another time
  bool has_receipts = true;                ///< knows eth_getBlockReceipts, and has them

  std::uint64_t latest() const { return blocks.back().block.number; }
  /// Appends blocks that hold nothing. `fork` makes their hashes.
  void mine(std::uint64_t count, const std::string& fork = "a");
  void mine_with(std::vector<FakeTransfer> transfers, const std::string& fork = "a");
  /// Drops the newest blocks.
  void drop(std::uint64_t count);
  /// The newest blocks are replaced by those of another branch, which hold nothing.
  void reorganise(std::uint64_t drops, std::uint64_t mines);
};

/// A network of scripted nodes in place of HTTP, by URL. Their blocks can be proven. Every question
/// is written down.
class FakeNodes final : public chains::http::Transport {
 public:
  std::map<std::string, FakeNode> nodes;
  /// "from..to" of each eth_getLogs over more than one block.
  std::vector<std::string> ranges;
  std::uint64_t receipts_asked = 0;
  std::uint64_t questions = 0;

  /// A node with a block 0.
  FakeNode& add(const std::string& url);

  chains::http::Task<Result<chains::http::Response>> send(chains::http::Request request,
                                                          chains::http::Limits limits) override;

 private:
  nlohmann::json answer(FakeNode& node, const nlohmann::json& call);
  nlohmann::json receipts(const FakeNode& node, const std::string& hash);
  nlohmann::json logs(const FakeNode& node, const nlohmann::json& filter);
};

/// A second passes whenever somebody looks, so that nodes never rest for long.
class HastyClock final : public Clock {
 public:
  Time now() const override { return from_ms(ms_ += 1'000); }

 private:
  mutable std::int64_t ms_ = 1'800'000'000'000;
};

/// A chain "base" with a token of 6 decimals at address(0xC0), polled every millisecond.
chains::ChainSettings fake_settings(chains::Finality finality = {.by_tag = true, .depth = 0});
inline const chains::evm::Address kToken = address(0xC0);

}  // namespace settled::tests
