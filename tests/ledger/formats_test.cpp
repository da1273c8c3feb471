// Books that released versions wrote: tests/data/README.md.
#include <set>
#include <sstream>

#include <catch2/catch.hpp>
#include <leveldb/db.h>

#include "ledger/keys.hpp"
#include "ledger/log.hpp"
#include "ledger/reports.hpp"
#include "ledger/store/files.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "ledger/store/scratch.hpp"
#include "ledger/verify.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

namespace fs = std::filesystem;

std::vector<std::string> released() {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(TEST_DATA)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("format_")) names.insert(name);
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::istringstream text(store::read_file(file, 1U << 22U).value());
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> accounts_of(const store::Reader& reader) {
  std::vector<std::string> lines;
  for (const pb::Account& account : reports::accounts(reader, {}).value()) {
    const pb::Counters& at = account.counters();
    lines.push_back(account.code() + " " + text_of(at.debits_posted()) + "/" +
                    text_of(at.credits_posted()) + " " + text_of(at.debits_pending()) + "/" +
                    text_of(at.credits_pending()));
  }
  return lines;
}

std::vector<std::string> events_of(const store::Reader& reader) {
  std::vector<std::string> types;
  for (const pb::Event& event : reports::events(reader, {}, 0, 100'000).value().data) {
    types.push_back(event.type());
  }
  return types;
}

/// A copy of a released book.
struct Copy {
  TempDirectory directory;
  fs::path data;
  fs::path book;
  TestClock clock;
  SeededRandom random;

  explicit Copy(const std::string& name)
      : data(fs::path(TEST_DATA) / name), book(directory.path() / "book") {
    REQUIRE(store::copy_tree(data / "book", book).has_value());
  }

  void check_shows(const store::Reader& reader) {
    CHECK(accounts_of(reader) == lines_of(data / "accounts.txt"));
    CHECK(events_of(reader) == lines_of(data / "events.txt"));
  }
  Result<Verified> verified(const store::Reader& reader) {
    const auto scratch = store::ScratchStore::create(directory.path() / "scratch").value();
    VerifyOptions options;
    options.empty = &scratch->store();
    return verify(reader, std::move(options));
  }
  void check_verifies(const store::Reader& reader) {
    const auto proven = verified(reader);
    INFO((proven ? std::string("verified") : proven.error().detail));
    CHECK(proven.has_value());
  }
};

/// As the engine does in time by itself: all rows in tables.
void compact(const fs::path& book) {
  leveldb::DB* opened = nullptr;
  leveldb::Options options;
  options.compression = leveldb::kNoCompression;
  REQUIRE(leveldb::DB::Open(options, book.string(), &opened).ok());
  opened->CompactRange(nullptr, nullptr);
  delete opened;
}

void check_opens_and_goes_on(const std::string& name, bool tables) {
  INFO(name << (tables ? " in tables" : " in a log"));
  Copy copy(name);
  if (tables) compact(copy.book);
  std::uint64_t commands = 0;
  {
    const auto store = store::open_leveldb(copy.book, {}).value();
    const auto before = store->get(keys::format_version()).value();
    copy.check_shows(*store);
    copy.check_verifies(*store);
    CHECK(store->get(keys::format_version()).value() == before);  // looking changes nothing
    const auto book = Book::open(*store, copy.clock, copy.random, {}).value();
    commands = book->head().sequence();
    CHECK(commands > 150);
    CHECK(store->get(keys::format_version()).value() == "2");
    copy.check_shows(*store);
    copy.check_verifies(*store);
    pb::CreateMerchant merchant;
    merchant.set_name("of a later version");
    REQUIRE(book->apply(command(merchant)).has_value());
    pb::Command again = command(merchant);
    REQUIRE(book->apply(again, idempotency_key("key", "again", "body")).has_value());
    copy.check_verifies(*store);
  }
  const auto store = store::open_leveldb(copy.book, {}).value();
  const auto book = Book::open(*store, copy.clock, copy.random, {}).value();
  CHECK(book->head().sequence() == commands + 2);
  CHECK(accounts_of(*store) == lines_of(copy.data / "accounts.txt"));
  const auto proven = copy.verified(*store).value();
  CHECK(proven.commands == commands + 2);
  CHECK(proven.state_hash.raw() == book->head().state_hash());
}

}  // namespace

TEST_CASE("books of every released format open, are what they were, and go on") {
  const auto names = released();
  REQUIRE(names.size() >= 1);
  CHECK(names.front() == "format_1");
  for (const std::string& name : names) {
    check_opens_and_goes_on(name, false);
    check_opens_and_goes_on(name, true);
  }
}

TEST_CASE("books of format 1 keep their records, and the new ones follow on them") {
  Copy copy("format_1");
  const auto store = store::open_leveldb(copy.book, {}).value();
  const std::string prefix = keys::Key(keys::Table::Log);
  std::map<std::string, std::string> before;
  const auto keep = [&](std::string_view key, std::string_view value) {
    return before.emplace(key, value).second;
  };
  REQUIRE(store->scan(prefix, store::prefix_end(prefix), keep).has_value());
  const auto book = Book::open(*store, copy.clock, copy.random, {}).value();
  const std::uint64_t last = book->head().sequence();
  CHECK(before.size() == last);
  CHECK(read_layout(*store).value().format_1_until == last);
  pb::CreateMerchant merchant;
  merchant.set_name("the first of format 2");
  REQUIRE(book->apply(command(merchant)).has_value());
  for (const auto& [key, value] : before) CHECK(store->get(key).value() == value);
  const LogRecord first = LogRecord::parse(store->get(keys::log(last + 1)).value().value()).value();
  const LogRecord old = LogRecord::parse(before.rbegin()->second, true).value();
  CHECK(first.hash == chain_hash(old.hash.raw(), last + 1, first));
  CHECK_FALSE(first.state.is_zero());
}

TEST_CASE("an edit of a record of format 1 is found, before and after it was taken over") {
  for (const bool taken_over : {false, true}) {
    Copy copy("format_1");
    const auto store = store::open_leveldb(copy.book, {}).value();
    if (taken_over) REQUIRE(Book::open(*store, copy.clock, copy.random, {}).has_value());
    std::string record = store->get(keys::log(17)).value().value();
    record.back() = static_cast<char>(record.back() ^ 1);
    store::Batch batch;
    batch.put(keys::log(17), record);
    REQUIRE(store->write(batch, store::Durability::Synced).has_value());
    CHECK(copy.verified(*store).error().detail.starts_with("log record 17 "));
  }
}

TEST_CASE("a lost row of a book of format 1 is found, though its records have no state hash") {
  Copy copy("format_1");
  const auto store = store::open_leveldb(copy.book, {}).value();
  store::Batch batch;
  batch.erase(keys::chain(kChain));
  REQUIRE(store->write(batch, store::Durability::Synced).has_value());
  CHECK(copy.verified(*store).error().detail == "chain base is missing: the log makes it");
}
