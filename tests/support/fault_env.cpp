#include "tests/support/fault_env.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <random>
#include <utility>

namespace settled::tests {

FaultPlan FaultPlan::from_seed(std::uint64_t seed, std::uint64_t operations) {
  std::mt19937_64 random(seed);
  FaultPlan plan;
  plan.kind = kFaultKinds[random() % std::size(kFaultKinds)];
  plan.operation = 1 + random() % operations;
  plan.lasting = random() % 2 == 0;
  plan.seed = random();
  return plan;
}

// A file that was never made, though its owner was told that it was.
class LostFile final : public leveldb::WritableFile {
 public:
  leveldb::Status Append(const leveldb::Slice& /*data*/) override { return leveldb::Status::OK(); }
  leveldb::Status Flush() override { return leveldb::Status::OK(); }
  leveldb::Status Sync() override { return leveldb::Status::OK(); }
  leveldb::Status Close() override { return leveldb::Status::OK(); }
};

class FaultFile final : public leveldb::WritableFile {
 public:
  FaultFile(FaultEnv& env, std::string path, std::unique_ptr<leveldb::WritableFile> base)
      : env_(env), path_(std::move(path)), base_(std::move(base)) {}

  leveldb::Status Append(const leveldb::Slice& data) override {
    const auto append = env_.before_append(path_, data.size());
    if (append.bytes > 0) {
      const auto written = base_->Append({data.data(), append.bytes});
      if (!written.ok()) return written;
    }
    return append.status;
  }

  leveldb::Status Flush() override {
    if (auto status = env_.before_change(path_); !status.ok()) return status;
    return base_->Flush();
  }

  leveldb::Status Sync() override {
    if (auto status = env_.before_change(path_); !status.ok()) return status;
    const bool dropped = env_.drops_sync() || env_.drops();
    auto status = base_->Flush();
    if (status.ok() && !dropped) env_.after_sync(path_);
    return status;
  }

  leveldb::Status Close() override { return base_->Close(); }

 private:
  FaultEnv& env_;
  const std::string path_;
  const std::unique_ptr<leveldb::WritableFile> base_;
};

void FaultEnv::cut_power() {
  dark_ = true;
  fired_ = true;
}

void FaultEnv::lose_power() {
  const std::scoped_lock lock(mutex_);
  for (auto& [path, extent] : files_) {
    extent.written_bytes = extent.synced_bytes;
    std::string bytes;
    if (!leveldb::ReadFileToString(target(), path, &bytes).ok()) continue;
    bytes.resize(extent.synced_bytes);
    leveldb::WriteStringToFile(target(), bytes, path);
  }
}

std::uint64_t FaultEnv::operations(FaultKind kind) const {
  const std::scoped_lock lock(mutex_);
  const auto found = counts_.find(kind);
  return found == counts_.end() ? 0 : found->second;
}

leveldb::Status FaultEnv::NewWritableFile(const std::string& path, leveldb::WritableFile** file) {
  *file = nullptr;
  if (auto status = before_change(path); !status.ok()) return status;
  if (drops()) {
    *file = new LostFile();
    return leveldb::Status::OK();
  }
  leveldb::WritableFile* base = nullptr;
  if (auto status = target()->NewWritableFile(path, &base); !status.ok()) return status;
  *file = new FaultFile(*this, path, std::unique_ptr<leveldb::WritableFile>(base));
  const std::scoped_lock lock(mutex_);
  files_[path] = Extent{};
  return leveldb::Status::OK();
}

leveldb::Status FaultEnv::NewAppendableFile(const std::string& path, leveldb::WritableFile** file) {
  *file = nullptr;
  if (auto status = before_change(path); !status.ok()) return status;
  leveldb::WritableFile* base = nullptr;
  if (auto status = target()->NewAppendableFile(path, &base); !status.ok()) return status;
  *file = new FaultFile(*this, path, std::unique_ptr<leveldb::WritableFile>(base));
  std::uint64_t size = 0;
  if (auto status = target()->GetFileSize(path, &size); !status.ok()) return status;
  const std::scoped_lock lock(mutex_);
  files_.try_emplace(path, Extent{.written_bytes = size, .synced_bytes = size});
  return leveldb::Status::OK();
}

leveldb::Status FaultEnv::RemoveFile(const std::string& path) {
  if (auto status = before_change(path); !status.ok()) return status;
  if (drops()) return leveldb::Status::OK();
  auto status = target()->RemoveFile(path);
  const std::scoped_lock lock(mutex_);
  if (status.ok()) files_.erase(path);
  return status;
}

leveldb::Status FaultEnv::RenameFile(const std::string& from, const std::string& to) {
  if (auto status = before_change(from); !status.ok()) return status;
  if (drops()) return leveldb::Status::OK();
  auto status = target()->RenameFile(from, to);
  const std::scoped_lock lock(mutex_);
  if (auto extent = files_.extract(from); status.ok() && extent) {
    files_[to] = extent.mapped();
  }
  return status;
}

FaultEnv::Append FaultEnv::before_append(const std::string& path, std::uint64_t bytes) {
  if (auto status = before_change(path); !status.ok()) return {.bytes = 0, .status = status};
  const std::scoped_lock lock(mutex_);
  if (strikes(FaultKind::Dropped)) return {.bytes = 0, .status = leveldb::Status::OK()};
  Append append{.bytes = bytes, .status = leveldb::Status::OK()};
  if (strikes(FaultKind::TornWrite)) {
    std::mt19937_64 random(plan_.seed + counts_[FaultKind::TornWrite]);
    append = {.bytes = bytes == 0 ? 0 : random() % bytes,
              .status = leveldb::Status::IOError(path, "injected torn write")};
  }
  if (const auto room = plan_.capacity_bytes - appended_bytes_; append.bytes > room) {
    fired_ = true;
    append = {.bytes = room, .status = leveldb::Status::IOError(path, "injected full disk")};
  }
  appended_bytes_ += append.bytes;
  files_[path].written_bytes += append.bytes;
  return append;
}

bool FaultEnv::drops_sync() {
  const std::scoped_lock lock(mutex_);
  return strikes(FaultKind::DroppedSync);
}

bool FaultEnv::drops() {
  const std::scoped_lock lock(mutex_);
  return strikes(FaultKind::Dropped);
}

void FaultEnv::after_sync(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  Extent& extent = files_[path];
  extent.synced_bytes = extent.written_bytes;
}

leveldb::Status FaultEnv::before_change(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  if (strikes(FaultKind::Error)) return leveldb::Status::IOError(path, "injected error");
  return leveldb::Status::OK();
}

bool FaultEnv::strikes(FaultKind kind) {
  const std::uint64_t number = ++counts_[kind];
  if (dark_) return kind == FaultKind::Dropped;
  if (plan_.operation == 0 || kind != plan_.kind) return false;
  const bool struck = number == plan_.operation || (plan_.lasting && number > plan_.operation);
  if (struck) fired_ = true;
  return struck;
}

}  // namespace settled::tests
