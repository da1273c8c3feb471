#pragma once

#include <string>

#include <leveldb/env.h>

namespace settled::ledger::store {

/// The engine's files with tables synced piece by piece while they are written, instead of all at
/// once when they are whole: a commit's sync makes the file system write what else is waiting, and
/// would stand behind 16 MiB of it. A piece's failed sync fails the table. Thread-safe.
class PacedTables final : public leveldb::EnvWrapper {
 public:
  explicit PacedTables(leveldb::Env* base) : EnvWrapper(base) {}

  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override;
};

}  // namespace settled::ledger::store
