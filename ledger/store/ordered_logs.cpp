#include "ledger/store/ordered_logs.hpp"

#include <memory>
#include <utility>

namespace settled::ledger::store {

class OrderedLogFile final : public leveldb::WritableFile {
 public:
  OrderedLogFile(OrderedLogs& logs, std::unique_ptr<leveldb::WritableFile> base)
      : logs_(logs), base_(std::move(base)) {}
  OrderedLogFile(const OrderedLogFile&) = delete;
  OrderedLogFile& operator=(const OrderedLogFile&) = delete;
  // The engine destroys its log without closing it.
  ~OrderedLogFile() override {
    if (!Close().ok()) logs_.failed_.store(true);
  }

  leveldb::Status Append(const leveldb::Slice& data) override {
    unsynced_ = true;
    return base_->Append(data);
  }
  leveldb::Status Flush() override { return base_->Flush(); }
  leveldb::Status Sync() override {
    auto status = base_->Sync();
    // After a failed sync another one proves nothing, and whoever asked for it has been told.
    unsynced_ = false;
    return status;
  }
  leveldb::Status Close() override {
    if (std::exchange(closed_, true)) return leveldb::Status::OK();
    leveldb::Status synced = unsynced_ ? Sync() : leveldb::Status::OK();
    leveldb::Status closed = base_->Close();
    return synced.ok() ? closed : synced;
  }

 private:
  OrderedLogs& logs_;
  const std::unique_ptr<leveldb::WritableFile> base_;
  bool unsynced_ = false;
  bool closed_ = false;
};

leveldb::Status OrderedLogs::NewWritableFile(const std::string& path,
                                             leveldb::WritableFile** file) {
  auto status = target()->NewWritableFile(path, file);
  if (status.ok() && path.ends_with(".log")) {
    *file = new OrderedLogFile(*this, std::unique_ptr<leveldb::WritableFile>(*file));
  }
  return status;
}

}  // namespace settled::ledger::store
