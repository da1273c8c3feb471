#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/book_fixture.hpp"

namespace settled::tests {

/// Turns random numbers into commands: mostly such that the books accept, on a chain that
/// reorganises, with payments, payouts, treasury moves, entries by hand and closed periods; some
/// that they must refuse. It knows the books by their answers alone. The same numbers and answers
/// give the same commands.
class RandomBook {
 public:
  explicit RandomBook(std::vector<std::uint32_t> dice) : dice_(std::move(dice)) {}

  struct Next {
    pb::Command command;
    std::optional<pb::IdempotencyKey> key;
    std::int64_t advance_ms = 0;
  };
  /// Nothing when the numbers are used up.
  std::optional<Next> next();
  void learn(const pb::Command& command, const Result<ledger::Applied>& applied);
  /// Answers do not name the transfers; the test tells them.
  void learn_transfer(const std::string& id) { transfers_.push_back(id); }
  std::uint32_t roll(std::uint32_t sides);

 private:
  struct Block {
    std::uint64_t number = 0;
    std::string hash;
  };
  struct Payout {
    std::string id;
    std::string amount;
    std::uint64_t mined = 0;
  };

  pb::Command people();
  pb::Command intents();
  pb::Command blocks();
  pb::Command reorganise();
  pb::Command payouts();
  pb::Command refunds();
  pb::Command sending();
  pb::Command mined_payout();
  pb::Command settle();
  pb::Command treasury();
  pb::Command endpoints();
  pb::Command journal();
  pb::PostEntry entry();
  std::string account();

  bool seldom() { return roll(12) == 0; }
  std::string any(const std::vector<std::string>& ids);
  std::string amount(std::uint32_t most);
  std::string place();
  pb::ObservedTransfer transfer();
  pb::ObserveBlocks observe();
  pb::ObservedBlock next_block(const Block& parent);
  void learn_blocks(const pb::ObserveBlocks& command);

  std::vector<std::uint32_t> dice_;
  std::size_t at_ = 0;
  std::vector<std::string> merchants_;
  std::vector<std::string> intents_;
  std::map<std::string, std::string> merchant_of_;  ///< by intent
  std::vector<std::string> addresses_;
  std::vector<std::string> transfers_;
  std::vector<std::string> endpoints_;
  std::vector<std::string> keys_;
  std::vector<std::string> holds_;
  std::vector<Payout> payouts_;
  std::vector<pb::ObservedTransfer> logs_;
  std::vector<Block> chain_ = {{kStartBlock, block_hash(kStartBlock)}};
  std::uint64_t final_ = kStartBlock;
  std::uint32_t derived_ = 10;
  std::uint32_t nonce_ = 0;
  std::uint32_t made_ = 0;
  std::int64_t time_ = 1'800'000'000'000;
};

}  // namespace settled::tests
