#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <leveldb/env.h>

#include "ledger/book.hpp"
#include "ledger/store/store.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/time.hpp"
#include "tests/support/commands.hpp"
#include "tests/support/memory_disk.hpp"

namespace settled::tests {

/// The time of a step and its entropy depend on its number alone, so that a book that goes on after
/// a crash does what it would have done without one.
class StepClock final : public Clock {
 public:
  Time now() const override { return from_ms(1'800'000'000'000 + 1'000 * step_.load()); }
  void set(std::int64_t step) { step_ = step; }

 private:
  std::atomic<std::int64_t> step_ = 0;
};
class StepRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
  void set(std::int64_t step) { step_ = step; }

 private:
  std::atomic<std::int64_t> step_ = 0;
};

struct Step {
  pb::Command command;
  std::optional<pb::IdempotencyKey> key;
  bool new_process = false;  ///< the book is closed before it and opened again
};

/// A book on a disk, as one process has it.
class OpenBook {
 public:
  /// `lock`: a directory of the machine for the store's lock alone.
  static Result<std::unique_ptr<OpenBook>> open(const std::filesystem::path& lock,
                                                leveldb::Env& env);
  Result<ledger::Applied> apply(const Step& step, std::size_t number);
  ledger::store::Store& store() { return *store_; }
  ledger::Book& book() { return *book_; }

 private:
  OpenBook() = default;

  StepClock clock_;
  StepRandom random_;
  std::unique_ptr<ledger::store::Store> store_;
  std::unique_ptr<ledger::Book> book_;
};

using Rows = std::map<std::string, std::string>;

/// Every row of a store. Error: what the store fails with.
Result<Rows> read_rows(const ledger::store::Reader& reader);

/// A fixed run of real commands: payments, reorganisations, payouts to their end, refusals,
/// repetitions; with what they answered and what they left behind on a disk without faults.
class Script {
 public:
  struct Size {
    int processes = 1;           ///< how often the book is opened
    int rounds = 1;              ///< in each process
    std::size_t bulk_bytes = 0;  ///< of text in every intent
  };
  explicit Script(Size size);

  const std::vector<Step>& steps() const { return steps_; }
  /// The reply as bytes, or the error's reason.
  const std::string& answer(std::size_t step) const { return answers_.at(step); }
  /// The newest log record after so many steps.
  std::uint64_t sequence_after(std::size_t steps) const { return sequences_.at(steps); }
  /// The steps that a book with so many log records has behind it; those that log nothing count
  /// with the one before.
  std::size_t steps_until(std::uint64_t sequence) const;
  /// Every row after that log record.
  const Rows& rows(std::uint64_t sequence) const { return rows_.at(sequence); }
  std::uint64_t last_sequence() const { return sequences_.back(); }

 private:
  friend class Recorder;

  std::vector<Step> steps_;
  std::vector<std::string> answers_;
  std::vector<std::uint64_t> sequences_ = {0};
  std::map<std::uint64_t, Rows> rows_;
};

/// A disk with a book on it, as it is after the first steps.
MemoryDisk::Contents disk_after(const Script& script, std::size_t steps);

/// As `Script::answer`.
std::string answer_of(const Result<ledger::Applied>& applied);

}  // namespace settled::tests
