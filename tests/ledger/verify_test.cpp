#include "ledger/verify.hpp"

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/log.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

/// Books with money in, a payout reserved, a reversal and a canceled payout.
struct Tampered {
  BookFixture books;

  Tampered() {
    const std::string shop = books.set_up();
    books.fund(shop, "100");
    books.ok(request_payout(shop, "10"));
    pb::CancelPayout cancel;
    cancel.set_id(books.ok(request_payout(shop, "20")).payout().id());
    books.ok(cancel);
    books.mine({paid(deposit_address(9), "5", "gone")});
    books.mine();
    books.rewind(101);
    REQUIRE(verify(books.store()).has_value());
  }

  std::string get(const std::string& key) { return books.store().get(key).value().value(); }
  void put(const std::string& key, const std::string& value) {
    store::Batch batch;
    batch.put(key, value);
    REQUIRE(books.store().write(batch, store::Durability::Synced).has_value());
  }
  void erase(const std::string& key) {
    store::Batch batch;
    batch.erase(key);
    REQUIRE(books.store().write(batch, store::Durability::Synced).has_value());
  }
  template <typename Record>
  Record record(const std::string& key) {
    Record out;
    REQUIRE(out.ParseFromString(get(key)));
    return out;
  }
  std::string found() {
    const auto verified = verify(books.store());
    if (verified) return {};
    CHECK(verified.error().code == Errc::Corrupt);
    return verified.error().detail;
  }
  /// Keys and values of a table.
  std::map<std::string, std::string> rows(keys::Table table) {
    const std::string prefix = keys::Key(table);
    std::map<std::string, std::string> out;
    const auto visit = [&](std::string_view key, std::string_view value) {
      out.emplace(key, value);
      return true;
    };
    REQUIRE(books.store().scan(prefix, store::prefix_end(prefix), visit).has_value());
    return out;
  }
};

}  // namespace

TEST_CASE("each record's hash covers the one before it and its own bytes") {
  Tampered at;
  Hash256 previous;
  std::uint64_t sequence = 0;
  for (const auto& [key, value] : at.rows(keys::Table::Log)) {
    const LogRecord record = LogRecord::parse(value).value();
    CHECK(keys::read_u64(key, 1) == ++sequence);
    const Hash256 envelope = sha256(as_bytes(record.envelope));
    const std::string leaf =
        key.substr(1) + envelope.raw() + record.state.raw() + record.entries_root.raw();
    CHECK(record.leaf(sequence).bytes() == leaf);
    CHECK(record.hash == sha256({previous.view(), as_bytes(leaf)}));
    CHECK(record.stored() == value);
    previous = record.hash;
  }
  const auto verified = verify(at.books.store()).value();
  CHECK(verified.log_hash == previous);
  CHECK(verified.commands == sequence);
  CHECK(verified.entries == at.rows(keys::Table::Entry).size());
  CHECK(verified.accounts == at.rows(keys::Table::Account).size());
  CHECK(LogRecord::parse(std::string(95, 'x')).error().reason == "corrupt_log");
}

TEST_CASE("any flipped bit in the log is found") {
  Tampered at;
  const std::string key = keys::log(3);
  const std::string value = at.get(key);
  for (std::size_t i = 0; i < value.size(); ++i) {
    std::string flipped = value;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    at.put(key, flipped);
    INFO("byte " << i);
    CHECK(at.found().find("log record") == 0);
  }
  at.put(key, value);
  CHECK(at.found().empty());
}

TEST_CASE("a missing, a moved and a cut off log record are found") {
  Tampered at;
  const std::string third = at.get(keys::log(3));
  const std::string fourth = at.get(keys::log(4));
  SECTION("missing") {
    at.erase(keys::log(3));
    CHECK(at.found() == "log record 3 is missing or out of place");
  }
  SECTION("reordered") {
    at.put(keys::log(3), fourth);
    at.put(keys::log(4), third);
    CHECK(at.found() == "log record 3 is missing or out of place");
  }
  SECTION("cut off") {
    at.erase(keys::log(at.books.book().head().sequence()));
    CHECK(at.found().find("the log ends at") == 0);
  }
  SECTION("added") {
    at.put(keys::log(at.books.book().head().sequence() + 2), third);
    CHECK_FALSE(at.found().empty());
  }
  SECTION("no head") {
    at.erase(keys::head());
    CHECK(at.found() == "there is no head record");
  }
}

TEST_CASE("an edited account is found") {
  Tampered at;
  for (const auto& [key, value] : at.rows(keys::Table::Account)) {
    pb::Account account;
    REQUIRE(account.ParseFromString(value));
    INFO(account.code());
    account.mutable_counters()->set_credits_posted(money("123456"));
    at.put(key, account.SerializeAsString());
    CHECK(at.found() == "account " + account.code() + " is not what its entries add up to");
    at.erase(key);
    CHECK(at.found().find("is missing") != std::string::npos);
    at.put(key, value);
  }
  CHECK(at.found().empty());
  pb::Account extra;
  extra.set_code("asset:deposits:base:FAKE");
  extra.mutable_counters()->set_debits_posted(money("1"));
  at.put(keys::account(extra.code()), extra.SerializeAsString());
  CHECK_FALSE(at.found().empty());
}

TEST_CASE("an edited entry is found") {
  Tampered at;
  for (const auto& [key, value] : at.rows(keys::Table::Entry)) {
    pb::Entry entry;
    REQUIRE(entry.ParseFromString(value));
    INFO(entry.kind());
    pb::Entry uneven = entry;
    uneven.mutable_lines(0)->set_amount(money("7777"));
    at.put(key, uneven.SerializeAsString());
    CHECK(at.found().find("does not sum to zero") != std::string::npos);

    pb::Entry more = entry;
    for (pb::Line& line : *more.mutable_lines()) line.set_amount(money("7777"));
    at.put(key, more.SerializeAsString());
    CHECK_FALSE(at.found().empty());

    at.erase(key);
    CHECK_FALSE(at.found().empty());
    at.put(key, value);
  }
  CHECK(at.found().empty());
}

TEST_CASE("a hold that is resolved twice is found") {
  Tampered at;
  pb::Entry twice;
  for (const auto& [key, value] : at.rows(keys::Table::Entry)) {
    pb::Entry entry;
    REQUIRE(entry.ParseFromString(value));
    if (entry.phase() == pb::VOIDED) twice = entry;
  }
  REQUIRE(!twice.hold().empty());
  twice.set_id(std::string(16, '\x7e'));
  at.put(keys::entry(twice.id()), twice.SerializeAsString());
  auto head = at.record<pb::Head>(keys::head());
  head.set_entry_sequence(head.entry_sequence() + 1);
  at.put(keys::head(), head.SerializeAsString());
  CHECK(at.found().find("resolves a hold that is not open") != std::string::npos);
}
