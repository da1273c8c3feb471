// Every operation of the disk, under a book with real commands: failing once, failing for ever,
// torn, done by a liar; then a restart, with and without the loss of power.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/crash/outcome.hpp"
#include "tests/crash/script.hpp"
#include "tests/support/fault_env.hpp"
#include "tests/support/memory_disk.hpp"
#include "tests/support/temp_directory.hpp"

using namespace settled;
using namespace settled::tests;

namespace {

/// Four processes, each of which fills a write buffer or more: tables are made while commands are
/// applied and at each opening, and are compacted.
constexpr Script::Size kSize = {.processes = 4, .rounds = 1, .bulk_bytes = 8'000};

const Script& script() {
  static const Script kScript(kSize);
  return kScript;
}

/// Where a process of the script begins, on a disk without faults.
struct Beginning {
  std::size_t step = 0;
  std::uint64_t known = 0;
  MemoryDisk::Contents disk;
  std::map<FaultKind, std::uint64_t> operations;  ///< that were asked for before
};

/// Does the script from there until the disk has failed in a way that a process sees, or to its
/// end; the newest sequence that was acknowledged. A process ends at the first Unavailable or
/// Corrupt.
std::uint64_t live(leveldb::Env& env, const std::filesystem::path& lock, std::string& wrong,
                   const Beginning& from = {}) {
  std::unique_ptr<OpenBook> book;
  std::uint64_t known = from.known;
  for (std::size_t step = from.step; step < script().steps().size(); ++step) {
    if (!book || script().steps().at(step).new_process) {
      book.reset();
      auto opened = OpenBook::open(lock, env);
      if (!opened) return known;
      book = *std::move(opened);
      // Whoever kept the sequence goes no further with a book that stands before it.
      if (book->book().head().sequence() < known) return known;
    }
    const auto applied = book->apply(script().steps().at(step), step);
    if (answer_of(applied) == script().answer(step)) {
      known = script().sequence_after(step + 1);
    } else if (!applied && (applied.error().code == Errc::Corrupt ||
                            applied.error().code == Errc::Unavailable)) {
      if (!book->book().poisoned()) wrong = "an error without poison: " + applied.error().reason;
      const auto next = book->apply(script().steps().at(step), step);
      if (next || next.error().reason != "store_poisoned") wrong = "poisoned, it still answers";
      return known;
    } else {
      wrong = "step " + std::to_string(step) + " was answered otherwise";
      return known;
    }
  }
  return known;
}

std::vector<Beginning> record_beginnings() {
  const TempDirectory lock;
  MemoryDisk disk;
  FaultEnv env({}, &disk);
  std::vector<Beginning> out;
  std::unique_ptr<OpenBook> book;
  std::uint64_t known = 0;
  for (std::size_t step = 0; step < script().steps().size(); ++step) {
    if (!book || script().steps().at(step).new_process) {
      book.reset();
      // Who begins here need not know what was synced before: nothing else is left. A compaction
      // that was under way when the book was closed may leave a table that was not.
      env.lose_power();
      Beginning& here = out.emplace_back(Beginning{step, known, disk.contents(), {}});
      for (const FaultKind kind : kFaultKinds) here.operations[kind] = env.operations(kind);
      book = OpenBook::open(lock.path(), env).value();
    }
    REQUIRE(answer_of(book->apply(script().steps().at(step), step)) == script().answer(step));
    known = script().sequence_after(step + 1);
  }
  return out;
}

const std::vector<Beginning>& beginnings() {
  static const std::vector<Beginning> kBeginnings = record_beginnings();
  return kBeginnings;
}

/// The last process that begins before an operation. What comes before is the same in each run.
const Beginning& beginning_before(FaultKind kind, std::uint64_t operation) {
  const auto after = std::ranges::find_if(
      beginnings(), [&](const Beginning& each) { return each.operations.at(kind) >= operation; });
  return *std::prev(after);
}

struct Case {
  std::string kind;
  FaultPlan plan;
};

/// One fault, and both ways in which a machine comes back from it. False: the run ended before the
/// fault's turn came.
bool strike(const Case& at, const std::filesystem::path& lock, Tally& tally, Verdicts& verdicts) {
  const Beginning& from = beginning_before(at.plan.kind, at.plan.operation);
  FaultPlan plan = at.plan;
  plan.operation -= from.operations.at(plan.kind);
  MemoryDisk disk(from.disk);
  FaultEnv env(plan, &disk);
  std::string wrong;
  const std::uint64_t known = live(env, lock, wrong, from);
  if (!env.fired()) return false;
  const std::string name = "operation " + std::to_string(at.plan.operation);
  // Going on after the crash costs as much as the run itself: done for each of some of them.
  const bool go_on = at.plan.operation % 7 == 0;
  Verdict verdict;
  MemoryDisk::Contents restarted;
  for (const bool power_loss : {false, true}) {
    if (power_loss) env.lose_power();
    MemoryDisk::Contents contents = disk.contents();
    // Where all was synced, the loss of power leaves the same disk.
    if (!power_loss || contents != restarted) {
      verdict = verdicts.of(contents, lock, known, go_on);
    }
    restarted = std::move(contents);
    if (!wrong.empty()) verdict = {Outcome::Wrong, known, wrong};
    if (verdict.outcome == Outcome::Identical && verdict.sequence > known + 1) {
      verdict = {Outcome::Wrong, verdict.sequence, "more than what was under way"};
    }
    const std::string kind = at.kind + (power_loss ? ", power lost" : ", restarted");
    if (is_told(at.plan.kind)) {
      tally.add(kind, name, verdict, {Outcome::Identical});
    } else {
      tally.add(kind, name, verdict, {Outcome::Identical, Outcome::SuffixLost, Outcome::Refused});
    }
  }
  return true;
}

/// Strikes at operation 1, 2, 3 ... of `kind` until a run passes without; how many struck.
std::uint64_t strike_at_every_operation(const std::string& kind, FaultKind fault, bool lasting,
                                        Tally& tally, Verdicts& verdicts) {
  std::atomic<std::uint64_t> struck = 0;
  beginnings();  // assertions are for this thread alone
  in_parallel(1'000'000, [&](std::size_t i, const std::filesystem::path& lock) {
    const FaultPlan plan = {.kind = fault, .operation = i + 1, .lasting = lasting, .seed = i + 1};
    const bool fired = strike({kind, plan}, lock, tally, verdicts);
    if (fired) ++struck;
    return fired;
  });
  return struck;
}

void report(const char* title, const Tally& tally, const Verdicts& verdicts) {
  std::cout << title << ": " << tally.total() << " restarts, " << verdicts.counts() << "\n"
            << tally.table();
  for (const std::string& failure : tally.failures()) UNSCOPED_INFO(failure);
  CHECK(tally.failures().empty());
}

}  // namespace

TEST_CASE("whichever operation of the disk fails or is torn, the book loses nothing acknowledged") {
  Tally tally;
  Verdicts verdicts(script());
  const auto once =
      strike_at_every_operation("fails once", FaultKind::Error, false, tally, verdicts);
  const auto ever =
      strike_at_every_operation("fails for ever", FaultKind::Error, true, tally, verdicts);
  const auto torn =
      strike_at_every_operation("torn once", FaultKind::TornWrite, false, tally, verdicts);
  const auto torn_ever =
      strike_at_every_operation("torn for ever", FaultKind::TornWrite, true, tally, verdicts);
  report("told faults", tally, verdicts);
  // A script that shrank would show less.
  CHECK(once > 500);
  CHECK(ever > 500);
  CHECK(torn > 250);
  CHECK(torn_ever > 250);
}

TEST_CASE("whatever the disk only pretends to do, the book is whole, cut at its end or refused") {
  Tally tally;
  Verdicts verdicts(script());
  const auto once =
      strike_at_every_operation("dropped once", FaultKind::Dropped, false, tally, verdicts);
  const auto ever =
      strike_at_every_operation("dropped for ever", FaultKind::Dropped, true, tally, verdicts);
  const auto syncs = strike_at_every_operation("sync dropped once", FaultKind::DroppedSync, false,
                                               tally, verdicts);
  const auto all_syncs = strike_at_every_operation("sync dropped for ever", FaultKind::DroppedSync,
                                                   true, tally, verdicts);
  report("faults of a liar", tally, verdicts);
  CHECK(once > 350);
  CHECK(ever > 350);
  CHECK(syncs > 60);
  CHECK(all_syncs > 60);
  // The lies must have had an effect, or they show nothing.
  CHECK(tally.count("sync dropped for ever, power lost", Outcome::Identical) == 0);
  CHECK(tally.count("dropped for ever, restarted", Outcome::SuffixLost) > 50);
  CHECK(tally.count("dropped once, restarted", Outcome::Refused) > 50);
}

TEST_CASE("a disk that is full stops the book, which goes on where it was when there is room") {
  Tally tally;
  Verdicts verdicts(script());
  std::atomic<std::uint64_t> full = 0;
  constexpr std::uint64_t kStepBytes = 4'099;
  in_parallel(1'000'000, [&](std::size_t i, const std::filesystem::path& lock) {
    MemoryDisk disk;
    FaultEnv env({.capacity_bytes = i * kStepBytes}, &disk);
    std::string wrong;
    const std::uint64_t known = live(env, lock, wrong);
    if (!env.fired()) return false;
    ++full;
    for (const bool power_loss : {false, true}) {
      if (power_loss) env.lose_power();
      Verdict verdict = verdicts.of(disk.contents(), lock, known, true);
      if (!wrong.empty()) verdict = {Outcome::Wrong, known, wrong};
      tally.add(power_loss ? "full, power lost" : "full, restarted",
                std::to_string(i * kStepBytes) + " bytes", verdict, {Outcome::Identical});
    }
    return true;
  });
  report("full disks", tally, verdicts);
  CHECK(full > 200);
}
