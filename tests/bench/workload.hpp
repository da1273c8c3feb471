#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "ledger/book.hpp"
#include "tests/bench/lanes.hpp"

namespace settled::bench {

/// What is asked of the book.
enum class Kind {
  Intents,   ///< payment intents as the API makes them, with idempotency keys
  Postings,  ///< payouts held and canceled in turn: each command posts an entry to the same
             ///< accounts
};

/// One merchant with money on one chain, and the commands of its clients.
class Workload {
 public:
  /// Sets the book up. Any refusal ends the program, here and below.
  Workload(ledger::Book& book, Kind kind);

  /// Prepares what the next pass needs for so many commands, deposit addresses included, outside
  /// the time that is measured.
  void prepare(std::size_t commands);
  Next next();

 private:
  std::string random(std::size_t bytes);
  ledger::pb::Reply must(ledger::pb::Command command);
  void fund();
  void derive(std::size_t count);
  ledger::pb::CreateIntent intent() const;
  ledger::pb::RequestPayout payout();
  Submission with_key(ledger::pb::Command command);

  ledger::Book& book_;
  Kind kind_;
  SystemRandom random_;
  std::string merchant_;
  std::uint32_t derived_ = 0;
  std::vector<Submission> ready_;
};

}  // namespace settled::bench
