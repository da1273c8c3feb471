#include "tests/crash/outcome.hpp"

#include <algorithm>
#include <atomic>
#include <sstream>
#include <thread>

#include "ledger/keys.hpp"
#include "tests/support/temp_directory.hpp"

namespace settled::tests {
namespace {

using namespace ledger;

constexpr std::size_t kFailuresKept = 20;

Verdict refused(const Error& error) {
  const bool named = error.code == Errc::Corrupt;
  return {named ? Outcome::Refused : Outcome::Wrong, 0, error.reason + ": " + error.detail};
}

std::string first_difference(const Rows& found, const Rows& expected) {
  for (const auto& [key, value] : expected) {
    const auto at = found.find(key);
    if (at == found.end()) return std::string("a row is missing in table ") + key.front();
    if (at->second != value) return std::string("a row differs in table ") + key.front();
  }
  return "there are rows too many";
}

/// A point read goes other ways than a scan: through filters, and to the tables that the manifest
/// names for the key alone.
Status read_each(const store::Reader& reader, const Rows& expected) {
  for (const auto& [key, value] : expected) {
    TRY(const auto found, reader.get(key));
    if (found != value) {
      return fail(Errc::Internal, "wrong_row", std::string("by key, in table ") + key.front());
    }
  }
  return {};
}

/// The newest keyed step before `done` is a repetition now.
std::string repeat_newest(OpenBook& book, const Script& script, std::size_t done) {
  for (std::size_t step = done; step-- > 0;) {
    const Step& newest = script.steps().at(step);
    if (!newest.key) continue;
    const std::uint64_t sequence = book.book().head().sequence();
    const auto again = book.apply(newest, step);
    if (answer_of(again) != script.answer(step)) return "a known key has another answer";
    if ((again && !again->replayed) || book.book().head().sequence() != sequence) {
      return "a known key is not answered from its record";
    }
    return {};
  }
  return {};
}

std::string do_the_rest(OpenBook& book, const Script& script, std::size_t done) {
  for (std::size_t step = done; step < script.steps().size(); ++step) {
    if (answer_of(book.apply(script.steps().at(step), step)) != script.answer(step)) {
      return "step " + std::to_string(step) + " has another answer than without a crash";
    }
  }
  const auto rows = read_rows(book.store());
  if (!rows) return rows.error().detail;
  if (*rows == script.rows(script.last_sequence())) return {};
  return "at the end " + first_difference(*rows, script.rows(script.last_sequence()));
}

}  // namespace

Verdict judge(const Script& script, const MemoryDisk::Contents& contents,
              const std::filesystem::path& lock, std::uint64_t known, bool go_on) {
  MemoryDisk disk(contents);
  auto opened = OpenBook::open(lock, disk);
  if (!opened) return refused(opened.error());
  OpenBook& book = **opened;
  const auto rows = read_rows(book.store());
  if (!rows) return refused(rows.error());
  const std::uint64_t sequence = book.book().head().sequence();
  if (sequence > script.last_sequence()) return {Outcome::Wrong, sequence, "beyond the script"};
  const Rows& expected = script.rows(sequence);
  if (*rows != expected) {
    return {Outcome::Wrong, sequence, first_difference(*rows, expected)};
  }
  if (const Status read = read_each(book.store(), expected); !read) return refused(read.error());
  if (sequence < known) return {Outcome::SuffixLost, sequence, {}};

  const std::size_t done = script.steps_until(sequence);
  std::string differs = repeat_newest(book, script, done);
  if (differs.empty() && go_on) differs = do_the_rest(book, script, done);
  return {differs.empty() ? Outcome::Identical : Outcome::Wrong, sequence, differs};
}

Verdict Verdicts::of(const MemoryDisk::Contents& disk, const std::filesystem::path& lock,
                     std::uint64_t known, bool go_on) {
  std::string all = std::to_string(known) + (go_on ? " goes on" : "");
  for (const auto& [name, bytes] : disk) {
    all += "\n" + name + " " + std::to_string(bytes.size()) + "\n" + bytes;
  }
  const Hash256 same = sha256(as_bytes(all));
  {
    const std::scoped_lock guard(mutex_);
    ++asked_;
    if (const auto found = known_.find(same); found != known_.end()) return found->second;
  }
  Verdict verdict = judge(script_, disk, lock, known, go_on);
  const std::scoped_lock guard(mutex_);
  return known_.emplace(same, std::move(verdict)).first->second;
}

std::string Verdicts::counts() const {
  const std::scoped_lock guard(mutex_);
  return std::to_string(known_.size()) + " different disks of " + std::to_string(asked_);
}

void Tally::add(const std::string& kind, const std::string& name, const Verdict& verdict,
                std::initializer_list<Outcome> allowed) {
  const std::scoped_lock lock(mutex_);
  ++counts_[kind].at(static_cast<std::size_t>(verdict.outcome));
  if (std::ranges::find(allowed, verdict.outcome) != allowed.end()) return;
  static constexpr std::array kNames = {"identical", "suffix lost", "refused", "WRONG"};
  if (failures_.size() < kFailuresKept) {
    failures_.push_back(kind + ", " + name + ": " +
                        kNames.at(static_cast<std::size_t>(verdict.outcome)) + " at " +
                        std::to_string(verdict.sequence) + " " + verdict.what);
  }
}

std::uint64_t Tally::total() const {
  const std::scoped_lock lock(mutex_);
  std::uint64_t total = 0;
  for (const auto& [kind, counts] : counts_) {
    for (const std::uint64_t count : counts) total += count;
  }
  return total;
}

std::uint64_t Tally::count(const std::string& kind, Outcome outcome) const {
  const std::scoped_lock lock(mutex_);
  const auto found = counts_.find(kind);
  return found == counts_.end() ? 0 : found->second.at(static_cast<std::size_t>(outcome));
}

std::string Tally::table() const {
  const std::scoped_lock lock(mutex_);
  std::ostringstream out;
  for (const auto& [kind, counts] : counts_) {
    out << "  " << kind << ": " << counts[0] << " identical, " << counts[1] << " suffix lost, "
        << counts[2] << " refused, " << counts[3] << " wrong\n";
  }
  return out.str();
}

void in_parallel(std::size_t count,
                 const std::function<bool(std::size_t, const std::filesystem::path&)>& work) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::jthread> threads;
  const unsigned width = std::max(1U, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < width; ++i) {
    threads.emplace_back([&] {
      const TempDirectory lock;
      for (std::size_t at = next++; at < count; at = next++) {
        if (!work(at, lock.path())) next = count;
      }
    });
  }
}

}  // namespace settled::tests
