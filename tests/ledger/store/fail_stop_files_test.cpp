#include "ledger/store/fail_stop_files.hpp"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include <catch2/catch.hpp>
#include <leveldb/db.h>

#include "tests/support/fault_env.hpp"
#include "tests/support/temp_directory.hpp"

namespace settled::ledger::store {
namespace {

using tests::FaultEnv;
using tests::FaultKind;

std::unique_ptr<leveldb::WritableFile> create(leveldb::Env& env, const std::string& path) {
  leveldb::WritableFile* file = nullptr;
  REQUIRE(env.NewWritableFile(path, &file).ok());
  return std::unique_ptr<leveldb::WritableFile>(file);
}

std::string contents(const std::string& path) {
  std::string bytes;
  REQUIRE(leveldb::ReadFileToString(leveldb::Env::Default(), path, &bytes).ok());
  return bytes;
}

/// A disk on which the engine stops at the table of a number until it is told to go on, and which
/// then tears one record of the manifest.
class StagedDisk final : public leveldb::EnvWrapper {
 public:
  explicit StagedDisk(int stop_at) : EnvWrapper(leveldb::Env::Default()), stop_at_(stop_at) {}

  /// How many logs were begun: one at the opening, and one for each full memory table.
  int logs() const { return logs_; }
  bool torn() const { return torn_; }

  void wait_until_stopped() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return tables_ == stop_at_; });
  }
  void go_on_and_tear_the_manifest() {
    const std::scoped_lock lock(mutex_);
    goes_on_ = tear_ = true;
    changed_.notify_all();
  }
  void wait_for_background_work() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return works_ == 0; });
  }

  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override {
    if (path.ends_with(".log")) ++logs_;
    if (path.ends_with(".ldb")) count_table();
    auto status = target()->NewWritableFile(path, file);
    if (status.ok() && path.find("MANIFEST") != std::string::npos) {
      *file = new Manifest(*this, std::unique_ptr<leveldb::WritableFile>(*file));
    }
    return status;
  }

  void Schedule(void (*work)(void*), void* argument) override {
    {
      const std::scoped_lock lock(mutex_);
      ++works_;
    }
    target()->Schedule(
        [](void* raw) {
          const std::unique_ptr<Work> own(static_cast<Work*>(raw));
          own->work(own->argument);
          const std::scoped_lock lock(own->disk.mutex_);
          --own->disk.works_;
          own->disk.changed_.notify_all();
        },
        new Work{*this, work, argument});
  }

 private:
  struct Work {
    StagedDisk& disk;
    void (*work)(void*);
    void* argument;
  };

  class Manifest final : public leveldb::WritableFile {
   public:
    Manifest(StagedDisk& disk, std::unique_ptr<leveldb::WritableFile> base)
        : disk_(disk), base_(std::move(base)) {}
    leveldb::Status Append(const leveldb::Slice& data) override {
      constexpr std::size_t kRecordHeader = 7;
      if (data.size() == kRecordHeader || !disk_.tears()) return base_->Append(data);
      const auto half = base_->Append({data.data(), data.size() / 2});
      return half.ok() ? leveldb::Status::IOError("torn") : half;
    }
    leveldb::Status Flush() override { return base_->Flush(); }
    leveldb::Status Sync() override { return base_->Sync(); }
    leveldb::Status Close() override { return base_->Close(); }

   private:
    StagedDisk& disk_;
    const std::unique_ptr<leveldb::WritableFile> base_;
  };

  void count_table() {
    std::unique_lock lock(mutex_);
    if (++tables_ != stop_at_) return;
    changed_.notify_all();
    changed_.wait(lock, [&] { return goes_on_; });
  }
  bool tears() {
    const std::scoped_lock lock(mutex_);
    if (!tear_) return false;
    tear_ = false;
    torn_ = true;
    return true;
  }

  const int stop_at_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int tables_ = 0;
  int works_ = 0;
  bool goes_on_ = false;
  bool tear_ = false;
  std::atomic<int> logs_ = 0;
  std::atomic<bool> torn_ = false;
};

std::unique_ptr<leveldb::DB> open(const std::string& path, leveldb::Env* env,
                                  leveldb::Status& status) {
  leveldb::Options options;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.write_buffer_size = std::size_t{64} << 10U;
  options.env = env;
  leveldb::DB* db = nullptr;
  status = leveldb::DB::Open(options, path, &db);
  return std::unique_ptr<leveldb::DB>(db);
}

/// Of the tables of memory the first goes to level 2, the next above it to level 1, and four make
/// a compaction of level 0, which begins the seventh table.
constexpr int kTablesOfMemory = 6;

/// Tears the manifest's record of a memory table that is made durable in the middle of a
/// compaction; how a later start finds the store. `newest` is what was acknowledged last.
leveldb::Status tear_in_a_compaction(const std::string& path, StagedDisk& disk, leveldb::Env& env,
                                     int& newest) {
  leveldb::Status status;
  auto db = open(path, &env, status);
  REQUIRE(status.ok());
  const auto fill = [&](int tables) {
    while (disk.logs() <= tables) {
      leveldb::WriteOptions synced;
      synced.sync = true;
      ++newest;
      REQUIRE(db->Put(synced, std::to_string(newest % 10), std::to_string(newest)).ok());
      REQUIRE(db->Put(synced, "bulk" + std::to_string(newest % 10), std::string(900, 'b')).ok());
    }
  };
  fill(kTablesOfMemory);
  disk.wait_until_stopped();
  fill(kTablesOfMemory + 1);
  disk.go_on_and_tear_the_manifest();
  disk.wait_for_background_work();
  db.reset();
  REQUIRE(disk.torn());
  open(path, leveldb::Env::Default(), status);
  return status;
}

TEST_CASE("LevelDB writes behind a torn record of its manifest, and here it cannot") {
  const tests::TempDirectory folder;
  int newest = 0;
  {
    StagedDisk disk(kTablesOfMemory + 1);
    const auto found = tear_in_a_compaction(folder.path() / "leveldb", disk, disk, newest);
    CHECK(found.ToString() == "Corruption: checksum mismatch");
  }
  newest = 0;
  const auto path = folder.path() / "ours";
  {
    StagedDisk disk(kTablesOfMemory + 1);
    FailStopFiles files(&disk);
    CHECK(tear_in_a_compaction(path, disk, files, newest).ok());
  }
  leveldb::Status status;
  const auto db = open(path, leveldb::Env::Default(), status);
  REQUIRE(status.ok());
  for (int i = newest; i > newest - 10; --i) {
    std::string value;
    REQUIRE(db->Get({}, std::to_string(i % 10), &value).ok());
    CHECK(value == std::to_string(i));
  }
}

TEST_CASE("What an append left torn is never appended to, and other files go on") {
  const tests::TempDirectory folder;
  const std::string path = folder.path() / "MANIFEST-000002";
  FaultEnv disk{{.kind = FaultKind::TornWrite, .operation = 2, .seed = 5}};
  FailStopFiles files(&disk);
  auto file = create(files, path);
  REQUIRE(file->Append("whole,").ok());
  const auto torn = file->Append(std::string(100, 't'));
  REQUIRE(torn.IsIOError());

  CHECK(file->Append("behind").ToString() == torn.ToString());
  CHECK(file->Flush().ToString() == torn.ToString());
  CHECK(file->Sync().ToString() == torn.ToString());
  CHECK(file->Close().ToString() == torn.ToString());
  file.reset();
  const std::string left = contents(path);
  CHECK(left.starts_with("whole,"));
  CHECK(left.find("behind") == std::string::npos);

  auto other = create(files, folder.path() / "000007.ldb");
  CHECK(other->Append("other").ok());
  CHECK(other->Sync().ok());
  CHECK(other->Close().ok());
}

TEST_CASE("A sync that failed is never followed by one that succeeds") {
  const tests::TempDirectory folder;
  const int create_and_append = 2;
  FaultEnv disk{{.kind = FaultKind::Error, .operation = create_and_append + 1}};
  FailStopFiles files(&disk);
  const auto file = create(files, folder.path() / "000003.log");
  REQUIRE(file->Append("unsynced").ok());
  REQUIRE(file->Sync().IsIOError());
  CHECK(disk.fired());
  CHECK(file->Sync().IsIOError());
  CHECK(file->Append("more").IsIOError());
}

}  // namespace
}  // namespace settled::ledger::store
