// Every byte of a book's log and samples of everything else, damaged, and the book opened again.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/crash/outcome.hpp"
#include "tests/crash/script.hpp"
#include "tests/support/memory_disk.hpp"
#include "tests/support/temp_directory.hpp"

using namespace settled;
using namespace settled::tests;

namespace {

using Contents = MemoryDisk::Contents;

constexpr std::size_t kSectorBytes = 4'096;

std::vector<std::string> names(const Contents& contents, std::string_view part) {
  std::vector<std::string> found;
  for (const auto& [name, bytes] : contents) {
    if (name.find(part) != std::string::npos) found.push_back(name);
  }
  return found;
}

std::string flipped(std::string bytes, std::size_t at, unsigned bit) {
  bytes.at(at) = static_cast<char>(static_cast<unsigned char>(bytes.at(at)) ^ (1U << (bit % 8)));
  return bytes;
}
std::string zeroed(std::string bytes, std::size_t from, std::size_t size) {
  const std::size_t end = std::min(bytes.size(), from + size);
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(from),
            bytes.begin() + static_cast<std::ptrdiff_t>(end), '\0');
  return bytes;
}

/// What may become of damage that no engine can tell from a crash, and of other damage.
constexpr auto kAny = {Outcome::Identical, Outcome::SuffixLost, Outcome::Refused};

/// One disk, damaged in many ways.
class Campaign {
 public:
  Campaign(const Script& script, Contents contents, std::uint64_t known)
      : script_(script), contents_(std::move(contents)), known_(known) {}

  struct Damage {
    std::string kind;
    std::string name;
    Contents contents;
  };
  void try_one(const Damage& damage, const std::filesystem::path& lock) {
    const Verdict verdict = judge(script_, damage.contents, lock, known_);
    tally_.add(damage.kind, damage.name, verdict, kAny);
  }

  /// Cut, flipped and zeroed at every `stride`-th byte of a file.
  void every_byte(const std::string& file, const std::string& label, std::size_t stride) {
    const std::string& whole = contents_.at(file);
    in_parallel((whole.size() + stride - 1) / stride, [&](std::size_t i, const auto& lock) {
      const std::size_t at = i * stride;
      const std::string place = file + " at " + std::to_string(at);
      const auto attempt = [&](const std::string& what, std::string bytes) {
        if (bytes == whole) return;
        Contents damaged = contents_;
        damaged[file] = std::move(bytes);
        try_one({label + " " + what, place, std::move(damaged)}, lock);
      };
      attempt("cut", whole.substr(0, at));
      attempt("bit flipped", flipped(whole, at, static_cast<unsigned>(at)));
      attempt("byte zeroed", zeroed(whole, at, 1));
      // A sector and a tail take long and differ little from one byte to the next.
      if (at % 16 == 0) attempt("sector zeroed", zeroed(whole, at, kSectorBytes));
      if (at % 16 == 0) attempt("tail zeroed", zeroed(whole, at, whole.size()));
      return true;
    });
  }

  const Contents& contents() const { return contents_; }
  const Tally& tally() const { return tally_; }
  void report(const char* title) const {
    std::cout << title << ": " << tally_.total() << " damaged books\n" << tally_.table();
    for (const std::string& failure : tally_.failures()) UNSCOPED_INFO(failure);
    CHECK(tally_.failures().empty());
  }

 private:
  const Script& script_;
  const Contents contents_;
  const std::uint64_t known_;
  Tally tally_;
};

/// Every byte where SETTLED_EVERY_BYTE is set (tests/crash/run --corruption), else a sample.
std::size_t stride(std::size_t sample) {
  return std::getenv("SETTLED_EVERY_BYTE") != nullptr ? 1 : sample;
}

}  // namespace

TEST_CASE(
    "whatever byte of the only log is damaged, the book is whole, cut at its end or refused") {
  const Script script({.processes = 1, .rounds = 1, .bulk_bytes = 0});
  Campaign campaign(script, disk_after(script, script.steps().size()), script.last_sequence());
  const auto logs = names(campaign.contents(), ".log");
  REQUIRE(logs.size() == 1);
  // More than one block of the engine's log, so that there is something behind a lost block.
  const std::size_t size = campaign.contents().at(logs.front()).size();
  REQUIRE(size > 34'000);
  const std::size_t step = stride(7);
  campaign.every_byte(logs.front(), "log", step);
  campaign.report("log");
  const Tally& tally = campaign.tally();
  // All but the bytes that are zero already can be zeroed.
  CHECK(tally.total() > size / step * 5 / 2);
  CHECK(tally.count("log cut", Outcome::SuffixLost) > size / step - 100);
  CHECK(tally.count("log bit flipped", Outcome::Refused) > size / step / 2);
}

TEST_CASE("whatever byte of the one or the other of two logs is damaged, nothing gets a hole") {
  // While the engine makes a table of a full log, both are live: what it finds after a kill then.
  const Script script({.processes = 1, .rounds = 2, .bulk_bytes = 4'000});
  Contents both;
  std::uint64_t known = 0;
  {
    const TempDirectory lock;
    class Stopped final : public leveldb::EnvWrapper {
     public:
      using EnvWrapper::EnvWrapper;
      leveldb::Status NewWritableFile(const std::string& path,
                                      leveldb::WritableFile** file) override {
        // No table is ever finished: its file cannot be made, though only in the background.
        if (path.ends_with(".ldb")) {
          *file = nullptr;
          return leveldb::Status::IOError(path, "no tables here");
        }
        return EnvWrapper::NewWritableFile(path, file);
      }
    };
    MemoryDisk disk;
    Stopped env(&disk);
    auto book = OpenBook::open(lock.path(), env).value();
    for (std::size_t step = 0; step < script.steps().size(); ++step) {
      const auto applied = book->apply(script.steps().at(step), step);
      if (answer_of(applied) != script.answer(step)) break;
      known = script.sequence_after(step + 1);
    }
    book.reset();
    both = disk.contents();
  }
  Campaign campaign(script, both, known);
  const auto logs = names(both, ".log");
  REQUIRE(logs.size() == 2);
  REQUIRE(both.at(logs.back()).size() > 200);
  campaign.every_byte(logs.front(), "older log", stride(61));
  campaign.every_byte(logs.back(), "newer log", stride(23));
  campaign.report("two logs");
  // Behind a cut in the older log stand batches of the newer one.
  CHECK(campaign.tally().count("older log cut", Outcome::SuffixLost) == 0);
  CHECK(campaign.tally().count("older log cut", Outcome::Refused) > 500);
}

TEST_CASE("damage to tables, the manifest and CURRENT never shows as another book") {
  const Script script({.processes = 4, .rounds = 1, .bulk_bytes = 8'000});
  Campaign campaign(script, disk_after(script, script.steps().size()), script.last_sequence());
  const auto tables = names(campaign.contents(), ".ldb");
  REQUIRE(!tables.empty());
  std::size_t bytes = 0;
  for (const std::string& table : tables) bytes += campaign.contents().at(table).size();
  for (const std::string& table : tables) {
    campaign.every_byte(table, "table", stride(997));
    // The end holds the filter, both indexes and the footer.
    const std::string& whole = campaign.contents().at(table);
    in_parallel(600, [&](std::size_t i, const auto& lock) {
      const std::size_t at = whole.size() - 1 - i * stride(5);
      if (at >= whole.size()) return false;
      Contents damaged = campaign.contents();
      damaged[table] = flipped(whole, at, static_cast<unsigned>(i));
      campaign.try_one({"table's end bit flipped", table + std::to_string(at), damaged}, lock);
      return true;
    });
  }
  for (const std::string& manifest : names(campaign.contents(), "MANIFEST")) {
    campaign.every_byte(manifest, "manifest", 1);
  }
  campaign.every_byte("CURRENT", "CURRENT", 1);
  campaign.report("tables");
  CHECK(campaign.tally().count("table bit flipped", Outcome::Refused) > bytes / stride(997) / 2);
  CHECK(campaign.tally().count("table cut", Outcome::Refused) > bytes / stride(997) / 2);
}

TEST_CASE("files that are gone, swapped, old or another's never show as another book") {
  const Script script({.processes = 4, .rounds = 1, .bulk_bytes = 8'000});
  const std::size_t steps = script.steps().size();
  Campaign campaign(script, disk_after(script, steps), script.last_sequence());
  const Contents& now = campaign.contents();
  std::vector<Campaign::Damage> damages;
  for (const auto& [name, bytes] : now) {
    Contents gone = now;
    gone.erase(name);
    damages.push_back({"gone", name, std::move(gone)});
    Contents empty = now;
    empty[name].clear();
    damages.push_back({"empty", name, std::move(empty)});
    for (const auto& [other, others] : now) {
      if (other <= name) continue;
      Contents swapped = now;
      std::swap(swapped[name], swapped[other]);
      damages.push_back({"swapped", name + " with " + other, std::move(swapped)});
    }
  }
  // One file of an earlier day among those of today, and all files but one.
  for (std::size_t day = 1; day < steps; day += 3) {
    const Contents then = disk_after(script, day);
    const std::string when = " of step " + std::to_string(day);
    for (const auto& [name, bytes] : then) {
      Contents mixed = now;
      mixed[name] = bytes;
      damages.push_back({"old copy", name + when, std::move(mixed)});
      if (!now.contains(name)) continue;
      Contents older = then;
      older[name] = now.at(name);
      damages.push_back({"new among old", name + when, std::move(older)});
    }
    Contents both = now;
    both.insert(then.begin(), then.end());
    damages.push_back({"old files beside", when, both});
    both = then;
    both.insert(now.begin(), now.end());
    damages.push_back({"new files beside", when, std::move(both)});
    damages.push_back({"whole disk of an earlier day", when, then});
  }
  in_parallel(damages.size(), [&](std::size_t i, const auto& lock) {
    campaign.try_one(damages.at(i), lock);
    return true;
  });
  campaign.report("files");
  CHECK(damages.size() > 150);
  CHECK(campaign.tally().count("whole disk of an earlier day", Outcome::SuffixLost) > 10);
}
