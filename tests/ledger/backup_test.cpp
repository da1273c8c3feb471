#include "ledger/backup.hpp"

#include <fstream>
#include <thread>

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/restore.hpp"
#include "ledger/store/files.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "ledger/verify.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

namespace fs = std::filesystem;

std::map<std::string, std::string> all_rows(const store::Reader& reader) {
  std::map<std::string, std::string> rows;
  const auto add = [&](std::string_view key, std::string_view value) {
    return rows.emplace(key, value).second;
  };
  REQUIRE(reader.scan("", "\xFF", add).has_value());
  return rows;
}

/// Books with money in and a row outside the log, and room for backups.
struct Busy {
  BookFixture books;
  TempDirectory directory;
  std::string shop;

  Busy() {
    shop = books.set_up();
    books.fund(shop, "100");
    books.ok(request_payout(shop, "10"));
    store::Batch batch;
    batch.put("Omine", "a row outside the log");
    REQUIRE(books.store().write(batch, store::Durability::Synced).has_value());
  }

  fs::path place(const std::string& name) const { return directory.path() / name; }
  Result<Manifest> back_up(const std::string& name, const Watch& watch = {}) {
    return backup(*books.book().snapshot(), place(name), from_ms(1), watch);
  }
  Result<Restore> restored(const std::string& from, const std::string& data_dir,
                           std::vector<proof::Checkpoint> checkpoints = {}) {
    fs::create_directories(place(data_dir));
    return Restore::prepare({place(from), place(data_dir), std::move(checkpoints)});
  }
  /// That a restore is refused, and leaves nothing.
  Error refused(const std::string& from) {
    const auto restore = restored(from, "refused");
    REQUIRE(!restore.has_value());
    CHECK(fs::is_empty(place("refused")));
    return restore.error();
  }
  void edit(const fs::path& file, const std::function<void(std::string&)>& change) {
    std::string text = store::read_file(file, 1U << 26U).value();
    change(text);
    REQUIRE(store::write_file(file, text).has_value());
  }
};

}  // namespace

TEST_CASE("a backup holds every row of its moment and says what it is") {
  Busy at;
  const auto before = all_rows(at.books.store());
  const pb::Head head = at.books.book().head();
  bool more = false;
  const auto snapshot = at.books.book().snapshot();
  const Watch go_on = [&](const Progress&) -> Status {
    more = true;
    return {};
  };
  at.books.fund(at.shop, "55");  // after the snapshot: not in it
  const Manifest made = backup(*snapshot, at.place("b"), from_ms(5), go_on).value();
  CHECK(made.sequence == head.sequence());
  CHECK(made.hash.raw() == head.hash());
  CHECK(made.state.raw() == head.state_hash());
  CHECK(to_ms(made.time) == head.time());
  CHECK(made.made == from_ms(5));
  CHECK(made.format == "2");
  CHECK(made.rows.rows == before.size());
  CHECK(read_manifest(at.place("b")).value().text() == made.text());
  CHECK_FALSE(fs::exists(at.place("b.part")));
  const auto copy = store::open_leveldb(backup_book(at.place("b")), {}).value();
  CHECK(all_rows(*copy) == before);
}

TEST_CASE("a backup goes where nothing is, and leaves alone what is there") {
  Busy at;
  REQUIRE(at.back_up("b").has_value());
  const auto again = at.back_up("b");
  REQUIRE(!again.has_value());
  CHECK(again.error().reason == "target_not_empty");
  CHECK(read_manifest(at.place("b")).has_value());
  std::ofstream(at.place("file")) << "something else";
  CHECK(at.back_up("file").error().reason == "target_not_empty");
  fs::create_directory(at.place("empty"));
  CHECK(at.back_up("empty").has_value());
}

TEST_CASE("a backup that is given up, or was killed, leaves nothing in its place") {
  Busy at;
  for (int i = 0; i < 1'200; ++i) at.books.merchant("m");
  const Watch enough = [](const Progress&) -> Status {
    return fail(Errc::Unavailable, "canceled", "enough");
  };
  CHECK(at.back_up("b", enough).error().reason == "canceled");
  CHECK(fs::is_empty(at.directory.path()));

  // What a killed one leaves: half of it, in its own place.
  fs::create_directories(at.place("b.part") / "whole" / "book");
  std::ofstream(at.place("b.part") / "whole" / "book" / "000007.ldb") << "half a table";
  const Manifest made = at.back_up("b").value();
  CHECK_FALSE(fs::exists(at.place("b.part")));
  CHECK(made.sequence == at.books.book().head().sequence());
  CHECK(at.restored("b", "data").has_value());
}

TEST_CASE("two backups cannot be made in one place") {
  Busy at;
  const auto first = PartDirectory::create(at.place("b")).value();
  CHECK(at.back_up("b").error().reason == "store_locked");
}

TEST_CASE("restored books are those that were backed up, and can be used") {
  Busy at;
  const auto before = all_rows(at.books.store());
  REQUIRE(at.back_up("b").has_value());
  {
    Restore restore = at.restored("b", "data").value();
    CHECK_FALSE(fs::exists(at.place("data") / "book"));  // not before it is swapped in
    REQUIRE(restore.swap().has_value());
  }
  CHECK_FALSE(fs::exists(at.place("data") / "book.part"));
  const auto copy = store::open_leveldb(book_directory(at.place("data")), {}).value();
  CHECK(all_rows(*copy) == before);
  TestClock clock;
  SeededRandom random;
  const auto book = Book::open(*copy, clock, random, {}).value();
  CHECK(book->head().sequence() == at.books.book().head().sequence());
  CHECK(book->apply(command(create_intent(at.shop, "5"))).has_value());
}

TEST_CASE("a restore that is not swapped in leaves nothing") {
  Busy at;
  REQUIRE(at.back_up("b").has_value());
  CHECK(at.restored("b", "data").has_value());
  CHECK(fs::is_empty(at.place("data")));
}

TEST_CASE("books that are there are never restored over") {
  Busy at;
  REQUIRE(at.back_up("b").has_value());
  REQUIRE(at.restored("b", "data").value().swap().has_value());
  CHECK(at.restored("b", "data").error().reason == "target_not_empty");
  CHECK(fs::exists(at.place("data") / "book" / "CURRENT"));
}

TEST_CASE("a backup that was changed is refused, whatever was changed") {
  Busy at;
  REQUIRE(at.back_up("b").has_value());
  const fs::path manifest = at.place("b") / "manifest";
  SECTION("the manifest") {
    at.edit(manifest, [](std::string& text) { text[text.find("sequence ") + 9] ^= 1; });
    CHECK(at.refused("b").detail == "the backup's manifest was changed");
    at.edit(manifest, [](std::string& text) { text.resize(text.size() / 2); });
    CHECK(at.refused("b").reason == "bad_manifest");
    at.edit(manifest, [](std::string& text) { text = "something else\n"; });
    CHECK(at.refused("b").reason == "bad_manifest");
    fs::remove(manifest);
    CHECK(at.refused("b").reason == "no_file");
  }
  SECTION("a bit in any of the engine's larger files") {
    int files = 0;
    for (const auto& file : fs::directory_iterator(at.place("b") / "book")) {
      if (file.file_size() < 5'000) continue;
      ++files;
      at.edit(file.path(), [](std::string& text) { text[text.size() / 3] ^= 4; });
      CHECK(at.refused("b").code == Errc::Corrupt);
      at.edit(file.path(), [](std::string& text) { text[text.size() / 3] ^= 4; });
    }
    CHECK(files > 0);
    CHECK(at.restored("b", "data").has_value());
    return;
  }
  SECTION("a row outside the log") {
    const auto copy = store::open_leveldb(at.place("b") / "book", {}).value();
    store::Batch batch;
    batch.put("Omine", "another value");
    REQUIRE(copy->write(batch, store::Durability::Synced).has_value());
  }
  SECTION("a row too many") {
    const auto copy = store::open_leveldb(at.place("b") / "book", {}).value();
    store::Batch batch;
    batch.put("Ozmine", "");
    REQUIRE(copy->write(batch, store::Durability::Synced).has_value());
  }
  SECTION("no books at all") {
    fs::remove_all(at.place("b") / "book");
  }
  CHECK(at.refused("b").code != Errc::Internal);
}

TEST_CASE("books that were false before they were backed up are not restored") {
  Busy at;
  store::Batch batch;
  batch.put(keys::intent(std::string(16, 'i')), "an intent that nobody made");
  REQUIRE(at.books.store().write(batch, store::Durability::Synced).has_value());
  REQUIRE(at.back_up("b").has_value());
  CHECK(at.refused("b").reason == "tables_differ");
}

TEST_CASE("a backup that contradicts a checkpoint is refused") {
  Busy at;
  const Manifest made = at.back_up("b").value();
  proof::Checkpoint checkpoint;
  checkpoint.sequence = made.sequence;
  checkpoint.hash = made.hash;
  checkpoint.state = made.state;
  const auto restore = at.restored("b", "data", {checkpoint});
  REQUIRE(!restore.has_value());
  CHECK(restore.error().reason == "checkpoint_contradicts");  // its root is another
  CHECK(fs::is_empty(at.place("data")));
}

TEST_CASE("a place that cannot be written to is an error of the backup, and of nothing else") {
  Busy at;
  std::ofstream(at.place("flat")) << "a file where a directory would have to be";
  const auto made = at.back_up("flat/b");
  REQUIRE(!made.has_value());
  CHECK(made.error().code == Errc::Unavailable);
  CHECK_FALSE(at.books.store().poisoned());
  CHECK(at.back_up("b").has_value());
}
