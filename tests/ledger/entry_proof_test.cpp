#include "ledger/entry_proof.hpp"

#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/log_check.hpp"
#include "ledger/reports.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

/// Books with commands that make none, one and several entries, and a checkpoint over them.
struct Proven {
  TempDirectory outside;
  BookFixture books;
  SystemRandom random;
  std::unique_ptr<Checkpoints> checkpoints;
  SignedCheckpoint newest;

  Proven() {
    const std::string shop = books.set_up();
    books.fund(shop, "100");
    books.fund(shop, "7");
    books.ok(request_payout(shop, "10"));
    const pb::Intent first = books.intent(shop, "1");
    const pb::Intent second = books.intent(shop, "2");
    const pb::Intent third = books.intent(shop, "3");
    const std::uint64_t next = books.chain().head().number() + 1;
    books.mine({paid(first.deposit_address(), "1", "a"), paid(second.deposit_address(), "2", "b"),
                paid(third.deposit_address(), "3", "c")},
               next);
    checkpoints = Checkpoints::open(books.store(), proof::SigningKey::generate("test/book", random),
                                    outside.path(), books.clock())
                      .value();
    newest = checkpoints->make().value();
  }
  std::vector<pb::Entry> entries() {
    reports::PageRequest all;
    all.limit = 1'000;
    return reports::entries(books.store(), "", false, all).value().data;
  }
  Result<EntryProof> prove(const pb::Entry& entry) {
    return prove_entry(books.store(), {}, entry.id(), newest, checkpoints->key());
  }
};

}  // namespace

TEST_CASE("every entry is proven, with nothing but the proof and the key") {
  Proven proven;
  const auto entries = proven.entries();
  REQUIRE(entries.size() > 8);
  std::size_t longest = 0;
  for (const pb::Entry& entry : entries) {
    const auto made = proven.prove(entry);
    REQUIRE(made);
    const auto verified = verify_entry(*made, proven.checkpoints->key());
    REQUIRE(verified);
    CHECK(verified->entry.SerializeAsString() == entry.SerializeAsString());
    CHECK(verified->checkpoint == proven.newest.checkpoint);
    longest = std::max(longest, made->entry_path.size());
  }
  CHECK(longest >= 2);  // of a command with several entries
}

TEST_CASE("a proof of anything else is refused") {
  Proven proven;
  const auto entries = proven.entries();
  const EntryProof good = proven.prove(entries.front()).value();
  const EntryProof other = proven.prove(entries.back()).value();
  const auto key = proven.checkpoints->key();
  const auto reason = [&](EntryProof wrong) { return verify_entry(wrong, key).error().reason; };
  const auto changed = [&](auto change) {
    EntryProof wrong = good;
    change(wrong);
    return reason(wrong);
  };
  REQUIRE(verify_entry(good, key));
  CHECK(changed([&](EntryProof& p) { p.entry = other.entry; }) == "not_proven");
  CHECK(changed([&](EntryProof& p) { p.leaf = other.leaf; }) == "not_proven");
  CHECK(changed([&](EntryProof& p) { p.leaf_path = other.leaf_path; }) == "not_proven");
  CHECK(changed([&](EntryProof& p) { p.leaf_path.pop_back(); }) == "not_proven");
  CHECK(changed([&](EntryProof& p) { ++p.leaf.sequence; }) == "not_proven");
  CHECK(changed([&](EntryProof& p) { p.leaf.sequence = 0; }) == "not_proven");
  CHECK(changed([&](EntryProof& p) { p.leaf.state.bytes[3] ^= 1; }) == "not_proven");
  CHECK(changed([&](EntryProof& p) { p.entry_path.push_back({true, {}}); }) == "not_proven");
  CHECK(changed([&](EntryProof& p) { p.entry = "junk"; }) == "invalid_receipt");
  CHECK(changed([&](EntryProof& p) { p.checkpoint[10] ^= 1; }) != "");
  for (std::size_t at = 0; at < good.entry.size(); ++at) {
    REQUIRE(changed([&](EntryProof& p) { p.entry[at] = static_cast<char>(p.entry[at] ^ 1); }) !=
            "");
  }
  const auto stranger = proof::SigningKey::generate("test/book", proven.random);
  CHECK(verify_entry(good, stranger.verifier()).error().reason == "unknown_key");
}

TEST_CASE("entries from before the proofs, and unknown ones, are refused by name") {
  Proven proven;
  const pb::Entry newest = proven.entries().front();
  const LogLayout all_old{proven.newest.checkpoint.sequence};
  LogRecord last = read_log(proven.books.store(), {}, all_old.format_1_until).value();
  last.format_1 = true;
  store::Batch batch;
  batch.put(keys::log(all_old.format_1_until), last.stored());
  REQUIRE(proven.books.store().write(batch, store::Durability::Synced));
  CHECK(command_of_entry(proven.books.store(), all_old, newest.id()).error().reason ==
        "entry_not_provable");
  CHECK(command_of_entry(proven.books.store(), {}, std::string(16, 'x')).error().reason ==
        "not_found");
}

TEST_CASE("the command of an entry is found however many shared its millisecond") {
  Proven proven;
  proven.books.clock().advance(5);
  proven.books.derive(20);
  const std::string shop = proven.books.merchant("Other");
  std::map<std::string, std::uint64_t> made_by;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 3; ++i) {
      std::set<std::string> known;
      for (const pb::Entry& entry : proven.entries()) known.insert(entry.id());
      proven.books.fund(shop, "1");
      const std::uint64_t command = proven.books.book().head().sequence();
      for (const pb::Entry& entry : proven.entries()) {
        if (!known.contains(entry.id())) made_by[entry.id()] = command;
      }
    }
    proven.books.clock().advance(round);
  }
  REQUIRE(made_by.size() >= 9);
  for (const auto& [id, command] : made_by) {
    CHECK(command_of_entry(proven.books.store(), {}, id).value() == command);
  }
}

TEST_CASE("an entry that was edited in its table gets no proof") {
  Proven proven;
  pb::Entry edited = proven.entries().front();
  edited.set_kind("payout.created");
  edited.mutable_lines(0)->set_amount(money("1000"));
  store::Batch batch;
  batch.put(keys::entry(edited.id()), edited.SerializeAsString());
  REQUIRE(proven.books.store().write(batch, store::Durability::Synced));
  const auto made = proven.prove(edited);
  REQUIRE_FALSE(made);
  CHECK(made.error().code == Errc::Corrupt);
  CHECK(made.error().reason == "log_record_edited");
}
