#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "chains/cursor.hpp"
#include "chains/evm/address.hpp"
#include "chains/evm/hashes.hpp"
#include "chains/settings.hpp"
#include "ledger/types/amount.hpp"
#include "tests/sim/dice.hpp"

namespace settled::sim {

using chains::evm::Address;
using chains::evm::BlockHash;
using chains::evm::TxHash;

/// The tokens of every chain. The third is in no registry.
enum class Token : std::uint8_t { Usdc, Eurc, Unlisted };
inline constexpr std::size_t kTokens = 3;
/// The first two, as the settings name them.
std::vector<chains::TokenSettings> listed_tokens();
Address address_of(Token token);
/// Units of 10^-18 in one base unit.
uint128 scale_of(Token token);

struct Transfer {
  Token token = Token::Usdc;
  Address from;
  Address to;
  uint128 value = 0;  ///< base units
};

/// A transaction, wherever it is mined. One that failed has no transfers.
struct Tx {
  TxHash hash;
  std::vector<Transfer> transfers;
};
using TxPtr = std::shared_ptr<const Tx>;
TxPtr make_tx(const std::string& name, std::vector<Transfer> transfers);

/// What a log says, in the texts that nodes send.
struct LogText {
  Token token = Token::Usdc;
  std::string json;  ///< without the closing brace
};

/// A transfer of a listed token to one of our addresses.
struct Credit {
  TxHash tx;
  std::uint32_t log_index = 0;
  Transfer transfer;
};

/// A block of any branch, with a true hash over its header, and the receipts' root in it.
struct Block {
  chains::BlockRef ref;
  std::shared_ptr<const Block> parent;  ///< null: block 0
  std::vector<TxPtr> txs;
  std::vector<Credit> ours;
  /// What has reached our addresses up to this block, in base units.
  std::array<uint128, kTokens> reached{};
  std::string header_json;
  std::vector<LogText> logs;
  std::vector<std::string> receipts;   ///< without logs and what follows them
  std::vector<std::size_t> first_log;  ///< of each transaction
};
using BlockPtr = std::shared_ptr<const Block>;

/// The chain as it is, whatever nodes tell of it.
class Chain {
 public:
  struct Settings {
    bool by_tag = true;
    std::uint64_t trail = 8;  ///< so many blocks behind the head is the final one
    std::uint64_t first_blocks = 3;
  };
  Chain(Settings settings, std::set<Address> ours);

  void submit(TxPtr tx) { waiting_.push_back(std::move(tx)); }
  /// A block with all that waits.
  void mine(std::int64_t now_ms);
  /// The newest blocks are replaced by `blocks` others. Of their transactions some wait again, in
  /// another order, and some are gone for good. Never below the final block.
  void reorganise(std::uint64_t depth, std::uint64_t blocks, Dice dice, std::int64_t now_ms);

  const std::vector<BlockPtr>& blocks() const { return canonical_; }
  const Block& head() const { return *canonical_.back(); }
  /// The newest block that will never be replaced.
  std::uint64_t final_number() const { return final_; }
  /// Of any branch; null where there never was one.
  const Block* find(const BlockHash& hash) const;
  bool idle() const { return waiting_.empty(); }
  /// The newest block with a transfer of ours.
  std::uint64_t last_credit() const { return last_credit_; }

 private:
  void append(std::vector<TxPtr> txs, std::int64_t now_ms);
  void finalize();

  const Settings settings_;
  const std::set<Address> ours_;
  std::vector<BlockPtr> canonical_;
  std::map<BlockHash, BlockPtr> all_;
  std::vector<TxPtr> waiting_;
  std::uint64_t final_ = 0;
  std::uint64_t highest_ = 0;
  std::uint64_t last_credit_ = 0;
  std::uint64_t mined_ = 0;
};

}  // namespace settled::sim
