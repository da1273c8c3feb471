#include <iomanip>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "ledger/book.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "tests/bench/disk.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/side.hpp"
#include "tests/support/temp_directory.hpp"

namespace settled::bench {
namespace {

constexpr std::size_t kRounds = 6;
constexpr double kPassSeconds = 1.5;
constexpr std::size_t kSyncsAtOnce = 30;

const std::map<std::string, Plan> kPlans{
    {"book_1", {Kind::Intents, 1}},           {"book_64", {Kind::Intents, 64}},
    {"book_512", {Kind::Intents, 512}},       {"postings_1", {Kind::Postings, 1}},
    {"postings_64", {Kind::Postings, 64}},    {"postings_512", {Kind::Postings, 512}},
    {"book_vs_leveldb", {Kind::Entries, 64}}, {"book_latency_vs_write", {Kind::Entries, 1}},
};

/// Writes the same batches to a store that nobody reads.
Pass replay(const Recording& recording, ledger::store::Store& bare) {
  Pass pass;
  const double cpu_before = cpu_seconds();
  const SteadyTime begin = std::chrono::steady_clock::now();
  for (const ledger::store::Batch& batch : recording.batches) {
    const SteadyTime before = std::chrono::steady_clock::now();
    if (!bare.write(batch, ledger::store::Durability::Synced)) std::exit(1);
    pass.microseconds.push_back(microseconds_since(before));
  }
  pass.seconds = seconds_since(begin);
  settle();
  pass.cpu_seconds = cpu_seconds() - cpu_before;
  pass.commands = recording.commands;
  return pass;
}

struct Measured {
  Sum book;
  Sum bare;
  Recording last;
};

/// One book and one bare store, side by side on the same disk, in turn.
class Bench {
 public:
  Bench(const std::filesystem::path& folder, Plan plan)
      : side_(folder / "book", plan),
        bare_(must(ledger::store::open_leveldb(folder / "bare", {}))) {}

  void round() {
    side_.store().record();
    measured_.book.add(side_.pass(kPassSeconds));
    measured_.last = side_.store().take_recording();
    measured_.bare.add(replay(measured_.last, *bare_));
  }

  const Measured& measured() const { return measured_; }

 private:
  Side side_;
  std::unique_ptr<ledger::store::Store> bare_;
  Measured measured_;
};

void run_book(const std::string& name, const Plan& plan, const std::filesystem::path& folder) {
  const std::filesystem::path place = folder / name;
  std::filesystem::create_directory(place);
  Bench bench(place, plan);
  Disk disk(place);
  for (std::size_t round = 0; round < kRounds; ++round) {
    disk.sample(kSyncsAtOnce);
    bench.round();
  }
  disk.sample(kSyncsAtOnce);

  const Measured& measured = bench.measured();
  const double p50 = percentile(measured.book.microseconds, 0.5) / 1000;
  const double p99 = percentile(measured.book.microseconds, 0.99) / 1000;
  const double fsync = percentile(disk.microseconds(), 0.5);
  const double fsync_p99 = percentile(disk.microseconds(), 0.99);
  const auto commands = static_cast<double>(measured.last.commands);
  const double bytes = static_cast<double>(measured.last.bytes) / commands;
  const double group = commands / static_cast<double>(measured.last.batches.size());
  std::cerr << std::fixed << std::setprecision(2) << name << ": " << measured.book.rate()
            << " commands/s, the store alone " << measured.bare.rate() << "/s; p50 " << p50
            << " ms, p99 " << p99 << " ms; " << bytes << " bytes and "
            << static_cast<double>(measured.last.operations) / commands << " keys a command, "
            << group << " commands a commit; processor time a command " << measured.book.cpu_us()
            << " us, of the store alone " << measured.bare.cpu_us() << " us; fsync p50 " << fsync
            << " us, p99 " << percentile(disk.microseconds(), 0.99) << " us\n";
  // One at a time the question is how long it takes, not how many there are, and medians tell it:
  // a disk that stops for a second now and then does not ask whose turn it is.
  const bool alone = name == "book_latency_vs_write";
  const double write = percentile(measured.bare.microseconds, 0.5);
  const Figure figure{name,
                      alone ? p50 * 1000 : measured.book.rate(),
                      alone ? "us" : "commands/s",
                      alone ? write : measured.bare.rate(),
                      {{"p50_ms", p50},
                       {"p99_ms", p99},
                       {"fsync_us", fsync},
                       {"bytes_per_command", bytes},
                       {"cpu_us", measured.book.cpu_us()},
                       {"store_cpu_us", measured.bare.cpu_us()},
                       {"p99_in_fsyncs", p99 * 1000 / fsync},
                       {"p99_in_p99_fsyncs", p99 * 1000 / fsync_p99},
                       {"commands_per_commit", group}}};
  std::cout << to_json(figure) << '\n' << std::flush;
}

/// One book whose commands all meet on two accounts, and one where they spread, in turn.
void run_hot(const std::filesystem::path& folder) {
  Side hot(folder / "hot", {Kind::HotEntries, 64});
  Side uniform(folder / "uniform", {Kind::Entries, 64});
  Disk disk(folder);
  Sum of_hot;
  Sum of_uniform;
  for (std::size_t round = 0; round < kRounds; ++round) {
    disk.sample(kSyncsAtOnce);
    of_hot.add(hot.pass(kPassSeconds));
    of_uniform.add(uniform.pass(kPassSeconds));
  }
  const double fsync = percentile(disk.microseconds(), 0.5);
  std::cerr << std::fixed << std::setprecision(2) << "book_hot_vs_uniform: " << of_hot.rate()
            << " entries/s on two accounts, " << of_uniform.rate()
            << "/s on 10,000; processor time " << of_hot.cpu_us() << " us and "
            << of_uniform.cpu_us() << " us; fsync p50 " << fsync << " us\n";
  std::cout << to_json({"book_hot_vs_uniform",
                        of_hot.rate(),
                        "commands/s",
                        of_uniform.rate(),
                        {{"cpu_us", of_hot.cpu_us()},
                         {"uniform_cpu_us", of_uniform.cpu_us()},
                         {"fsync_us", fsync}}})
            << '\n'
            << std::flush;
}

/// For who measures something else in turn with a book: a pass of entries for each line on standard
/// input, which says for how many seconds.
int run_turns(const std::filesystem::path& folder, Plan plan) {
  Side side(folder / "book", plan);
  Disk disk(folder);
  std::cout << "ready\n" << std::flush;
  double seconds = 0;
  while (std::cin >> seconds) {
    disk.sample(kSyncsAtOnce);
    const Pass pass = side.pass(seconds);
    const auto entries = static_cast<double>(pass.commands * entries_in(plan.kind));
    std::cout << to_json({"turn",
                          entries / pass.seconds,
                          "entries/s",
                          std::nullopt,
                          {{"cpu_us", pass.cpu_seconds * 1e6 / entries},
                           {"p99_ms", percentile(pass.microseconds, 0.99) / 1000},
                           {"fsync_us", percentile(disk.microseconds(), 0.5)}}})
              << '\n'
              << std::flush;
  }
  return 0;
}

void run_fsync(const std::filesystem::path& folder) {
  Disk disk(folder);
  disk.sample(kSyncsAtOnce * kRounds * 6);
  const double p50 = percentile(disk.microseconds(), 0.5);
  const double p99 = percentile(disk.microseconds(), 0.99);
  std::cerr << std::fixed << std::setprecision(0) << "fsync: 1 KiB appended and fdatasync, p50 "
            << p50 << " us, p99 " << p99 << " us\n";
  std::cout << to_json({"fsync_us", p50, "us", std::nullopt, {{"p99_us", p99}}}) << '\n'
            << std::flush;
}

int run(const std::vector<std::string>& names) {
  const tests::TempDirectory folder;
  if (names == std::vector<std::string>{"--turns"}) {
    return run_turns(folder.path(), {Kind::Entries, 64});
  }
  if (names == std::vector<std::string>{"--turns-of-batches"}) {
    return run_turns(folder.path(), {Kind::Batches, 4});
  }
  for (const std::string& name : names) {
    const auto plan = kPlans.find(name);
    if (name == "fsync_us") {
      run_fsync(folder.path());
    } else if (name == "book_hot_vs_uniform") {
      run_hot(folder.path());
    } else if (plan != kPlans.end()) {
      run_book(name, plan->second, folder.path());
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
