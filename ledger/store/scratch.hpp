#pragma once

#include <filesystem>
#include <memory>

#include "ledger/store/directory.hpp"
#include "ledger/store/store.hpp"

namespace settled::ledger::store {

/// An empty store on disk for one piece of work, which goes with this. One that a killed process
/// left behind in the same place is removed first.
class ScratchStore {
 public:
  /// `directory` is this one's alone; its parent must exist. Errors: Conflict `store_locked` where
  /// another piece of work has it; those of opening a store and of files.hpp.
  static Result<std::unique_ptr<ScratchStore>> create(const std::filesystem::path& directory);
  ~ScratchStore();
  ScratchStore(const ScratchStore&) = delete;
  ScratchStore& operator=(const ScratchStore&) = delete;

  Store& store() { return *store_; }

 private:
  ScratchStore(std::filesystem::path directory, DirectoryLock lock)
      : directory_(std::move(directory)), lock_(std::move(lock)) {}

  std::filesystem::path directory_;
  DirectoryLock lock_;
  std::unique_ptr<Store> store_;
};

}  // namespace settled::ledger::store
