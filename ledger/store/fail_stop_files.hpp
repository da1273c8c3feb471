#pragma once

#include <string>

#include <leveldb/env.h>

namespace settled::ledger::store {

/// The engine's files, of which one that failed once fails for ever: what an append left torn is
/// never appended to, and a sync that failed is never followed by one that succeeds. LevelDB itself
/// goes on after some failures. Thread-safe; a file is for one thread at a time.
class FailStopFiles final : public leveldb::EnvWrapper {
 public:
  explicit FailStopFiles(leveldb::Env* base) : EnvWrapper(base) {}

  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override;
};

}  // namespace settled::ledger::store
