#include "ledger/store/fail_stop_files.hpp"

#include <memory>
#include <utility>

namespace settled::ledger::store {
namespace {

class FailStopFile final : public leveldb::WritableFile {
 public:
  explicit FailStopFile(std::unique_ptr<leveldb::WritableFile> base) : base_(std::move(base)) {}
  FailStopFile(const FailStopFile&) = delete;
  FailStopFile& operator=(const FailStopFile&) = delete;

  leveldb::Status Append(const leveldb::Slice& data) override {
    return unless_failed([&] { return base_->Append(data); });
  }
  leveldb::Status Flush() override {
    return unless_failed([&] { return base_->Flush(); });
  }
  leveldb::Status Sync() override {
    return unless_failed([&] { return base_->Sync(); });
  }
  // Always passed on, or the file would stay open.
  leveldb::Status Close() override {
    auto closed = base_->Close();
    return failed_.ok() ? closed : failed_;
  }

 private:
  template <typename Operation>
  leveldb::Status unless_failed(Operation operation) {
    if (failed_.ok()) failed_ = operation();
    return failed_;
  }

  const std::unique_ptr<leveldb::WritableFile> base_;
  leveldb::Status failed_;
};

}  // namespace

leveldb::Status FailStopFiles::NewWritableFile(const std::string& path,
                                               leveldb::WritableFile** file) {
  auto status = target()->NewWritableFile(path, file);
  if (status.ok()) *file = new FailStopFile(std::unique_ptr<leveldb::WritableFile>(*file));
  return status;
}

}  // namespace settled::ledger::store
