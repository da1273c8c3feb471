#include <algorithm>
#include <iomanip>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "ledger/book.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "tests/bench/disk.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/lanes.hpp"
#include "tests/bench/recording_store.hpp"
#include "tests/bench/workload.hpp"
#include "tests/support/temp_directory.hpp"

namespace settled::bench {
namespace {

constexpr std::size_t kRounds = 18;
constexpr double kPassSeconds = 0.25;
constexpr std::size_t kMaxCommands = 40'000;
constexpr std::size_t kSyncsAtOnce = 30;

struct Plan {
  Kind kind;
  std::size_t in_flight;
};

const std::map<std::string, Plan> kPlans{
    {"book_1", {Kind::Intents, 1}},        {"book_64", {Kind::Intents, 64}},
    {"book_512", {Kind::Intents, 512}},    {"postings_1", {Kind::Postings, 1}},
    {"postings_64", {Kind::Postings, 64}}, {"postings_512", {Kind::Postings, 512}},
};

template <typename T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::cerr << result.error().reason << ": " << result.error().detail << '\n';
  std::exit(1);
}

/// Writes the same batches to a store that nobody reads, for at most the time of a pass.
Pass replay(const Recording& recording, ledger::store::Store& bare) {
  Pass pass;
  const double share =
      static_cast<double>(recording.commands) / static_cast<double>(recording.batches.size());
  double commands = 0;
  const double cpu_before = cpu_seconds();
  const SteadyTime begin = std::chrono::steady_clock::now();
  for (const ledger::store::Batch& batch : recording.batches) {
    if (!bare.write(batch, ledger::store::Durability::Synced)) std::exit(1);
    commands += share;
    if (seconds_since(begin) >= kPassSeconds) break;
  }
  pass.seconds = seconds_since(begin);
  pass.cpu_seconds = cpu_seconds() - cpu_before;
  pass.commands = static_cast<std::size_t>(commands);
  return pass;
}

struct Sum {
  std::size_t commands = 0;
  double seconds = 0;
  double cpu_seconds = 0;

  void add(const Pass& pass) {
    commands += pass.commands;
    seconds += pass.seconds;
    cpu_seconds += pass.cpu_seconds;
  }
  double rate() const { return static_cast<double>(commands) / seconds; }
  double cpu_us() const { return cpu_seconds * 1e6 / static_cast<double>(commands); }
};

struct Measured {
  Sum book;
  Sum bare;
  std::vector<double> microseconds;
  Recording last;
};

/// One book and one bare store, side by side on the same disk, in turn.
class Bench {
 public:
  Bench(const std::filesystem::path& folder, Plan plan)
      : plan_(plan),
        store_(must(ledger::store::open_leveldb(folder / "book", {}))),
        bare_(must(ledger::store::open_leveldb(folder / "bare", {}))),
        book_(must(ledger::Book::open(store_, clock_, random_, {}))),
        workload_(*book_, plan.kind) {}

  void round() {
    workload_.prepare(commands_);
    store_.record();
    const Pass recorded = drive(*book_, plan_.in_flight, kPassSeconds, workload_.next());
    measured_.last = store_.take_recording();
    measured_.bare.add(replay(measured_.last, *bare_));

    const double rate = static_cast<double>(recorded.commands) / recorded.seconds;
    commands_ = std::clamp(static_cast<std::size_t>(rate * kPassSeconds * 1.3), 2 * plan_.in_flight,
                           kMaxCommands);
    workload_.prepare(commands_);
    const Pass pass = drive(*book_, plan_.in_flight, kPassSeconds, workload_.next());
    measured_.book.add(pass);
    measured_.microseconds.insert(measured_.microseconds.end(), pass.microseconds.begin(),
                                  pass.microseconds.end());
  }

  const Measured& measured() const { return measured_; }

 private:
  Plan plan_;
  SystemClock clock_;
  SystemRandom random_;
  RecordingStore store_;
  std::unique_ptr<ledger::store::Store> bare_;
  std::unique_ptr<ledger::Book> book_;
  Workload workload_;
  std::size_t commands_ = 1'000;
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
  const double p50 = percentile(measured.microseconds, 0.5) / 1000;
  const double p99 = percentile(measured.microseconds, 0.99) / 1000;
  const double fsync = percentile(disk.microseconds(), 0.5);
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
  const Figure figure{name,
                      measured.book.rate(),
                      "commands/s",
                      measured.bare.rate(),
                      {{"p50_ms", p50},
                       {"p99_ms", p99},
                       {"fsync_us", fsync},
                       {"bytes_per_command", bytes},
                       {"cpu_us", measured.book.cpu_us()},
                       {"commands_per_commit", group}}};
  std::cout << to_json(figure) << '\n' << std::flush;
}

void run_fsync(const std::filesystem::path& folder) {
  Disk disk(folder);
  disk.sample(kSyncsAtOnce * kRounds * 2);
  const double p50 = percentile(disk.microseconds(), 0.5);
  const double p99 = percentile(disk.microseconds(), 0.99);
  std::cerr << std::fixed << std::setprecision(0) << "fsync: 1 KiB appended and fdatasync, p50 "
            << p50 << " us, p99 " << p99 << " us\n";
  std::cout << to_json({"fsync_us", p50, "us", std::nullopt, {{"p99_us", p99}}}) << '\n'
            << std::flush;
}

int run(const std::vector<std::string>& names) {
  const tests::TempDirectory folder;
  for (const std::string& name : names) {
    const auto plan = kPlans.find(name);
    if (name == "fsync_us") {
      run_fsync(folder.path());
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
