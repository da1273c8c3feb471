#include "ledger/store/leveldb_store.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <leveldb/db.h>

#include "ledger/store/store.hpp"
#include "tests/support/temp_directory.hpp"

using settled::Errc;
using settled::ledger::store::Batch;
using settled::ledger::store::Durability;
using settled::ledger::store::LevelDbOptions;
using settled::ledger::store::open_leveldb;
using settled::ledger::store::prefix_end;
using settled::ledger::store::Reader;
using settled::ledger::store::Store;
using settled::tests::TempDirectory;

namespace {

namespace fs = std::filesystem;

const LevelDbOptions kOptions{.cache_bytes = 1U << 20U};

std::unique_ptr<Store> open(const fs::path& directory) {
  auto store = open_leveldb(directory, kOptions);
  REQUIRE(store.has_value());
  return *std::move(store);
}

void put(Store& store, std::string key, std::string value) {
  Batch batch;
  batch.put(std::move(key), std::move(value));
  REQUIRE(store.write(batch, Durability::Synced).has_value());
}

std::string get(const Reader& reader, std::string_view key) {
  const auto value = reader.get(key);
  REQUIRE(value.has_value());
  return value->value_or("(absent)");
}

std::string forward(const Reader& reader, std::string_view from, std::string_view to,
                    std::size_t limit = 100) {
  std::string keys;
  REQUIRE(reader
              .scan(from, to,
                    [&](std::string_view key, std::string_view) {
                      keys += key;
                      return keys.size() < limit;
                    })
              .has_value());
  return keys;
}

std::string backward(const Reader& reader, std::string_view from, std::string_view to,
                     std::size_t limit = 100) {
  std::string keys;
  REQUIRE(reader
              .scan_reverse(from, to,
                            [&](std::string_view key, std::string_view) {
                              keys += key;
                              return keys.size() < limit;
                            })
              .has_value());
  return keys;
}

// Runs one hidden test case of this program in a process of its own.
int run_apart(const std::string& test, const fs::path& directory) {
  const std::string program = fs::read_symlink("/proc/self/exe").string();
  const std::string command = "SETTLED_TEST_STORE='" + directory.string() + "' '" + program +
                              "' '" + test + "' >/dev/null 2>&1";
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("what a batch puts and erases becomes visible together, in its order") {
  const TempDirectory directory;
  const auto store = open(directory.path());
  put(*store, "old", "1");

  Batch batch;
  batch.put("twice", "first");
  batch.put("twice", "second");
  batch.put("gone", "x");
  batch.erase("gone");
  batch.erase("back");
  batch.put("back", "y");
  batch.erase("old");
  batch.erase("never was");
  REQUIRE(store->write(batch, Durability::Written).has_value());

  CHECK(get(*store, "twice") == "second");
  CHECK(get(*store, "gone") == "(absent)");
  CHECK(get(*store, "back") == "y");
  CHECK(get(*store, "old") == "(absent)");
}

TEST_CASE("an empty batch and bytes of every kind are accepted") {
  const TempDirectory directory;
  auto store = open(directory.path());
  CHECK(store->write(Batch(), Durability::Synced).has_value());
  const std::string odd("\0\xFF\n", 3);
  put(*store, odd, "");
  put(*store, "", odd);
  put(*store, "large", std::string(1U << 20U, 'x'));
  store.reset();
  store = open(directory.path());
  CHECK(get(*store, odd).empty());
  CHECK(get(*store, "") == odd);
  CHECK(get(*store, "large").size() == 1U << 20U);
}

TEST_CASE("a snapshot keeps its moment and the store moves on") {
  const TempDirectory directory;
  const auto store = open(directory.path());
  put(*store, "a", "1");
  put(*store, "b", "1");
  const auto snapshot = store->snapshot();

  Batch batch;
  batch.put("a", "2");
  batch.erase("b");
  batch.put("c", "2");
  REQUIRE(store->write(batch, Durability::Synced).has_value());

  CHECK(get(*snapshot, "a") == "1");
  CHECK(get(*snapshot, "b") == "1");
  CHECK(get(*snapshot, "c") == "(absent)");
  CHECK(forward(*snapshot, "a", "z") == "ab");
  CHECK(backward(*snapshot, "a", "z") == "ba");
  CHECK(get(*store, "a") == "2");
  CHECK(forward(*store, "a", "z") == "ac");
}

TEST_CASE("a batch is seen whole or not at all by snapshots of another thread") {
  const TempDirectory directory;
  const auto store = open(directory.path());
  std::thread writer([&] {
    for (int i = 0; i < 500; ++i) {
      Batch batch;
      batch.put("left", std::to_string(i));
      batch.put("right", std::to_string(i));
      if (!store->write(batch, Durability::Written)) return;
    }
  });
  int torn = 0;
  for (int i = 0; i < 500; ++i) {
    const auto snapshot = store->snapshot();
    if (snapshot->get("left") != snapshot->get("right")) ++torn;
  }
  writer.join();
  CHECK(torn == 0);
  CHECK(get(*store, "left") == "499");
}

TEST_CASE("scans take the lower edge, leave the upper, and stop when told") {
  const TempDirectory directory;
  const auto store = open(directory.path());
  CHECK(forward(*store, "", "\xFF").empty());
  CHECK(backward(*store, "", "\xFF").empty());
  for (const char* key : {"b", "d", "f", "\xFE"}) put(*store, key, key);

  CHECK(forward(*store, "b", "f") == "bd");
  CHECK(forward(*store, "a", "g") == "bdf");
  CHECK(forward(*store, "c", "e") == "d");
  CHECK(forward(*store, "b", "f", 1) == "b");
  CHECK(forward(*store, "g", "\xFE").empty());
  CHECK(forward(*store, "", "\xFF") == "bdf\xFE");
  CHECK(forward(*store, "d", "d").empty());
  CHECK(forward(*store, "f", "b").empty());
  CHECK(forward(*store, "a", "").empty());

  CHECK(backward(*store, "b", "f") == "db");
  CHECK(backward(*store, "a", "g") == "fdb");
  CHECK(backward(*store, "c", "e") == "d");
  CHECK(backward(*store, "b", "f", 1) == "d");
  CHECK(backward(*store, "", "b").empty());
  CHECK(backward(*store, "", "\xFF") ==
        "\xFE"
        "fdb");
  CHECK(backward(*store, "d", "d").empty());
  CHECK(backward(*store, "f", "b").empty());
  CHECK(backward(*store, "a", "").empty());
}

TEST_CASE("a prefix ends where the next one could begin") {
  CHECK(prefix_end("a") == "b");
  CHECK(prefix_end("a/") == "a0");
  CHECK(prefix_end("a\xFF\xFF") == "b");
  CHECK(prefix_end("\x7F") == "\x80");
  CHECK(prefix_end(std::string(1, '\0')) == "\x01");

  const TempDirectory directory;
  const auto store = open(directory.path());
  for (const char* key : {"o", "p", "p/1", "p/\xFF\xFF", "p0", "q"}) put(*store, key, "");
  CHECK(forward(*store, "p/", prefix_end("p/")) == "p/1p/\xFF\xFF");
}

TEST_CASE("what was written is there after reopening") {
  const TempDirectory directory;
  for (int round = 0; round < 4; ++round) {
    const auto store = open(directory.path());
    for (int i = 0; i < round; ++i) CHECK(get(*store, std::to_string(i)) == "kept");
    put(*store, std::to_string(round), "kept");
    put(*store, "erased", "x");
    Batch batch;
    batch.erase("erased");
    REQUIRE(store->write(batch, Durability::Written).has_value());
  }
  CHECK(get(*open(directory.path()), "erased") == "(absent)");
}

TEST_CASE("missing parents are created, and only the owner may look inside") {
  const TempDirectory parent;
  const fs::path directory = parent.path() / "deep" / "er" / "book";
  const auto mode = [](const fs::path& path) { return fs::status(path).permissions(); };
  CHECK(open(directory / "")->poisoned() == false);
  CHECK(mode(directory) == fs::perms::owner_all);
  CHECK(mode(directory.parent_path()) == fs::perms::owner_all);

  fs::permissions(directory, fs::perms::all);
  open(directory);
  CHECK(mode(directory) == fs::perms::owner_all);
}

TEST_CASE("a place that cannot hold a store is refused as such") {
  const TempDirectory parent;
  std::ofstream(parent.path() / "file") << "x";
  for (const char* place : {"file", "file/below"}) {
    const auto store = open_leveldb(parent.path() / place, kOptions);
    REQUIRE(!store.has_value());
    CHECK(store.error().code == Errc::Unavailable);
    CHECK(store.error().reason == "store_open_failed");
  }
}

TEST_CASE("a directory in use is refused, to this process and to another", "[store]") {
  const TempDirectory directory;
  auto store = open(directory.path());
  put(*store, "a", "1");

  const auto second = open_leveldb(directory.path(), kOptions);
  REQUIRE(!second.has_value());
  CHECK(second.error().code == Errc::Conflict);
  CHECK(second.error().reason == "store_locked");
  CHECK(second.error().detail.find("another process") != std::string::npos);

  // The refused attempt above must not have taken the owner's lock away.
  CHECK(run_apart("store_locked apart", directory.path()) == 0);

  put(*store, "b", "2");
  store.reset();
  CHECK(run_apart("store_locked apart", directory.path()) != 0);
  CHECK(get(*open(directory.path()), "b") == "2");
}

TEST_CASE("a directory that a foreign program has open is refused", "[store]") {
  const TempDirectory directory;
  leveldb::Options options;
  options.create_if_missing = true;
  leveldb::DB* opened = nullptr;
  REQUIRE(leveldb::DB::Open(options, directory.path().string(), &opened).ok());
  const std::unique_ptr<leveldb::DB> foreign(opened);
  CHECK(run_apart("store_locked apart", directory.path()) == 0);
}

TEST_CASE("store_locked apart", "[.]") {
  const char* directory = std::getenv("SETTLED_TEST_STORE");
  REQUIRE(directory != nullptr);
  const auto store = open_leveldb(directory, kOptions);
  REQUIRE(!store.has_value());
  CHECK(store.error().reason == "store_locked");
  CHECK(store.error().detail.find("another process") != std::string::npos);
}
