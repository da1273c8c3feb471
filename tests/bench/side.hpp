#pragma once

#include <cstddef>
#include <filesystem>
#include <iostream>
#include <memory>

#include "ledger/book.hpp"
#include "tests/bench/lanes.hpp"
#include "tests/bench/recording_store.hpp"
#include "tests/bench/workload.hpp"

namespace settled::bench {

/// Ends the program where there is an error.
template <typename T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::cerr << result.error().reason << ": " << result.error().detail << '\n';
  std::exit(1);
}

/// How many commands, and with how many at a time.
struct Plan {
  Kind kind;
  std::size_t in_flight;
};

/// A book in a folder of its own and clients that keep it busy when it is their turn.
class Side {
 public:
  Side(const std::filesystem::path& folder, Plan plan);

  /// Prepares what the pass will need, then measures.
  Pass pass(double seconds);
  RecordingStore& store() { return store_; }
  ledger::Book& book() { return *book_; }

 private:
  Plan plan_;
  SystemClock clock_;
  SystemRandom random_;
  RecordingStore store_;
  std::unique_ptr<ledger::Book> book_;
  Workload workload_;
  double rate_;  // commands a second; guessed for the first pass
};

/// What several passes come to.
struct Sum {
  std::size_t commands = 0;
  double seconds = 0;
  double cpu_seconds = 0;
  std::vector<double> microseconds;

  void add(const Pass& pass);
  double rate() const { return static_cast<double>(commands) / seconds; }
  double cpu_us() const { return cpu_seconds * 1e6 / static_cast<double>(commands); }
};

}  // namespace settled::bench
