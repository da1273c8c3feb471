#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/shrink.hpp"
#include "tests/sim/world.hpp"

/// Runs worlds by their seeds: README.md, and `run` without arguments.
namespace settled::sim {
namespace {

struct Wanted {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::optional<std::vector<std::size_t>> keep;
  WorldSettings world;
  bool shrinks = true;
};

[[noreturn]] void usage() {
  std::fputs("sim --seeds A[..B] [--bug NAME] [--keep ID,ID...] [--no-shrink] [--trace]\n", stderr);
  std::exit(2);
}

std::uint64_t number(std::string_view text) {
  std::uint64_t out = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) usage();
  return out;
}

std::vector<std::size_t> numbers(std::string_view text) {
  std::vector<std::size_t> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    out.push_back(number(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

Bug bug_named(std::string_view name) {
  for (std::size_t i = 0; i < kBugs; ++i) {
    if (to_string(static_cast<Bug>(i)) == name) return static_cast<Bug>(i);
  }
  usage();
}

Wanted read(const std::vector<std::string_view>& words) {
  Wanted out;
  bool seeds = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto value = [&] { return i + 1 < words.size() ? words[++i] : (usage(), words[i]); };
    if (words[i] == "--seeds") {
      const std::string_view range = value();
      const auto dots = range.find("..");
      out.from = number(range.substr(0, dots));
      out.to = dots == std::string_view::npos ? out.from : number(range.substr(dots + 2));
      seeds = true;
    } else if (words[i] == "--bug") {
      out.world.bug = bug_named(value());
    } else if (words[i] == "--keep") {
      out.keep = numbers(value());
    } else if (words[i] == "--no-shrink") {
      out.shrinks = false;
    } else if (words[i] == "--trace") {
      out.world.shown = true;
    } else {
      usage();
    }
  }
  if (!seeds || out.to < out.from) usage();
  return out;
}

void explain(const Plan& plan, const Wanted& wanted, const std::string& broken) {
  WorldSettings quiet = wanted.world;
  quiet.shown = false;
  std::string command = "tests/sim/run --seeds " + std::to_string(plan.seed);
  if (quiet.bug != Bug::None) command += " --bug " + std::string(to_string(quiet.bug));
  std::printf("seed %llu: %s\n  %s\n", static_cast<unsigned long long>(plan.seed), broken.c_str(),
              command.c_str());
  if (!wanted.shrinks) return;
  const Plan least = shrink(plan, quiet);
  const Outcome again = World(least, quiet).run();
  std::printf("shrunk to %zu of %zu events: %s\n  %s --keep %s --trace\n", least.events.size(),
              plan.events.size(), again.broken.c_str(), command.c_str(), ids_of(least).c_str());
  for (const Event& event : least.events) std::printf("  %s\n", to_string(event).c_str());
}

int run(const Wanted& wanted) {
  const std::clock_t began = std::clock();
  std::uint64_t failed = 0;
  std::int64_t minutes = 0;
  std::uint64_t commits = 0;
  std::uint64_t lives = 0;
  std::uint64_t credits = 0;
  for (std::uint64_t seed = wanted.from; seed <= wanted.to; ++seed) {
    Plan plan = make_plan(seed);
    if (wanted.keep) plan = keep(std::move(plan), *wanted.keep);
    const Outcome outcome = World(plan, wanted.world).run();
    minutes += outcome.lasted_ms / 60'000;
    commits += outcome.commits;
    lives += outcome.lives;
    credits += outcome.credits;
    if (wanted.world.shown) {
      std::printf("digest %016llx %s\n", static_cast<unsigned long long>(outcome.digest),
                  outcome.broken.c_str());
    }
    if (outcome.broken.empty()) continue;
    ++failed;
    explain(plan, wanted, outcome.broken);
  }
  const auto ms = (std::clock() - began) / (CLOCKS_PER_SEC / 1000);
  std::printf(
      "%llu seeds, %llu failed: %lld minutes, %llu lives, %llu commits, %llu credits; "
      "%lld ms of processor time\n",
      static_cast<unsigned long long>(wanted.to - wanted.from + 1),
      static_cast<unsigned long long>(failed), static_cast<long long>(minutes),
      static_cast<unsigned long long>(lives), static_cast<unsigned long long>(commits),
      static_cast<unsigned long long>(credits), static_cast<long long>(ms));
  return failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace settled::sim

int main(int count, char** words) {
  return settled::sim::run(settled::sim::read({words + 1, words + count}));
}
