#include "ledger/repair.hpp"

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/log.hpp"
#include "ledger/proof/merkle.hpp"
#include "ledger/replay.hpp"
#include "ledger/restore.hpp"
#include "ledger/state.hpp"
#include "ledger/store/files.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kLate = 40;  ///< commands that are in the engine's log and no table yet

/// Every file below, by its path.
std::map<std::string, std::string> files_of(const fs::path& directory) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) {
      out[entry.path().string()] = store::read_file(entry.path(), 1U << 26U).value();
    }
  }
  return out;
}

/// Books in a directory, closed: the older commands in tables, the newer in the engine's log.
struct Closed {
  TempDirectory directory;
  std::uint64_t early = 0;  ///< the last command in tables
  std::uint64_t last = 0;
  std::vector<proof::Checkpoint> checkpoints;  ///< one for every command, from 1

  Closed() {
    BookFixture books;
    const std::string shop = books.set_up();
    books.fund(shop, "100");
    books.ok(request_payout(shop, "10"));
    books.derive(kLate);
    REQUIRE(backup(*books.book().snapshot(), directory.path() / "b", from_ms(1)).has_value());
    fs::create_directory(directory.path() / "data");
    REQUIRE(Restore::prepare({directory.path() / "b", directory.path() / "data", {}})
                .value()
                .swap()
                .has_value());
    early = books.book().head().sequence();
    const auto opened = store::open_leveldb(book(), {}).value();
    TestClock clock;
    SeededRandom random(3);
    {
      const auto again = Book::open(*opened, clock, random, {}).value();
      for (std::uint32_t i = 0; i < kLate; ++i) {
        REQUIRE(again->apply(command(create_intent(shop, "5"))).has_value());
      }
      last = again->head().sequence();
    }
    store::Batch batch;
    batch.put("Omine", "outside the log");
    batch.put("Ozero", "dropped");
    REQUIRE(opened->write(batch, store::Durability::Synced).has_value());
    std::vector<Hash256> leaves;
    const auto visit = [&](const LogRecord& record, const pb::Envelope& envelope) -> Status {
      leaves.push_back(proof::leaf_hash(record.leaf(envelope.sequence()).bytes()));
      checkpoints.push_back({envelope.sequence(), proof::tree_root(leaves), record.hash,
                             record.state, from_ms(envelope.time())});
      return {};
    };
    REQUIRE(walk_log(*opened, {}, visit).has_value());
  }

  fs::path book() const { return book_directory(directory.path() / "data"); }
  fs::path largest(const std::string& extension) const {
    fs::path found;
    for (const auto& entry : fs::directory_iterator(book())) {
      if (entry.path().extension() != extension) continue;
      if (found.empty() || entry.file_size() > fs::file_size(found)) found = entry.path();
    }
    REQUIRE(!found.empty());
    return found;
  }
  void flip(const fs::path& file, std::size_t percent) {
    std::string bytes = store::read_file(file, 1U << 26U).value();
    bytes[bytes.size() * percent / 100] ^= 8;
    REQUIRE(store::write_file(file, bytes).has_value());
  }
  void write(const store::Batch& batch) {
    const auto opened = store::open_leveldb(book(), {}).value();
    REQUIRE(opened->write(batch, store::Durability::Synced).has_value());
  }

  RepairSource source(std::uint64_t checkpoint = 0, std::uint64_t acknowledged = 0) {
    RepairSource out;
    out.books = book();
    out.acknowledged = acknowledged;
    out.made = from_ms(2);
    if (checkpoint > 0) out.checkpoints = {checkpoints.at(checkpoint - 1)};
    return out;
  }
  /// Repairs, and shows that the damaged directory is as it was.
  Result<Repaired> repaired(const RepairSource& source) {
    const auto before = files_of(book());
    auto result = repair(source, directory.path() / "r");
    CHECK(files_of(book()) == before);
    CHECK_FALSE(fs::exists(directory.path() / "r.part"));
    CHECK(fs::exists(directory.path() / "r") == result.has_value());
    return result;
  }
  Error refused(const RepairSource& source) {
    const auto result = repaired(source);
    REQUIRE(!result.has_value());
    return result.error();
  }
  /// The repaired books, restored and open.
  std::unique_ptr<store::Store> restored(std::vector<proof::Checkpoint> known = {}) {
    fs::create_directory(directory.path() / "new");
    Restore restore =
        Restore::prepare({directory.path() / "r", directory.path() / "new", std::move(known)})
            .value();
    REQUIRE(restore.swap().has_value());
    return store::open_leveldb(book_directory(directory.path() / "new"), {}).value();
  }
};

}  // namespace

TEST_CASE("whole books are not repaired") {
  Closed at;
  CHECK(at.refused(at.source(at.last, at.last)).reason == "nothing_to_repair");
  RepairSource nowhere = at.source();
  nowhere.books = at.directory.path() / "nothing";
  CHECK(repair(nowhere, at.directory.path() / "r").error().reason == "no_books");
}

TEST_CASE("a log that was cut off is repaired to where it ends, and what is missing is said") {
  Closed at;
  const fs::path log = at.largest(".log");
  fs::resize_file(log, fs::file_size(log) / 2);
  const Repaired made = at.repaired(at.source(at.early, at.last)).value();
  CHECK(made.manifest.sequence > at.early);
  CHECK(made.manifest.sequence < at.last);
  CHECK(made.last_known == at.last);
  const auto& cut = at.checkpoints.at(made.manifest.sequence - 1);
  CHECK(made.manifest.hash == cut.hash);
  CHECK(made.manifest.state == cut.state);

  const auto books = at.restored({cut});
  TestClock clock;
  clock.advance(1'000);
  SeededRandom random(9);
  const auto book = Book::open(*books, clock, random, {}).value();
  CHECK(book->head().sequence() == made.manifest.sequence);
  pb::CreateMerchant merchant;
  merchant.set_name("after the repair");
  CHECK(book->apply(command(merchant)).value().reply.sequence() == made.manifest.sequence + 1);
}

TEST_CASE("a cut of which nobody knows is nothing to repair") {
  Closed at;
  const fs::path log = at.largest(".log");
  fs::resize_file(log, fs::file_size(log) / 2);
  CHECK(at.refused(at.source(at.early)).reason == "nothing_to_repair");
}

TEST_CASE("behind a hole nothing is used, though it can be read") {
  Closed at;
  at.flip(at.largest(".log"), 30);
  CHECK(store::open_leveldb(at.book(), {}).error().reason == "store_corrupt");
  const Repaired made = at.repaired(at.source(at.early)).value();
  CHECK(made.manifest.sequence >= at.early);
  CHECK(made.manifest.sequence < at.last);
  CHECK(made.manifest.hash == at.checkpoints.at(made.manifest.sequence - 1).hash);
  at.restored();
}

TEST_CASE("below a checkpoint nothing is cut") {
  Closed at;
  at.flip(at.largest(".log"), 30);
  const Error error = at.refused(at.source(at.last));
  CHECK(error.code == Errc::Rejected);
  CHECK(error.reason == "repair_below_checkpoint");
  CHECK(error.detail.find("the last checkpoint at " + std::to_string(at.last)) !=
        std::string::npos);
}

TEST_CASE("a checkpoint that saw another log is not argued with") {
  Closed at;
  at.flip(at.largest(".log"), 30);
  for (const auto field :
       {&proof::Checkpoint::root, &proof::Checkpoint::hash, &proof::Checkpoint::state}) {
    RepairSource source = at.source(at.early);
    (source.checkpoints[0].*field).bytes[0] ^= 1;
    CHECK(at.refused(source).reason == "checkpoint_contradicts");
  }
}

TEST_CASE("tables are made again from the log, and never patched") {
  Closed at;
  store::Batch batch;
  SECTION("an edited row") {
    batch.put(keys::deposit_pool(), "nonsense");
  }
  SECTION("a row too many") {
    batch.put(keys::intent(std::string(16, 'i')), "nobody's");
  }
  SECTION("a lost row") {
    batch.erase(keys::chain(kChain));
  }
  SECTION("a lost head") {
    batch.erase(keys::head());
  }
  SECTION("a lost format") {
    batch.erase(keys::format_version());
  }
  at.write(batch);
  const Repaired made = at.repaired(at.source(at.last, at.last)).value();
  CHECK(made.manifest.sequence == at.last);
  CHECK(made.manifest.hash == at.checkpoints.back().hash);
  CHECK(made.manifest.state == at.checkpoints.back().state);
  at.restored(at.checkpoints);
}

TEST_CASE("lost files of the engine are no loss where the log is in others") {
  Closed at;
  SECTION("CURRENT") {
    fs::remove(at.book() / "CURRENT");
  }
  SECTION("a damaged manifest") {
    for (const auto& entry : fs::directory_iterator(at.book())) {
      if (entry.path().filename().string().starts_with("MANIFEST")) at.flip(entry.path(), 50);
    }
  }
  const Repaired made = at.repaired(at.source(at.last, at.last)).value();
  CHECK(made.manifest.sequence == at.last);
  at.restored(at.checkpoints);
}

TEST_CASE("without the beginning of the log there is nothing to begin with") {
  Closed at;
  fs::remove(at.largest(".ldb"));
  const Error error = at.refused(at.source());
  CHECK(error.code == Errc::Rejected);
  CHECK(error.reason == "nothing_readable");
}

TEST_CASE("rows outside the log are kept as their owner says") {
  Closed at;
  at.write([] {
    store::Batch batch;
    batch.erase(keys::chain(kChain));
    return batch;
  }());
  RepairSource source = at.source();
  std::uint64_t head = 0;
  source.keep = [&](std::string_view key, std::string_view value, const pb::Head& repaired,
                    const store::Reader& books) -> Result<std::optional<std::string>> {
    head = repaired.sequence();
    CHECK(books.get(keys::chain(kChain)).value().has_value());
    if (key == "Ozero") return std::nullopt;
    return "kept: " + std::string(value);
  };
  const Repaired made = at.repaired(source).value();
  CHECK(head == at.last);
  CHECK(made.rows_kept == 1);
  CHECK(made.rows_dropped == 1);
  const auto books = at.restored();
  CHECK(books->get("Omine").value() == "kept: outside the log");
  CHECK_FALSE(books->get("Ozero").value().has_value());
}

TEST_CASE("books that are in use are not repaired") {
  Closed at;
  const auto open = store::open_leveldb(at.book(), {}).value();
  CHECK(at.refused(at.source()).reason == "store_locked");
}

TEST_CASE("a repair goes where nothing is") {
  Closed at;
  fs::create_directories(at.directory.path() / "r" / "something");
  const auto result = repair(at.source(), at.directory.path() / "r");
  REQUIRE(!result.has_value());
  CHECK(result.error().reason == "target_not_empty");
}
