#include "tests/bench/side.hpp"

#include <algorithm>

#include "ledger/store/leveldb_store.hpp"
#include "tests/bench/figures.hpp"

namespace settled::bench {
namespace {

constexpr std::size_t kMostCommands = 200'000;
constexpr double kSpare = 1.4;
constexpr double kFirstGuess = 4'000;  // entries a second

}  // namespace

Side::Side(const std::filesystem::path& folder, Plan plan)
    : plan_(plan),
      store_(must(ledger::store::open_leveldb(folder, {}))),
      book_(must(ledger::Book::open(store_, clock_, random_, {}))),
      workload_(*book_, plan.kind),
      rate_(kFirstGuess / static_cast<double>(entries_in(plan.kind))) {}

Pass Side::pass(double seconds) {
  const auto needed = static_cast<std::size_t>(rate_ * seconds * kSpare);
  workload_.prepare(std::clamp(needed, 2 * plan_.in_flight, kMostCommands));
  settle();  // what was prepared may have been written too
  const double cpu_before = cpu_seconds();
  Pass pass = drive(*book_, plan_.in_flight, seconds, workload_.next());
  settle();
  pass.cpu_seconds = cpu_seconds() - cpu_before;
  rate_ = static_cast<double>(pass.commands) / pass.seconds;
  return pass;
}

void Sum::add(const Pass& pass) {
  commands += pass.commands;
  seconds += pass.seconds;
  cpu_seconds += pass.cpu_seconds;
  microseconds.insert(microseconds.end(), pass.microseconds.begin(), pass.microseconds.end());
}

}  // namespace settled::bench
