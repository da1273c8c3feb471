#include <filesystem>
#include <memory>
#include <string>

#include <catch2/catch.hpp>
#include <leveldb/db.h>

#include "ledger/store/leveldb_store.hpp"
#include "ledger/store/store.hpp"
#include "tests/support/fault_env.hpp"
#include "tests/support/memory_disk.hpp"
#include "tests/support/temp_directory.hpp"

using namespace settled;
using namespace settled::ledger::store;
using namespace settled::tests;

namespace {

constexpr std::size_t kBlockBytes = 32'768;

class Disk {
 public:
  Result<std::unique_ptr<Store>> open(leveldb::Env& env) const {
    return open_leveldb(lock_.path(),
                        {.cache_bytes = 1U << 20U, .write_buffer_bytes = 64U << 10U, .env = &env});
  }
  const std::filesystem::path& path() const { return lock_.path(); }

 private:
  TempDirectory lock_;
};

/// One batch that fills a block of the engine's log to its last byte.
Status put_block(Store& store, const std::string& key) {
  // Record header 7, batch header 12, tag 1, lengths 1 + 3.
  Batch batch;
  batch.put(key, std::string(kBlockBytes - 7 - 12 - 1 - 1 - 3 - key.size(), 'v'));
  return store.write(batch, Durability::Synced);
}

Status put(Store& store, const std::string& key, std::size_t bytes, Durability durability) {
  Batch batch;
  batch.put(key, std::string(bytes, 'v'));
  return store.write(batch, durability);
}

std::string newest(const MemoryDisk::Contents& contents, std::string_view part) {
  std::string found;
  for (const auto& [name, bytes] : contents) {
    if (name.find(part) != std::string::npos) found = name;
  }
  return found;
}

void check_refused(const Disk& disk, const MemoryDisk::Contents& contents,
                   const std::string& because) {
  MemoryDisk damaged(contents);
  const auto store = disk.open(damaged);
  REQUIRE(!store.has_value());
  CHECK(store.error().reason == "store_corrupt");
  CHECK_THAT(store.error().detail, Catch::Contains(because));
  // An operator finds what was there.
  CHECK(damaged.contents() == contents);
}

/// LevelDB without what we do before it opens anything, at its strictest.
std::unique_ptr<leveldb::DB> open_alone(const Disk& disk, MemoryDisk& memory) {
  leveldb::Options options;
  options.paranoid_checks = true;
  options.env = &memory;
  leveldb::DB* opened = nullptr;
  REQUIRE(leveldb::DB::Open(options, disk.path().string(), &opened).ok());
  return std::unique_ptr<leveldb::DB>(opened);
}

MemoryDisk::Contents two_blocks(const Disk& disk) {
  MemoryDisk memory;
  const auto store = disk.open(memory).value();
  REQUIRE(put_block(*store, "a"));
  REQUIRE(put_block(*store, "b"));
  auto contents = memory.contents();
  std::string& log = contents.at(newest(contents, ".log"));
  REQUIRE(log.size() == 2 * kBlockBytes);
  log.replace(0, kBlockBytes, kBlockBytes, '\0');
  return contents;
}

}  // namespace

TEST_CASE("a block of zeroes with a whole record behind it is refused") {
  const Disk disk;
  check_refused(disk, two_blocks(disk), "zeroes in its middle");
}

TEST_CASE("LevelDB alone opens such a log, at its strictest, and shows the later record only") {
  const Disk disk;
  MemoryDisk damaged(two_blocks(disk));
  const auto db = open_alone(disk, damaged);
  std::string value;
  // The day that this fails the check has lost one of its reasons.
  CHECK(db->Get({}, "a", &value).IsNotFound());
  CHECK(db->Get({}, "b", &value).ok());
}

TEST_CASE("a tail of zeroes behind the last whole record is the loss of a suffix") {
  const Disk disk;
  MemoryDisk::Contents contents = two_blocks(disk);
  std::string& log = contents.at(newest(contents, ".log"));
  log.assign(log.size(), '\0');
  MemoryDisk damaged(contents);
  CHECK(disk.open(damaged).has_value());
}

TEST_CASE("a log that the manifest names and that is gone is refused") {
  const Disk disk;
  MemoryDisk memory;
  {
    REQUIRE(put(*disk.open(memory).value(), "a", 10, Durability::Synced));
  }
  auto contents = memory.contents();
  REQUIRE(contents.erase(newest(contents, ".log")) == 1);
  check_refused(disk, contents, "is missing");
}

TEST_CASE("an older manifest, by which the engine would drop newer tables, is refused") {
  const Disk disk;
  MemoryDisk memory;
  MemoryDisk::Contents before;
  {
    const auto store = disk.open(memory).value();
    before = memory.contents();
    for (int i = 0; i < 20; ++i) {
      REQUIRE(put(*store, std::to_string(i), 10'000, Durability::Synced));
    }
  }
  auto contents = memory.contents();
  REQUIRE(!newest(contents, ".ldb").empty());
  const std::string manifest = newest(contents, "MANIFEST");
  contents.at(manifest) = before.at(manifest);
  check_refused(disk, contents, "is missing");
}

TEST_CASE(
    "a log of an earlier day under today's name, whose rows would hide newer ones, is refused") {
  const Disk disk;
  MemoryDisk memory;
  REQUIRE(put(*disk.open(memory).value(), "a", 10, Durability::Synced));
  const MemoryDisk::Contents before = memory.contents();
  REQUIRE(put(*disk.open(memory).value(), "a", 20, Durability::Synced));
  {
    REQUIRE(disk.open(memory));
  }  // what was in the log is in a table now
  MemoryDisk::Contents contents = memory.contents();
  contents.at(newest(contents, ".log")) = before.at(newest(before, ".log"));
  check_refused(disk, contents, "another day's");

  MemoryDisk damaged(contents);
  const auto db = open_alone(disk, damaged);
  std::string value;
  // The day that this fails the check has lost one of its reasons.
  REQUIRE(db->Get({}, "a", &value).ok());
  CHECK(value.size() == 10);
}

TEST_CASE("written batches at the end of a full log survive a loss of power if later ones do") {
  const Disk disk;
  MemoryDisk memory;
  FaultEnv env({}, &memory);
  {
    const auto store = disk.open(env).value();
    // Until the first log is full, and a synced one stands in the next.
    for (int i = 0; i < 8; ++i) {
      REQUIRE(put(*store, "w" + std::to_string(i), 10'000, Durability::Written));
    }
    REQUIRE(put(*store, "s", 10, Durability::Synced));
  }
  env.lose_power();
  MemoryDisk after(memory.contents());
  const auto store = disk.open(after).value();
  for (int i = 0; i < 8; ++i) CHECK(store->get("w" + std::to_string(i)).value().has_value());
  CHECK(store->get("s").value().has_value());
}
