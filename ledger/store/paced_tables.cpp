#include "ledger/store/paced_tables.hpp"

#include <cstddef>
#include <memory>

namespace settled::ledger::store {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{256} << 10U;

class PacedTable final : public leveldb::WritableFile {
 public:
  explicit PacedTable(std::unique_ptr<leveldb::WritableFile> base) : base_(std::move(base)) {}
  PacedTable(const PacedTable&) = delete;
  PacedTable& operator=(const PacedTable&) = delete;

  leveldb::Status Append(const leveldb::Slice& data) override {
    auto status = base_->Append(data);
    unsynced_ += data.size();
    if (!status.ok() || unsynced_ < kPieceBytes) return status;
    return Sync();
  }
  leveldb::Status Flush() override { return base_->Flush(); }
  leveldb::Status Sync() override {
    unsynced_ = 0;
    return base_->Sync();
  }
  leveldb::Status Close() override { return base_->Close(); }

 private:
  const std::unique_ptr<leveldb::WritableFile> base_;
  std::size_t unsynced_ = 0;
};

}  // namespace

leveldb::Status PacedTables::NewWritableFile(const std::string& path,
                                             leveldb::WritableFile** file) {
  auto status = target()->NewWritableFile(path, file);
  if (status.ok() && path.ends_with(".ldb")) {
    *file = new PacedTable(std::unique_ptr<leveldb::WritableFile>(*file));
  }
  return status;
}

}  // namespace settled::ledger::store
