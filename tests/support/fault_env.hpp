#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <string>

#include <leveldb/env.h>

namespace settled::tests {

/// How an operation of the disk fails, and which operations can fail so.
enum class FaultKind {
  Error,        ///< append, flush, sync, create, rename, remove: nothing is done, IOError returned
  TornWrite,    ///< append: a seeded part of the bytes is written, IOError returned
  DroppedSync,  ///< sync: nothing is made durable, OK returned (a disk that lies)
  /// Append, sync, create, rename, remove: nothing is done, OK returned.
  Dropped,
};
inline constexpr FaultKind kFaultKinds[] = {FaultKind::Error, FaultKind::TornWrite,
                                            FaultKind::DroppedSync, FaultKind::Dropped};

/// Whether the engine is told of the fault, so that nothing at all may be lost by it.
constexpr bool is_told(FaultKind kind) {
  return kind == FaultKind::Error || kind == FaultKind::TornWrite;
}

/// One fault and a size of the disk. The same plan over the same operations does the same.
struct FaultPlan {
  FaultKind kind = FaultKind::Error;
  std::uint64_t operation = 0;  ///< counted from 1 among those that `kind` names; 0 is never
  bool lasting = false;         ///< every later operation that `kind` names fails too
  std::uint64_t seed = 0;       ///< decides where a write is torn
  /// Appends past so many bytes in all write what fits and fail; removing files frees nothing.
  std::uint64_t capacity_bytes = std::numeric_limits<std::uint64_t>::max();

  /// Any of the faults of a run of about `operations` operations.
  static FaultPlan from_seed(std::uint64_t seed, std::uint64_t operations);
};

/// A disk that fails by plan, and that can lose power. Reads always succeed. Nothing reaches the
/// machine's disk by fsync; what a sync would have saved is counted instead, which makes runs fast
/// and `lose_power` exact. Thread-safe.
class FaultEnv final : public leveldb::EnvWrapper {
 public:
  explicit FaultEnv(FaultPlan plan, leveldb::Env* base = leveldb::Env::Default())
      : EnvWrapper(base), plan_(plan) {}

  /// From here on nothing reaches the disk, and whoever writes is told OK: what a process does
  /// behind this, closing its files in order included, never was.
  void cut_power();

  /// Cuts every file back to what was synced; a file that never was stays, empty. Names of files
  /// survive, as on file systems that journal them. REQUIRES: no file is open for writing.
  void lose_power();

  /// How many operations that `kind` names have been asked for.
  std::uint64_t operations(FaultKind kind) const;
  /// Whether the plan has struck: its operation came, or the disk is full.
  bool fired() const { return fired_.load(); }

  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override;
  leveldb::Status NewAppendableFile(const std::string& path, leveldb::WritableFile** file) override;
  leveldb::Status RemoveFile(const std::string& path) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;

 private:
  friend class FaultFile;

  struct Extent {
    std::uint64_t written_bytes = 0;
    std::uint64_t synced_bytes = 0;
  };
  struct Append {
    std::uint64_t bytes = 0;
    leveldb::Status status;
  };

  Append before_append(const std::string& path, std::uint64_t bytes);
  bool drops_sync();
  bool drops();
  void after_sync(const std::string& path);
  leveldb::Status before_change(const std::string& path);
  bool strikes(FaultKind kind);

  const FaultPlan plan_;
  std::atomic<bool> fired_ = false;
  std::atomic<bool> dark_ = false;
  mutable std::mutex mutex_;
  std::map<FaultKind, std::uint64_t> counts_;
  std::map<std::string, Extent> files_;
  std::uint64_t appended_bytes_ = 0;
};

}  // namespace settled::tests
