#include "ledger/store/leveldb_store.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <leveldb/cache.h>
#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/filter_policy.h>
#include <leveldb/iterator.h>
#include <leveldb/options.h>
#include <leveldb/write_batch.h>

#include "ledger/store/continuity.hpp"
#include "ledger/store/directory.hpp"
#include "ledger/store/fail_stop_files.hpp"
#include "ledger/store/ordered_logs.hpp"
#include "ledger/store/paced_tables.hpp"

namespace settled::ledger::store {
namespace {

namespace fs = std::filesystem;

// README.md tells why these and not others.
constexpr std::size_t kTableFileBytes = std::size_t{16} << 20U;
constexpr int kBloomBitsPerKey = 10;

leveldb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
std::string_view view(const leveldb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

// LevelDB answers NotFound for an absent key and passes on the NotFound of a table file that is
// gone. Only the former comes without a text.
bool key_is_absent(const leveldb::Status& status) {
  static const std::string kAbsent = leveldb::Status::NotFound(leveldb::Slice()).ToString();
  return status.IsNotFound() && status.ToString() == kAbsent;
}

bool contradicts_itself(const leveldb::Status& status) {
  return status.IsCorruption() || status.IsNotFound();
}

class Poison {
 public:
  void set() { set_.store(true); }
  bool is_set() const { return set_.load(); }

 private:
  std::atomic<bool> set_ = false;
};

// What reads of the present and of a snapshot have in common. A null snapshot is the present.
class View {
 public:
  View(leveldb::DB& db, Poison& poison, const leveldb::Snapshot* snapshot)
      : db_(db), poison_(poison) {
    options_.verify_checksums = true;
    options_.snapshot = snapshot;
  }

  Result<std::optional<std::string>> get(std::string_view key) const {
    std::string value;
    const leveldb::Status status = db_.Get(options_, slice(key), &value);
    if (status.ok()) return value;
    if (key_is_absent(status)) return std::nullopt;
    return failed(status);
  }

  Status scan(std::string_view from, std::string_view to, const Reader::Visit& visit) const {
    const auto iterator = new_iterator();
    for (iterator->Seek(slice(from));; iterator->Next()) {
      TRY_OK(check(*iterator));
      if (!iterator->Valid() || view(iterator->key()) >= to) return {};
      if (!visit(view(iterator->key()), view(iterator->value()))) return {};
    }
  }

  Status scan_reverse(std::string_view from, std::string_view to,
                      const Reader::Visit& visit) const {
    const auto iterator = new_iterator();
    iterator->Seek(slice(to));
    TRY_OK(check(*iterator));
    if (iterator->Valid()) {
      iterator->Prev();
    } else {
      iterator->SeekToLast();
    }
    for (;; iterator->Prev()) {
      TRY_OK(check(*iterator));
      if (!iterator->Valid() || view(iterator->key()) < from) return {};
      if (!visit(view(iterator->key()), view(iterator->value()))) return {};
    }
  }

 private:
  // Scans leave the cache to point reads: one long scan would empty it.
  std::unique_ptr<leveldb::Iterator> new_iterator() const {
    leveldb::ReadOptions options = options_;
    options.fill_cache = false;
    return std::unique_ptr<leveldb::Iterator>(db_.NewIterator(options));
  }

  // LevelDB's iterators step over a damaged block and stay valid, so the status is asked before
  // every visit: no visitor sees a key behind a hole.
  Status check(const leveldb::Iterator& iterator) const {
    const leveldb::Status status = iterator.status();
    if (status.ok()) return {};
    return failed(status);
  }

  std::unexpected<Error> failed(const leveldb::Status& status) const {
    if (!contradicts_itself(status)) {
      return fail(Errc::Unavailable, "store_read_failed", status.ToString());
    }
    poison_.set();
    return fail(Errc::Corrupt, "store_corrupt", status.ToString());
  }

  leveldb::DB& db_;
  Poison& poison_;
  leveldb::ReadOptions options_;
};

class LevelDbSnapshot final : public Reader {
 public:
  LevelDbSnapshot(leveldb::DB& db, Poison& poison)
      : db_(db), snapshot_(db.GetSnapshot()), view_(db, poison, snapshot_) {}
  LevelDbSnapshot(const LevelDbSnapshot&) = delete;
  LevelDbSnapshot& operator=(const LevelDbSnapshot&) = delete;
  ~LevelDbSnapshot() override { db_.ReleaseSnapshot(snapshot_); }

  Result<std::optional<std::string>> get(std::string_view key) const override {
    return view_.get(key);
  }
  Status scan(std::string_view from, std::string_view to, const Visit& visit) const override {
    return view_.scan(from, to, visit);
  }
  Status scan_reverse(std::string_view from, std::string_view to,
                      const Visit& visit) const override {
    return view_.scan_reverse(from, to, visit);
  }

 private:
  leveldb::DB& db_;
  const leveldb::Snapshot* snapshot_;
  View view_;
};

// What the engine is given and does not own.
struct EngineParts {
  explicit EngineParts(const LevelDbOptions& options)
      : fail_stop(std::make_unique<FailStopFiles>(
            options.env != nullptr ? options.env : leveldb::Env::Default())),
        tables(std::make_unique<PacedTables>(fail_stop.get())),
        files(std::make_unique<OrderedLogs>(tables.get())),
        cache(leveldb::NewLRUCache(options.cache_bytes)),
        filter(leveldb::NewBloomFilterPolicy(kBloomBitsPerKey)) {}

  std::unique_ptr<FailStopFiles> fail_stop;
  std::unique_ptr<PacedTables> tables;
  std::unique_ptr<OrderedLogs> files;
  std::unique_ptr<leveldb::Cache> cache;
  std::unique_ptr<const leveldb::FilterPolicy> filter;
};

class LevelDbStore final : public Store {
 public:
  LevelDbStore(DirectoryLock lock, EngineParts parts, std::unique_ptr<leveldb::DB> db)
      : lock_(std::move(lock)),
        parts_(std::move(parts)),
        db_(std::move(db)),
        present_(*db_, poison_, nullptr) {}

  Result<std::optional<std::string>> get(std::string_view key) const override {
    return present_.get(key);
  }
  Status scan(std::string_view from, std::string_view to, const Visit& visit) const override {
    return present_.scan(from, to, visit);
  }
  Status scan_reverse(std::string_view from, std::string_view to,
                      const Visit& visit) const override {
    return present_.scan_reverse(from, to, visit);
  }

  Status write(const Batch& batch, Durability durability) override {
    leveldb::WriteBatch operations;
    for (const auto& [key, value] : batch.operations()) {
      if (value) {
        operations.Put(slice(key), slice(*value));
      } else {
        operations.Delete(slice(key));
      }
    }
    leveldb::WriteOptions options;
    options.sync = durability == Durability::Synced;

    // The engine would start the next writer of its queue before the one that failed has returned
    // here and closed the latch. Its group commit across threads is the price.
    const std::scoped_lock turn(write_turn_);
    if (poison_.is_set()) {
      return fail(Errc::Corrupt, "store_poisoned",
                  "the store failed before and takes no more writes; restart the process");
    }
    const leveldb::Status status = db_->Write(options, &operations);
    const bool ordered = !parts_.files->failed();
    if (status.ok() && ordered) return {};
    poison_.set();
    return fail(Errc::Unavailable, "store_write_failed",
                ordered ? status.ToString() : "a full log could not be made durable");
  }

  std::unique_ptr<Reader> snapshot() const override {
    return std::make_unique<LevelDbSnapshot>(*db_, poison_);
  }

  bool poisoned() const override { return poison_.is_set(); }

 private:
  DirectoryLock lock_;
  EngineParts parts_;
  mutable Poison poison_;
  std::mutex write_turn_;
  std::unique_ptr<leveldb::DB> db_;
  View present_;
};

// LevelDB takes a directory without CURRENT for a new one and deletes what it finds there. A first
// start that was interrupted leaves neither tables nor logs, so these mean that CURRENT was lost.
Status refuse_lost_current(leveldb::Env& env, const fs::path& directory) {
  if (env.FileExists((directory / "CURRENT").string())) return {};
  std::vector<std::string> names;
  if (const auto status = env.GetChildren(directory.string(), &names); !status.ok()) {
    return fail(Errc::Unavailable, "store_open_failed",
                directory.string() + ": " + status.ToString());
  }
  for (const std::string& name : names) {
    const fs::path extension = fs::path(name).extension();
    if (extension == ".ldb" || extension == ".sst" || extension == ".log") {
      return fail(
          Errc::Corrupt, "store_corrupt",
          directory.string() + " holds " + name + " but no CURRENT; restore it from a backup");
    }
  }
  return {};
}

leveldb::Options engine_options(const LevelDbOptions& options, const EngineParts& parts) {
  leveldb::Options engine;
  engine.create_if_missing = true;
  engine.paranoid_checks = true;
  engine.compression = leveldb::kNoCompression;
  engine.write_buffer_size = options.write_buffer_bytes;
  engine.max_file_size = kTableFileBytes;
  engine.max_open_files = kMaxOpenFiles;
  engine.block_cache = parts.cache.get();
  engine.filter_policy = parts.filter.get();
  engine.env = parts.files.get();
  return engine;
}

std::unexpected<Error> refused(const fs::path& directory, const leveldb::Status& status) {
  if (contradicts_itself(status)) {
    return fail(Errc::Corrupt, "store_corrupt", directory.string() + ": " + status.ToString());
  }
  // A program that is not ours knows only the engine's own lock.
  if (const auto owner = lock_owner(directory / "LOCK")) {
    return fail(
        Errc::Conflict, "store_locked",
        directory.string() + " is in use by another process, number " + std::to_string(*owner));
  }
  return fail(Errc::Unavailable, "store_open_failed",
              directory.string() + ": " + status.ToString());
}

}  // namespace

Result<std::unique_ptr<Store>> open_leveldb(const fs::path& directory,
                                            const LevelDbOptions& options) {
  TRY_OK(create_private_directory(directory));
  TRY(DirectoryLock lock, DirectoryLock::take(directory));
  EngineParts parts(options);
  TRY_OK(refuse_lost_current(*parts.files, directory));
  TRY_OK(check_continuity(*parts.files, directory.string()));

  leveldb::DB* opened = nullptr;
  const leveldb::Status status =
      leveldb::DB::Open(engine_options(options, parts), directory.string(), &opened);
  std::unique_ptr<leveldb::DB> db(opened);
  if (!status.ok()) return refused(directory, status);

  // The engine renames CURRENT and creates its log without making their names durable.
  TRY_OK(lock.sync());
  return std::make_unique<LevelDbStore>(std::move(lock), std::move(parts), std::move(db));
}

}  // namespace settled::ledger::store
