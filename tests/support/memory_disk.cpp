#include "tests/support/memory_disk.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace settled::tests {
namespace {

leveldb::Status no_such(const std::string& path) {
  return leveldb::Status::NotFound(path, "no such file");
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

class MemoryLock final : public leveldb::FileLock {};

}  // namespace

class MemoryReader final : public leveldb::SequentialFile, public leveldb::RandomAccessFile {
 public:
  explicit MemoryReader(std::shared_ptr<MemoryDisk::File> file) : file_(std::move(file)) {}

  leveldb::Status Read(std::size_t size, leveldb::Slice* result, char* scratch) override {
    const leveldb::Status status = Read(at_, size, result, scratch);
    at_ += result->size();
    return status;
  }
  leveldb::Status Skip(std::uint64_t size) override {
    at_ += size;
    return leveldb::Status::OK();
  }
  leveldb::Status Read(std::uint64_t offset, std::size_t size, leveldb::Slice* result,
                       char* scratch) const override {
    const std::scoped_lock lock(file_->mutex);
    const std::size_t from = std::min<std::size_t>(offset, file_->bytes.size());
    const std::size_t count = file_->bytes.copy(scratch, size, from);
    *result = leveldb::Slice(scratch, count);
    return leveldb::Status::OK();
  }

 private:
  const std::shared_ptr<MemoryDisk::File> file_;
  std::uint64_t at_ = 0;
};

class MemoryWriter final : public leveldb::WritableFile {
 public:
  explicit MemoryWriter(std::shared_ptr<MemoryDisk::File> file) : file_(std::move(file)) {}

  leveldb::Status Append(const leveldb::Slice& data) override {
    const std::scoped_lock lock(file_->mutex);
    file_->bytes.append(data.data(), data.size());
    return leveldb::Status::OK();
  }
  leveldb::Status Flush() override { return leveldb::Status::OK(); }
  leveldb::Status Sync() override { return leveldb::Status::OK(); }
  leveldb::Status Close() override { return leveldb::Status::OK(); }

 private:
  const std::shared_ptr<MemoryDisk::File> file_;
};

MemoryDisk::MemoryDisk(const Contents& contents) : EnvWrapper(leveldb::Env::Default()) {
  for (const auto& [name, bytes] : contents) {
    auto file = std::make_shared<File>();
    file->bytes = bytes;
    files_.emplace(name, std::move(file));
  }
}

MemoryDisk::Contents MemoryDisk::contents() const {
  const std::scoped_lock lock(mutex_);
  Contents contents;
  for (const auto& [name, file] : files_) {
    const std::scoped_lock file_lock(file->mutex);
    contents.emplace(name, file->bytes);
  }
  return contents;
}

std::shared_ptr<MemoryDisk::File> MemoryDisk::find(const std::string& path) const {
  const std::scoped_lock lock(mutex_);
  const auto found = files_.find(name_of(path));
  return found == files_.end() ? nullptr : found->second;
}

leveldb::Status MemoryDisk::NewSequentialFile(const std::string& path,
                                              leveldb::SequentialFile** file) {
  auto found = find(path);
  *file = found ? new MemoryReader(std::move(found)) : nullptr;
  return *file == nullptr ? no_such(path) : leveldb::Status::OK();
}

leveldb::Status MemoryDisk::NewRandomAccessFile(const std::string& path,
                                                leveldb::RandomAccessFile** file) {
  auto found = find(path);
  *file = found ? new MemoryReader(std::move(found)) : nullptr;
  return *file == nullptr ? no_such(path) : leveldb::Status::OK();
}

leveldb::Status MemoryDisk::NewWritableFile(const std::string& path, leveldb::WritableFile** file) {
  const std::scoped_lock lock(mutex_);
  auto fresh = std::make_shared<File>();
  files_[name_of(path)] = fresh;
  *file = new MemoryWriter(std::move(fresh));
  return leveldb::Status::OK();
}

leveldb::Status MemoryDisk::NewAppendableFile(const std::string& path,
                                              leveldb::WritableFile** file) {
  const std::scoped_lock lock(mutex_);
  auto& found = files_[name_of(path)];
  if (!found) found = std::make_shared<File>();
  *file = new MemoryWriter(found);
  return leveldb::Status::OK();
}

bool MemoryDisk::FileExists(const std::string& path) {
  return find(path) != nullptr;
}

leveldb::Status MemoryDisk::GetChildren(const std::string& /*directory*/,
                                        std::vector<std::string>* names) {
  names->clear();
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, file] : files_) names->push_back(name);
  return leveldb::Status::OK();
}

leveldb::Status MemoryDisk::RemoveFile(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  return files_.erase(name_of(path)) == 1 ? leveldb::Status::OK() : no_such(path);
}

leveldb::Status MemoryDisk::CreateDir(const std::string& /*path*/) {
  return leveldb::Status::OK();
}

leveldb::Status MemoryDisk::RemoveDir(const std::string& /*path*/) {
  return leveldb::Status::OK();
}

leveldb::Status MemoryDisk::GetFileSize(const std::string& path, std::uint64_t* size) {
  const auto found = find(path);
  *size = 0;
  if (!found) return no_such(path);
  const std::scoped_lock lock(found->mutex);
  *size = found->bytes.size();
  return leveldb::Status::OK();
}

leveldb::Status MemoryDisk::RenameFile(const std::string& from, const std::string& to) {
  const std::scoped_lock lock(mutex_);
  auto found = files_.extract(name_of(from));
  if (!found) return no_such(from);
  files_[name_of(to)] = std::move(found.mapped());
  return leveldb::Status::OK();
}

leveldb::Status MemoryDisk::LockFile(const std::string& /*path*/, leveldb::FileLock** lock) {
  *lock = new MemoryLock();
  return leveldb::Status::OK();
}

leveldb::Status MemoryDisk::UnlockFile(leveldb::FileLock* lock) {
  delete lock;
  return leveldb::Status::OK();
}

leveldb::Status MemoryDisk::NewLogger(const std::string& path, leveldb::Logger** logger) {
  *logger = nullptr;
  return leveldb::Status::NotSupported(path, "no log for people");
}

}  // namespace settled::tests
