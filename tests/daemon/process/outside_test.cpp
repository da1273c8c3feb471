#include "daemon/process/outside.hpp"

#include <fstream>

#include <catch2/catch.hpp>

#include "ledger/checkpoints.hpp"
#include "ledger/proof/key_file.hpp"
#include "ledger/restore.hpp"
#include "ledger/store/files.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "tests/support/book_fixture.hpp"

namespace settled::daemon::process {
namespace {

namespace fs = std::filesystem;
using ledger::Checkpoints;
using tests::BookFixture;

constexpr auto kName = "books.example/book";

/// Books with a checkpoint, a backup of that moment, and a second checkpoint after it.
struct Witnessed {
  BookFixture books;
  tests::TempDirectory directory;
  tests::SeededRandom random;
  proof::VerifierKey verifier;
  std::uint64_t backed_up = 0;
  ledger::Manifest manifest;

  Witnessed() {
    const auto checkpoints = open(books.store());
    books.set_up();
    commit(*checkpoints);
    REQUIRE(checkpoints->make().has_value());
    manifest = ledger::backup(*books.book().snapshot(), place("b"), from_ms(1)).value();
    backed_up = manifest.sequence;
  }
  /// More commands, and one more checkpoint.
  void go_on() {
    const auto checkpoints = open(books.store());
    books.merchant("later");
    commit(*checkpoints);
    REQUIRE(checkpoints->make().has_value());
    books.merchant("later still");
    commit(*checkpoints);
  }
  void commit(Checkpoints& checkpoints) {
    REQUIRE(checkpoints.mark(books.book().head()).has_value());
  }

  fs::path place(const std::string& name) const { return directory.path() / name; }
  std::unique_ptr<Checkpoints> open(ledger::store::Store& store) {
    auto key = proof::open_key_file(place("key"), kName, random).value();
    verifier = key.verifier();
    return Checkpoints::open(store, std::move(key), place("w"), books.clock()).value();
  }
  Key key() const {
    return [this]() -> Result<proof::VerifierKey> { return checkpoint_key(place("key"), kName); };
  }
  /// The backup, restored: whether the daemon would take the books and the directory together.
  bool opens_restored() {
    fs::create_directories(place("data"));
    auto restore = ledger::Restore::prepare({place("b"), place("data"), {}}).value();
    const Outside outside = look_outside(place("w"), key()).value();
    {
      const auto built = ledger::store::open_leveldb(restore.built(), {}).value();
      REQUIRE(take_over(place("w"), outside, *built, manifest, key()).has_value());
    }
    REQUIRE(restore.swap().has_value());
    const auto store =
        ledger::store::open_leveldb(ledger::book_directory(place("data")), {}).value();
    return Checkpoints::open(*store, proof::open_key_file(place("key"), kName, random).value(),
                             place("w"), books.clock())
        .has_value();
  }
  std::vector<std::string> aside() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(place("w"))) {
      if (entry.is_directory()) names.push_back(entry.path().filename().string());
    }
    return names;
  }
};

}  // namespace

TEST_CASE("a directory that saw nothing after the backup is left as it is") {
  Witnessed at;
  const Outside outside = look_outside(at.place("w"), at.key()).value();
  CHECK(outside.last() == at.backed_up);
  CHECK(outside.ends_with(at.manifest));
  CHECK(outside.notes.size() == 1);
  CHECK(at.opens_restored());
  CHECK(at.aside().empty());
}

TEST_CASE("what was known of lost commands is kept aside, and the rest begins anew") {
  Witnessed at;
  at.go_on();
  const Outside outside = look_outside(at.place("w"), at.key()).value();
  CHECK(outside.last() == at.backed_up + 2);
  CHECK_FALSE(outside.ends_with(at.manifest));
  CHECK(outside.notes.size() == 2);
  CHECK(at.opens_restored());
  const std::string name = "set-aside-at-" + std::to_string(at.backed_up);
  CHECK(at.aside() == std::vector<std::string>{name});
  CHECK(fs::exists(at.place("w") / name / "tail"));
  CHECK(notes_outside(at.place("w") / name, at.key()).value().size() == 2);
  const Outside after = look_outside(at.place("w"), at.key()).value();
  CHECK(after.last() == at.backed_up);
  CHECK(after.notes.size() == 1);
}

TEST_CASE("on a new machine the directory begins with the backup's checkpoints") {
  Witnessed at;
  fs::remove_all(at.place("w"));
  CHECK(look_outside(at.place("w"), at.key()).value().last() == 0);
  CHECK_FALSE(look_outside(at.place("w"), at.key()).value().ends_with(at.manifest));
  CHECK(at.opens_restored());
  CHECK(look_outside(at.place("w"), at.key()).value().ends_with(at.manifest));
}

TEST_CASE("a takeover that was killed halfway is taken up again") {
  Witnessed at;
  at.go_on();
  fs::remove(at.place("w") / "checkpoints");  // as if it was moved, and the tail not yet
  CHECK(at.opens_restored());
  CHECK(look_outside(at.place("w"), at.key()).value().notes.size() == 1);
}

TEST_CASE("notes of another key are nobody's") {
  Witnessed at;
  fs::rename(at.place("key"), at.place("old key"));
  proof::open_key_file(at.place("key"), kName, at.random).value();
  const auto outside = look_outside(at.place("w"), at.key());
  REQUIRE(!outside.has_value());
  CHECK(outside.error().reason == "checkpoint_forged");
  CHECK(notes_inside(at.books.store(), at.key()).error().reason == "checkpoint_forged");
}

TEST_CASE("a key is asked for only where there is a note, and is never made") {
  Witnessed at;
  fs::remove(at.place("key"));
  CHECK(look_outside(at.place("w"), at.key()).error().reason == "checkpoint_key_unreadable");
  CHECK_FALSE(fs::exists(at.place("key")));
  CHECK(look_outside(at.place("nowhere"), at.key()).has_value());
  CHECK_FALSE(fs::exists(at.place("nowhere")));
}

TEST_CASE("a tail that saw another command is not argued with") {
  Witnessed at;
  Outside outside = look_outside(at.place("w"), at.key()).value();
  outside.tail->hash.bytes[0] ^= 1;
  const auto taken = take_over(at.place("w"), outside, at.books.store(), at.manifest, at.key());
  REQUIRE(!taken.has_value());
  CHECK(taken.error().reason == "checkpoint_contradicts");
  CHECK(at.aside().empty());
}

TEST_CASE("notes of the store are all read, however many there are") {
  Witnessed at;
  for (int i = 0; i < 3; ++i) at.go_on();
  CHECK(notes_inside(at.books.store(), at.key()).value().size() == 4);
  CHECK(checkpoints_of(notes_inside(at.books.store(), at.key()).value()).front().sequence ==
        at.backed_up);
}

}  // namespace settled::daemon::process
