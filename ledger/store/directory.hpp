#pragma once

#include <filesystem>
#include <optional>
#include <sys/types.h>

#include "ledger/types/result.hpp"

namespace settled::ledger::store {

/// Creates `directory` and its missing parents with mode 0700, durably, and takes other users'
/// rights from `directory` where it exists. Errors: Unavailable `store_open_failed`.
Status create_private_directory(const std::filesystem::path& directory);

/// Sole ownership of a directory, among processes and within one, until destroyed.
///
/// An flock on the directory, because the engine's own fcntl lock guards less: a second attempt
/// from the same process closes a descriptor of the lock file, by which the kernel drops the
/// process's lock (fcntl(2)), and a second process renames the owner's LOG before it is refused.
class DirectoryLock {
 public:
  /// Errors: Conflict `store_locked`, Unavailable `store_open_failed`.
  static Result<DirectoryLock> take(const std::filesystem::path& directory);

  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

  /// Makes the directory's entries durable. Errors: Unavailable `store_open_failed`.
  Status sync() const;

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

/// The process that holds a fcntl lock on `file`, if another one does. REQUIRES: this process holds
/// no such lock on it, since asking would drop it.
std::optional<pid_t> lock_owner(const std::filesystem::path& file);

}  // namespace settled::ledger::store
