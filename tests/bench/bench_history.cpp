#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

#include "ledger/keys.hpp"
#include "ledger/statement.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "tests/bench/disk.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/history.hpp"
#include "tests/bench/side.hpp"
#include "tests/support/temp_directory.hpp"

namespace settled::bench {
namespace {

constexpr std::uint64_t kMany = 10'000'000;
constexpr std::uint64_t kFew = 10'000;
constexpr std::size_t kRounds = 24;
constexpr double kPassSeconds = 0.5;
constexpr std::size_t kSyncsAtOnce = 30;
constexpr int kStatements = 40;
constexpr std::size_t kIntentsAtOnce = 20'000;

void fill(const std::filesystem::path& folder, std::uint64_t entries) {
  const auto store = must(ledger::store::open_leveldb(folder, {}));
  const SteadyTime begin = std::chrono::steady_clock::now();
  fill_history(*store, entries, to_ms(SystemClock().now()) - 1'000);
  std::cerr << std::fixed << std::setprecision(1) << entries << " entries laid down in "
            << seconds_since(begin) << " s\n";
}

/// From the store that nobody has read yet, and again and again. The account's statement is all of
/// its 100 entries, checked against its history.
void run_statement(const std::filesystem::path& folder, std::uint64_t entries) {
  const auto store = must(ledger::store::open_leveldb(folder, {}));
  std::vector<double> milliseconds;
  for (int i = 0; i < kStatements; ++i) {
    const SteadyTime begin = std::chrono::steady_clock::now();
    const auto statement = must(ledger::reports::statement(
        *store, {quiet_account(), from_ms(0), SystemClock().now(), std::nullopt, 1'000}));
    milliseconds.push_back(microseconds_since(begin) / 1000);
    if (statement.lines.size() != kQuietEntries) {
      std::cerr << "the statement has " << statement.lines.size() << " lines\n";
      std::exit(1);
    }
  }
  const double p50 = percentile(milliseconds, 0.5);
  std::cerr << std::fixed << std::setprecision(2) << "statement_ms: 100 entries of " << entries
            << ": p50 " << p50 << " ms, the first of all " << milliseconds.front() << " ms\n";
  std::cout << to_json({"statement_ms",
                        p50,
                        "ms",
                        5,
                        {{"first_ms", milliseconds.front()},
                         {"p99_ms", percentile(milliseconds, 0.99)},
                         {"entries", static_cast<double>(entries)}}})
            << '\n'
            << std::flush;
}

void run_rates(const std::filesystem::path& many, const std::filesystem::path& few,
               std::uint64_t entries) {
  Side with_many(many, {Kind::Entries, 64});
  Side with_few(few, {Kind::Entries, 64});
  Disk disk(many.parent_path());
  Sum of_many;
  Sum of_few;
  for (std::size_t round = 0; round < kRounds; ++round) {
    disk.sample(kSyncsAtOnce);
    of_many.add(with_many.pass(kPassSeconds));
    of_few.add(with_few.pass(kPassSeconds));
  }
  const double fsync = percentile(disk.microseconds(), 0.5);
  std::cerr << std::fixed << std::setprecision(2) << "book_10m_vs_10k: " << of_many.rate()
            << " entries/s upon " << entries << ", " << of_few.rate() << "/s upon " << kFew
            << "; processor time " << of_many.cpu_us() << " us and " << of_few.cpu_us()
            << " us; fsync p50 " << fsync << " us\n";
  std::cout << to_json({"book_10m_vs_10k",
                        of_many.rate(),
                        "commands/s",
                        of_few.rate(),
                        {{"cpu_us", of_many.cpu_us()},
                         {"few_cpu_us", of_few.cpu_us()},
                         {"entries", static_cast<double>(entries)},
                         {"fsync_us", fsync}}})
            << '\n'
            << std::flush;
}

/// Opens so many intents in the books of a daemon that is not running.
int fill_intents(const std::filesystem::path& folder, std::size_t count) {
  const auto store = must(ledger::store::open_leveldb(folder, {}));
  SystemClock clock;
  SystemRandom random;
  const auto book = must(ledger::Book::open(*store, clock, random, {}));
  const auto pool =
      must(ledger::read_record<ledger::pb::DepositPool>(*store, ledger::keys::deposit_pool()));
  Workload workload(*book, Kind::Intents, pool ? pool->xpub_id() : "xpub");
  for (std::size_t left = count; left > 0;) {
    const std::size_t now = std::min(left, kIntentsAtOnce);
    workload.prepare(now);
    drive(*book, now, 1e9, workload.next());
    left -= now;
  }
  return 0;
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 3 && words[0] == "--fill-intents") {
    return fill_intents(words[1], std::stoul(words[2]));
  }
  const char* asked = std::getenv("BENCH_ENTRIES");
  const std::uint64_t entries = asked == nullptr ? kMany : std::stoull(asked);
  const tests::TempDirectory folder;
  const auto many = folder.path() / "many";
  const auto few = folder.path() / "few";
  fill(many, entries);
  for (const std::string& name : words) {
    if (name == "statement_ms") {
      run_statement(many, entries);
    } else if (name == "book_10m_vs_10k") {
      if (!std::filesystem::exists(few)) fill(few, kFew);
      run_rates(many, few, entries);
    } else {
      std::cerr << "no benchmark is called " << name << '\n';
      return 2;
    }
  }
  return 0;
}

}  // namespace
}  // namespace settled::bench

int main(int argc, char** argv) {
  return settled::bench::run({argv + 1, argv + argc});
}
