#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "ledger/book.hpp"
#include "tests/bench/lanes.hpp"

namespace settled::bench {

/// What is asked of the book.
enum class Kind {
  Intents,     ///< payment intents as the API makes them, with idempotency keys
  Postings,    ///< payouts held and canceled in turn: each command posts an entry to the same
               ///< accounts
  Entries,     ///< journal entries of two lines, each between two of 10,000 accounts
  HotEntries,  ///< the same, all between the same two accounts
  Batches,     ///< as Entries, `kEntriesInBatch` of them in one command
};
inline constexpr std::size_t kEntriesInBatch = 100;
/// What a command of the kind counts for.
constexpr std::size_t entries_in(Kind kind) {
  return kind == Kind::Batches ? kEntriesInBatch : 1;
}

/// One merchant with money on one chain, and the commands of its clients.
class Workload {
 public:
  /// Sets the book up. Any refusal ends the program, here and below.
  Workload(ledger::Book& book, Kind kind, std::string xpub = "xpub");

  /// Sends them all at once, and waits for their answers.
  void must_all(std::vector<ledger::pb::Command> commands);
  /// Prepares what the next pass needs for so many commands, deposit addresses included, outside
  /// the time that is measured.
  void prepare(std::size_t commands);
  Next next();

 private:
  std::string random(std::size_t bytes);
  ledger::pb::Reply must(ledger::pb::Command command);
  void fund();
  void derive(std::size_t count);
  void open_accounts();
  ledger::pb::PostEntry entry();
  ledger::pb::CreateIntent intent() const;
  ledger::pb::RequestPayout payout();
  Submission with_key(ledger::pb::Command command);

  ledger::Book& book_;
  Kind kind_;
  std::string xpub_;
  SystemRandom random_;
  std::mt19937_64 choice_{1};
  std::string merchant_;
  std::uint32_t derived_ = 0;
  std::vector<Submission> ready_;
};

}  // namespace settled::bench
