#pragma once

#include <atomic>
#include <string>

#include <leveldb/env.h>

namespace settled::ledger::store {

/// The engine's files with one promise more: a log is durable before the next one is begun. LevelDB
/// closes a full log without a sync, so that after a loss of power its end may be missing while the
/// next log's synced batches are there: a hole.
///
/// A sync that fails then has no caller to tell; `failed` does. Thread-safe.
class OrderedLogs final : public leveldb::EnvWrapper {
 public:
  explicit OrderedLogs(leveldb::Env* base) : EnvWrapper(base) {}

  /// Whether a log was closed that could not be made durable.
  bool failed() const { return failed_.load(); }

  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override;

 private:
  friend class OrderedLogFile;
  std::atomic<bool> failed_ = false;
};

}  // namespace settled::ledger::store
