#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/crash/script.hpp"
#include "tests/support/memory_disk.hpp"

namespace settled::tests {

/// What a disk holds after something happened to it, against what the script's book was.
enum class Outcome {
  Identical,   ///< every row as the script left it after some step that is not before the known one
  SuffixLost,  ///< every row as after an earlier step: visible to whoever kept the known sequence
  Refused,     ///< an error by name at opening or at the first reading of all rows
  Wrong,       ///< anything else: another answer, a hole, an error without a name
};

struct Verdict {
  Outcome outcome = Outcome::Wrong;
  std::uint64_t sequence = 0;  ///< where the book stands; not of a refused one
  std::string what;            ///< the error's reason and detail, or what differs
};

/// Opens the disk's book on a healthy machine, reads all rows in a scan and each by its key, and
/// compares. `known`: the newest sequence that was acknowledged. An identical book is then asked
/// once more for its newest keyed answer, and with `go_on` made to do the rest of the script, which
/// must leave what it leaves without a crash.
Verdict judge(const Script& script, const MemoryDisk::Contents& disk,
              const std::filesystem::path& lock, std::uint64_t known, bool go_on = false);

/// `judge` of many disks of one script, each different one once: faults next to one another leave
/// the same bytes. Thread-safe.
class Verdicts {
 public:
  explicit Verdicts(const Script& script) : script_(script) {}
  Verdict of(const MemoryDisk::Contents& disk, const std::filesystem::path& lock,
             std::uint64_t known, bool go_on);
  /// Disks that were judged, of all that were asked for.
  std::string counts() const;

 private:
  const Script& script_;
  mutable std::mutex mutex_;
  std::map<Hash256, Verdict> known_;
  std::uint64_t asked_ = 0;
};

/// Outcomes of many cases, counted by kind of case. Thread-safe.
class Tally {
 public:
  /// `allowed`: outcomes that are no failure; the first failures are kept.
  void add(const std::string& kind, const std::string& name, const Verdict& verdict,
           std::initializer_list<Outcome> allowed);
  std::uint64_t total() const;
  std::uint64_t count(const std::string& kind, Outcome outcome) const;
  const std::vector<std::string>& failures() const { return failures_; }
  /// A line a kind.
  std::string table() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::array<std::uint64_t, 4>> counts_;
  std::vector<std::string> failures_;
};

/// Calls `work(i, lock)` for i in [0, count) on as many threads as the machine has cores; `lock` is
/// a directory of each thread's own. Stops early where `work` returns false.
void in_parallel(std::size_t count,
                 const std::function<bool(std::size_t, const std::filesystem::path&)>& work);

}  // namespace settled::tests
