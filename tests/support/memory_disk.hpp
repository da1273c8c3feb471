#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <leveldb/env.h>

namespace settled::tests {

/// A disk in memory of one directory, whatever its path: what an engine writes is a map that a test
/// can copy, damage and open again, thousands of times a second. Nothing reaches the machine's
/// disk. Thread-safe.
class MemoryDisk final : public leveldb::EnvWrapper {
 public:
  /// Bytes of each file by its name.
  using Contents = std::map<std::string, std::string>;

  explicit MemoryDisk(const Contents& contents = {});
  Contents contents() const;

  leveldb::Status NewSequentialFile(const std::string& path,
                                    leveldb::SequentialFile** file) override;
  leveldb::Status NewRandomAccessFile(const std::string& path,
                                      leveldb::RandomAccessFile** file) override;
  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override;
  leveldb::Status NewAppendableFile(const std::string& path, leveldb::WritableFile** file) override;
  bool FileExists(const std::string& path) override;
  leveldb::Status GetChildren(const std::string& directory,
                              std::vector<std::string>* names) override;
  leveldb::Status RemoveFile(const std::string& path) override;
  leveldb::Status CreateDir(const std::string& path) override;
  leveldb::Status RemoveDir(const std::string& path) override;
  leveldb::Status GetFileSize(const std::string& path, std::uint64_t* size) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
  leveldb::Status LockFile(const std::string& path, leveldb::FileLock** lock) override;
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override;
  /// There is no log for people.
  leveldb::Status NewLogger(const std::string& path, leveldb::Logger** logger) override;

 private:
  struct File {
    mutable std::mutex mutex;
    std::string bytes;
  };
  friend class MemoryReader;
  friend class MemoryWriter;

  std::shared_ptr<File> find(const std::string& path) const;

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<File>> files_;
};

}  // namespace settled::tests
