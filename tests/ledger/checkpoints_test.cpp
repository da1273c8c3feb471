#include "ledger/checkpoints.hpp"

#include <array>
#include <fstream>
#include <future>
#include <iterator>

#include <catch2/catch.hpp>

#include "ledger/checkpointer.hpp"
#include "ledger/keys.hpp"
#include "ledger/log_check.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// Books that are watched: checkpoints at `first` and `second`, and commands after both.
struct Watched {
  TempDirectory outside;
  Checkpoints* watching = nullptr;
  BookFixture books{{}, options()};
  SystemRandom random;
  std::string secret = proof::SigningKey::generate("test/book", random).secret_text();
  std::uint64_t first = 0;
  std::uint64_t second = 0;

  Watched() {
    auto checkpoints = open().value();
    watching = checkpoints.get();
    const std::string shop = books.set_up();
    first = checkpoints->make().value().checkpoint.sequence;
    books.fund(shop, "100");
    second = checkpoints->make().value().checkpoint.sequence;
    books.fund(shop, "50");
    books.ok(request_payout(shop, "10"));
    watching = nullptr;
    REQUIRE(second > first + 1);
    REQUIRE(head().sequence() > second + 1);
  }

  Book::Options options() {
    Book::Options out;
    out.on_written = [this](const pb::Head& head) {
      return watching == nullptr ? Status{} : watching->mark(head);
    };
    return out;
  }
  Result<std::unique_ptr<Checkpoints>> open() {
    return Checkpoints::open(books.store(), *proof::SigningKey::parse(secret), outside.path(),
                             books.clock());
  }
  fs::path file(const char* name) const { return outside.path() / name; }
  pb::Head head() { return *read_record<pb::Head>(books.store(), keys::head()).value(); }
  std::string get(const std::string& key) { return books.store().get(key).value().value(); }
  void put(const std::string& key, const std::string& value) {
    store::Batch batch;
    batch.put(key, value);
    REQUIRE(books.store().write(batch, store::Durability::Synced));
  }
  void erase(const std::string& key) {
    store::Batch batch;
    batch.erase(key);
    REQUIRE(books.store().write(batch, store::Durability::Synced));
  }
  LogRecord record(std::uint64_t sequence) { return read_log(books.store(), {}, sequence).value(); }
  /// Changes the time in a record's envelope and leaves its hashes.
  void edit(std::uint64_t sequence) {
    LogRecord changed = record(sequence);
    pb::Envelope envelope;
    REQUIRE(envelope.ParseFromString(changed.envelope));
    envelope.set_time(envelope.time() + 1);
    changed.envelope = envelope.SerializeAsString();
    put(keys::log(sequence), changed.stored());
  }
  /// Makes the chain whole again from a record on, with the head that belongs to it.
  void rechain(std::uint64_t from) {
    pb::Head last = head();
    std::string hash = from == 1 ? Hash256{}.raw() : record(from - 1).hash.raw();
    for (std::uint64_t at = from; at <= last.sequence(); ++at) {
      LogRecord changed = record(at);
      changed.hash = chain_hash(hash, at, changed);
      hash = changed.hash.raw();
      put(keys::log(at), changed.stored());
    }
    last.set_hash(hash);
    put(keys::head(), last.SerializeAsString());
  }
  /// Takes the log's end away, head and all, as the loss of a file would.
  void lose_after(std::uint64_t sequence) {
    pb::Head last = head();
    for (std::uint64_t at = sequence + 1; at <= last.sequence(); ++at) erase(keys::log(at));
    last.set_sequence(sequence);
    last.set_hash(record(sequence).hash.raw());
    put(keys::head(), last.SerializeAsString());
  }
  Error refused() {
    const auto opened = open();
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Errc::Corrupt);
    return opened.error();
  }
};

}  // namespace

TEST_CASE("untouched books agree with their checkpoints, again and again") {
  Watched watched;
  for (int i = 0; i < 3; ++i) {
    const auto opened = watched.open();
    REQUIRE(opened);
    const auto made = (*opened)->make();
    REQUIRE(made);
    CHECK(made->checkpoint.sequence == watched.head().sequence());
    CHECK(made->checkpoint.hash.raw() == watched.head().hash());
    CHECK(made->checkpoint.state.raw() == watched.head().state_hash());
    CHECK(proof::Checkpoint::open(made->note, (*opened)->key()) == made->checkpoint);
  }
  // The same head is signed once.
  const auto stored = stored_checkpoints(watched.books.store(), 0, 100).value();
  CHECK(stored.size() == 3);
  CHECK(split_notes(read(watched.file("checkpoints"))).notes ==
        std::vector<std::string>(stored.rbegin(), stored.rend()));
  CHECK(stored_checkpoints(watched.books.store(), watched.second, 100).value().size() == 1);
}

TEST_CASE("a lost suffix is named, with how much is lost, even between checkpoints") {
  Watched watched;
  const std::uint64_t end = watched.head().sequence();
  const std::uint64_t kept =
      std::array{end - 1, watched.second, watched.first}.at(GENERATE(range(0U, 3U)));
  watched.lose_after(kept);
  const Error error = watched.refused();
  CHECK(error.reason == "log_suffix_lost");
  CHECK(error.detail.find("the newest " + std::to_string(end - kept) + " command") !=
        std::string::npos);
}

TEST_CASE("records that are gone from under the head are a lost suffix too") {
  Watched watched;
  watched.erase(keys::log(watched.head().sequence()));
  CHECK(watched.refused().reason == "log_suffix_lost");
}

TEST_CASE("books that are gone altogether are a lost suffix") {
  Watched watched;
  BookFixture empty;
  const auto opened = Checkpoints::open(empty.store(), *proof::SigningKey::parse(watched.secret),
                                        watched.outside.path(), empty.clock());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().reason == "log_suffix_lost");
}

TEST_CASE("a hole is named, wherever it is") {
  Watched watched;
  const std::uint64_t hole =
      std::array{std::uint64_t{1}, watched.first, watched.second + 1}.at(GENERATE(range(0U, 3U)));
  watched.erase(keys::log(hole));
  const Error error = watched.refused();
  CHECK(error.reason == "log_record_missing");
  CHECK(error.detail.find("record " + std::to_string(hole) + " is missing") != std::string::npos);
}

TEST_CASE("an edited record is named") {
  Watched watched;
  const std::uint64_t sequence =
      std::array{std::uint64_t{1}, watched.first, watched.head().sequence()}.at(
          GENERATE(range(0U, 3U)));
  watched.edit(sequence);
  const Error error = watched.refused();
  CHECK(error.reason == "log_record_edited");
  CHECK(error.detail.find("record " + std::to_string(sequence) + " ") != std::string::npos);
}

TEST_CASE("any changed byte of a record is an edit, and none passes") {
  Watched watched;
  const std::string key = keys::log(watched.second);
  const std::string good = watched.get(key);
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string wrong = good;
    wrong[at] = static_cast<char>(wrong[at] ^ 1);
    watched.put(key, wrong);
    const auto opened = watched.open();
    REQUIRE_FALSE(opened);
    const std::string reason = opened.error().reason;
    REQUIRE((reason == "log_record_edited" || reason == "log_records_reordered"));
  }
  watched.put(key, good);
  CHECK(watched.open());
}

TEST_CASE("two records that changed places are named as such") {
  Watched watched;
  const std::string one = watched.get(keys::log(watched.second));
  const std::string other = watched.get(keys::log(watched.second + 1));
  watched.put(keys::log(watched.second), other);
  watched.put(keys::log(watched.second + 1), one);
  CHECK(watched.refused().reason == "log_records_reordered");
}

TEST_CASE("a chain that was made whole again is named by the checkpoints around the change") {
  Watched watched;
  SECTION("between two checkpoints") {
    watched.edit(watched.first + 1);
    watched.rechain(watched.first + 1);
    const Error error = watched.refused();
    CHECK(error.reason == "log_rewritten");
    CHECK(error.detail.find("between checkpoint " + std::to_string(watched.first) +
                            " and checkpoint " + std::to_string(watched.second)) !=
          std::string::npos);
  }
  SECTION("before the first") {
    watched.edit(1);
    watched.rechain(1);
    const Error error = watched.refused();
    CHECK(error.reason == "log_rewritten");
    CHECK(error.detail.find("between command 1 and checkpoint " + std::to_string(watched.first)) !=
          std::string::npos);
  }
  SECTION("after the last, where the tail file alone knows") {
    watched.edit(watched.second + 1);
    watched.rechain(watched.second + 1);
    const Error error = watched.refused();
    CHECK(error.reason == "log_rewritten");
    CHECK(error.detail.find("checkpoint " + std::to_string(watched.second)) != std::string::npos);
  }
}

TEST_CASE("checkpoints of another key are forged, and so are changed ones") {
  Watched watched;
  const std::string good = read(watched.file("checkpoints"));
  SECTION("another key") {
    watched.secret = proof::SigningKey::generate("test/book", watched.random).secret_text();
    CHECK(watched.refused().reason == "checkpoint_forged");
  }
  SECTION("every byte") {
    for (std::size_t at = 0; at < good.size(); ++at) {
      std::string wrong = good;
      wrong[at] = static_cast<char>(wrong[at] ^ 1);
      write(watched.file("checkpoints"), wrong);
      const std::string reason = watched.refused().reason;
      REQUIRE((reason == "checkpoint_forged" || reason == "checkpoint_unreadable" ||
               reason == "checkpoint_missing"));
    }
  }
  SECTION("out of order") {
    const auto notes = split_notes(good).notes;
    write(watched.file("checkpoints"), notes.at(1) + notes.at(0));
    CHECK(watched.refused().reason == "checkpoint_unreadable");
  }
}

TEST_CASE("a second directory that lost something is refused until the operator begins anew") {
  Watched watched;
  const std::string good = read(watched.file("checkpoints"));
  const std::string what = GENERATE("all", "checkpoints", "tail", "newest");
  if (what != "tail" && what != "newest") fs::remove(watched.file("checkpoints"));
  if (what == "all" || what == "tail") fs::remove(watched.file("tail"));
  if (what == "newest") write(watched.file("checkpoints"), split_notes(good).notes.at(0));
  CHECK(watched.refused().reason == "checkpoint_missing");

  write(watched.file("start-anew"), "");
  if (what == "newest" || what == "tail") {
    CHECK(watched.refused().reason == "checkpoint_missing");
    fs::rename(watched.file("checkpoints"), watched.file("evidence"));
  }
  const auto opened = watched.open();
  REQUIRE(opened);
  REQUIRE((*opened)->make());
  CHECK_FALSE(fs::exists(watched.file("start-anew")));
  CHECK(watched.open());
}

TEST_CASE("a note that a crash tore is cut off, and the next one stands whole") {
  Watched watched;
  const std::string good = read(watched.file("checkpoints"));
  const std::string torn = split_notes(good).notes.at(1);
  for (std::size_t length = 1; length < torn.size(); ++length) {
    write(watched.file("checkpoints"), good + torn.substr(0, length));
    REQUIRE(watched.open());
    REQUIRE(read(watched.file("checkpoints")) == good);
  }
  REQUIRE((*watched.open())->make());
  CHECK(split_notes(read(watched.file("checkpoints"))).notes.size() == 3);
  CHECK(watched.open());
}

TEST_CASE("files in which nothing can be read are refused") {
  Watched watched;
  const std::string name = GENERATE("checkpoints", "tail");
  const std::string bytes = GENERATE(as<std::string>{}, "", "junk", std::string(10'000, '\0'));
  write(watched.file(name.c_str()), bytes);
  CHECK(watched.refused().reason == "checkpoint_unreadable");
}

TEST_CASE("of the tail's two slots one may be torn") {
  Watched watched;
  const std::string good = read(watched.file("tail"));
  const std::size_t slot = GENERATE(0U, 4096U);
  std::string torn = good;
  torn.replace(slot, 64, std::string(64, 'x'));
  write(watched.file("tail"), torn);
  CHECK(watched.open());
  watched.lose_after(watched.second);
  CHECK(watched.refused().reason == "log_suffix_lost");
}

TEST_CASE("wrong tiles are made again from the log; nothing wrong is signed") {
  Watched watched;
  for (int i = 0; i < 300; ++i) watched.books.merchant("Other");
  REQUIRE((*watched.open())->make());
  const std::string key = keys::tree(0, 0);
  std::string wrong = watched.get(key);
  wrong[5] = static_cast<char>(wrong[5] ^ 1);
  SECTION("found at the start") {
    watched.put(key, wrong);
    watched.put(keys::tree(1, 0), sha256(as_bytes("wrong")).raw());
    REQUIRE(watched.open());
    CHECK(watched.get(key) != wrong);
  }
  SECTION("found before it is signed") {
    const auto opened = watched.open().value();
    watched.put(keys::tree(1, 0), sha256(as_bytes("wrong")).raw());
    watched.books.merchant("Another");
    const auto made = opened->make();
    REQUIRE_FALSE(made);
    CHECK(made.error().reason == "log_rewritten");
  }
}

TEST_CASE("the thread makes a checkpoint on demand, and a last one at its end") {
  Watched watched;
  const auto checkpoints = watched.open().value();
  std::promise<Result<SignedCheckpoint>> wanted;
  {
    Checkpointer thread(*checkpoints, watched.books.store(), {}, {});
    thread.want([&](Result<SignedCheckpoint> made) { wanted.set_value(std::move(made)); });
    const auto made = wanted.get_future().get();
    REQUIRE(made);
    CHECK(made->checkpoint.sequence == watched.head().sequence());
    watched.books.merchant("Late");
  }
  CHECK(checkpoints->newest()->checkpoint.sequence == watched.head().sequence());
}
