#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "ledger/store/leveldb_store.hpp"
#include "ledger/store/store.hpp"
#include "tests/support/temp_directory.hpp"

using settled::Errc;
using settled::Status;
using settled::ledger::store::Batch;
using settled::ledger::store::Durability;
using settled::ledger::store::LevelDbOptions;
using settled::ledger::store::open_leveldb;
using settled::ledger::store::Store;
using settled::tests::TempDirectory;

namespace {

namespace fs = std::filesystem;

constexpr int kRecords = 400;
const LevelDbOptions kOptions{.cache_bytes = 1U << 20U};

std::string key(int i) {
  return std::to_string(1000 + i);
}

std::unique_ptr<Store> open(const fs::path& directory) {
  auto store = open_leveldb(directory, kOptions);
  REQUIRE(store.has_value());
  return *std::move(store);
}

Status put(Store& store, const std::string& key, const std::string& value) {
  Batch batch;
  batch.put(key, value);
  return store.write(batch, Durability::Synced);
}

// Leaves kRecords records, in a log after one opening and in a table after two.
void fill(const fs::path& directory, int openings) {
  {
    const auto store = open(directory);
    for (int i = 0; i < kRecords; ++i) REQUIRE(put(*store, key(i), std::string(100, 'v')));
  }
  for (int i = 1; i < openings; ++i) open(directory);
}

fs::path only_file(const fs::path& directory, const std::string& extension) {
  fs::path found;
  std::uintmax_t size = 0;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == extension && entry.file_size() > size) {
      found = entry.path();
      size = entry.file_size();
    }
  }
  REQUIRE(!found.empty());
  return found;
}

void flip_bit(const fs::path& file, std::uintmax_t offset) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(offset));
  const int byte = stream.get();
  REQUIRE(byte >= 0);
  stream.seekp(static_cast<std::streamoff>(offset));
  stream.put(static_cast<char>(byte ^ 0x10));
  REQUIRE(stream.good());
}

void check_refused(const fs::path& directory) {
  const auto store = open_leveldb(directory, kOptions);
  REQUIRE(!store.has_value());
  CHECK(store.error().code == Errc::Corrupt);
  CHECK(store.error().reason == "store_corrupt");
}

void check_poisoned(Store& store) {
  CHECK(store.poisoned());
  const Status refused = put(store, "after", "x");
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code == Errc::Corrupt);
  CHECK(refused.error().reason == "store_poisoned");
}

}  // namespace

TEST_CASE("a flipped bit anywhere in the log refuses to open") {
  for (const unsigned percent : {0U, 30U, 50U, 99U}) {
    CAPTURE(percent);
    const TempDirectory directory;
    fill(directory.path(), 1);
    const fs::path log = only_file(directory.path(), ".log");
    // Past the length of the first record's header, which would pass for a torn last write.
    flip_bit(log, fs::file_size(log) * percent / 100 + (percent == 0 ? 20 : 0));
    check_refused(directory.path());
    // Refusing must not have repaired anything.
    check_refused(directory.path());
  }
}

TEST_CASE("zeroes over the end of the log refuse to open") {
  const TempDirectory directory;
  fill(directory.path(), 1);
  const fs::path log = only_file(directory.path(), ".log");
  const auto size = fs::file_size(log);
  fs::resize_file(log, size - 8192);
  fs::resize_file(log, size);
  check_refused(directory.path());
}

TEST_CASE("a cut tail opens with a prefix of what was written") {
  const TempDirectory directory;
  fill(directory.path(), 1);
  const fs::path log = only_file(directory.path(), ".log");
  fs::resize_file(log, fs::file_size(log) - 100);
  const auto store = open(directory.path());
  CHECK(store->get(key(kRecords - 2)).value().has_value());
  CHECK(!store->get(key(kRecords - 1)).value().has_value());
}

TEST_CASE("a flipped bit in a table fails the reads that meet it and poisons the store") {
  const TempDirectory directory;
  fill(directory.path(), 2);
  flip_bit(only_file(directory.path(), ".ldb"), 10'000);

  SECTION("a point read") {
    const auto store = open(directory.path());
    REQUIRE(put(*store, "before", "x"));
    int failed = 0;
    for (int i = 0; i < kRecords; ++i) {
      const auto value = store->get(key(i));
      if (value) {
        CHECK(value->value_or("") == std::string(100, 'v'));
      } else {
        CHECK(value.error().code == Errc::Corrupt);
        CHECK(value.error().reason == "store_corrupt");
        ++failed;
      }
    }
    CHECK(failed > 0);
    check_poisoned(*store);
    CHECK(store->get("before").value() == "x");
  }
  SECTION("a scan, which shows nothing behind the hole") {
    const auto store = open(directory.path());
    int expected = 0;
    const Status scanned =
        store->scan(key(0), key(kRecords), [&](std::string_view found, std::string_view) {
          CHECK(found == key(expected++));
          return true;
        });
    REQUIRE(!scanned.has_value());
    CHECK(scanned.error().reason == "store_corrupt");
    CHECK(expected < kRecords);
    check_poisoned(*store);
  }
  SECTION("a scan in reverse") {
    const auto store = open(directory.path());
    int expected = kRecords;
    const Status scanned =
        store->scan_reverse(key(0), key(kRecords), [&](std::string_view found, std::string_view) {
          CHECK(found == key(--expected));
          return true;
        });
    REQUIRE(!scanned.has_value());
    CHECK(scanned.error().reason == "store_corrupt");
    check_poisoned(*store);
  }
  SECTION("a read through a snapshot") {
    const auto store = open(directory.path());
    const auto snapshot = store->snapshot();
    CHECK(!snapshot->scan(key(0), key(kRecords), [](auto, auto) { return true; }).has_value());
    check_poisoned(*store);
  }
}

TEST_CASE("a damaged end of a table, where its index is, fails reads") {
  const TempDirectory directory;
  fill(directory.path(), 2);
  const fs::path table = only_file(directory.path(), ".ldb");
  flip_bit(table, fs::file_size(table) - 3);
  const auto store = open_leveldb(directory.path(), kOptions);
  if (!store) {
    CHECK(store.error().reason == "store_corrupt");
    return;
  }
  CHECK((*store)->get(key(7)).error().reason == "store_corrupt");
  check_poisoned(**store);
}

TEST_CASE("a table that vanishes under an open store is an error and not an absent key") {
  const TempDirectory directory;
  fill(directory.path(), 2);
  const auto store = open(directory.path());
  fs::remove(only_file(directory.path(), ".ldb"));
  const auto value = store->get(key(7));
  REQUIRE(!value.has_value());
  CHECK(value.error().reason == "store_corrupt");
  check_poisoned(*store);
}

TEST_CASE("missing or damaged files of the engine refuse to open") {
  const TempDirectory directory;
  fill(directory.path(), 2);
  SECTION("a table") {
    fs::remove(only_file(directory.path(), ".ldb"));
  }
  SECTION("the name of the manifest") {
    std::ofstream(directory.path() / "CURRENT", std::ios::trunc) << "MANIFEST-9";
  }
  SECTION("all of the manifest's name") {
    fs::resize_file(directory.path() / "CURRENT", 0);
  }
  SECTION("the manifest") {
    for (const auto& entry : fs::directory_iterator(directory.path())) {
      if (entry.path().filename().string().starts_with("MANIFEST")) flip_bit(entry.path(), 30);
    }
  }
  SECTION("CURRENT, without which the engine would start afresh and delete the tables") {
    fs::remove(directory.path() / "CURRENT");
    check_refused(directory.path());
    CHECK(fs::exists(only_file(directory.path(), ".ldb")));
  }
  check_refused(directory.path());
}
