#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "ledger/store/store.hpp"
#include "ledger/types/result.hpp"

namespace leveldb {
class Env;
}

namespace settled::ledger::store {

/// Files that the engine holds open at most, its own few (log, manifest, lock) among them.
inline constexpr int kMaxOpenFiles = 512;

struct LevelDbOptions {
  /// Uncompressed table blocks kept in memory for point reads. The write buffers (at most two) and
  /// the tables' indexes come on top.
  std::size_t cache_bytes = std::size_t{64} << 20U;
  /// What is gathered in memory before it becomes a table; 64 KiB at least. README.md says why 16
  /// MiB; tests take less to see tables made.
  std::size_t write_buffer_bytes = std::size_t{16} << 20U;
  /// Where the engine's files are read and written; the machine's file system when null. Must
  /// outlive the store. The directory itself and its lock are always the machine's.
  leveldb::Env* env = nullptr;
};

/// Opens the store in `directory`, which one process at a time may have. The directory is created
/// where it is missing, its missing parents too, and made readable by its owner only (0700).
///
/// Damage that can be told from a torn last write is refused here and never repaired, and so is
/// every hole in the logs; the loss of their end cannot be told, only an outside checkpoint shows
/// it.
///
/// Errors: Conflict `store_locked` when another process (or this one) has the directory; Corrupt
/// `store_corrupt` when the files contradict themselves; Unavailable `store_open_failed` otherwise
/// (permissions, full disk, I/O). The store's reads fail with Corrupt `store_corrupt`, which
/// poisons the store, or Unavailable `store_read_failed`.
Result<std::unique_ptr<Store>> open_leveldb(const std::filesystem::path& directory,
                                            const LevelDbOptions& options);

}  // namespace settled::ledger::store
