#include <catch2/catch.hpp>

#include "ledger/journal.hpp"
#include "ledger/keys.hpp"
#include "ledger/verify.hpp"
#include "tests/support/journal_commands.hpp"

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

namespace {

pb::PostEntries batch(const std::vector<pb::PostEntry>& entries) {
  pb::PostEntries out;
  for (const pb::PostEntry& entry : entries) *out.add_entries() = entry;
  return out;
}

class Journal : public BookFixture {
 public:
  Journal() {
    pb::OpenAccount loans = open_account("liability:loans");
    loans.set_debits_must_not_exceed_credits(true);
    ok(loans);
    ok(open_account("asset:bank"));
    ok(open_account("expense:rent"));
  }
  ~Journal() { CHECK(verify(store()).has_value()); }
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  std::string state_hash() { return book().head().state_hash(); }
  pb::Entry entry(const std::string& id) {
    return read_record<pb::Entry>(store(), keys::entry(id)).value().value();
  }
};

const pb::PostEntry kBorrow = post_entry("borrow", {"Dr asset:bank 10", "Cr liability:loans 10"});
const pb::PostEntry kRepay = post_entry("repay", {"Dr liability:loans 4", "Cr asset:bank 4"});
const pb::PostEntry kTooMuch = post_entry("much", {"Dr liability:loans 7", "Cr asset:bank 7"});

}  // namespace

TEST_CASE("the entries of a batch are posted in order, each upon those before it") {
  Journal books;
  const pb::Reply reply = books.ok(batch({kBorrow, kRepay}));
  CHECK(books.counters("liability:loans") == "4.00/10.00 0.00/0.00");
  REQUIRE(reply.ids_size() == 2);
  CHECK(books.entry(reply.ids(0)).reference() == "borrow");
  CHECK(books.entry(reply.ids(1)).reference() == "repay");
  CHECK(reply.ids(0) < reply.ids(1));
}

TEST_CASE("one entry that is refused refuses the batch, and is named by its place") {
  Journal books;
  const std::string before = books.state_hash();
  SECTION("by a limit") {
    const Error error = books.refused(batch({kBorrow, kRepay, kTooMuch}));
    CHECK(error.reason == "exceeds_credits");
    CHECK(error.param == "entries[2]");
  }
  SECTION("in another order the limit is not there yet") {
    const Error error = books.refused(batch({kRepay, kBorrow}));
    CHECK(error.reason == "exceeds_credits");
    CHECK(error.param == "entries[0]");
  }
  SECTION("by its form") {
    pb::PostEntry wrong = kRepay;
    wrong.mutable_lines()->RemoveLast();
    const Error error = books.refused(batch({kBorrow, wrong}));
    CHECK(error.reason == "invalid_lines");
    CHECK(error.param == "entries[1].lines");
  }
  CHECK(books.state_hash() == before);
  CHECK(books.counters("asset:bank") == "0.00/0.00 0.00/0.00");
  // No reference is used up.
  CHECK(books.ok(batch({kBorrow})).ids_size() == 1);
}

TEST_CASE("a reference that a batch repeats is the same request, or a conflict") {
  Journal books;
  const pb::Reply twice = books.ok(batch({kBorrow, kBorrow}));
  REQUIRE(twice.ids_size() == 2);
  CHECK(twice.ids(0) == twice.ids(1));
  CHECK(books.counters("liability:loans") == "0.00/10.00 0.00/0.00");

  CHECK(books.ok(batch({kBorrow, kRepay})).ids(0) == twice.ids(0));
  pb::PostEntry other = kBorrow;
  other.set_description("another");
  const Error error = books.refused(batch({other}));
  CHECK(error.reason == "exists_with_different_description");
  CHECK(error.param == "entries[0].description");
}

TEST_CASE("a batch may hold and post in one step") {
  Journal books;
  const pb::Reply reply = books.ok(
      batch({kBorrow, pending_entry("hold", {"Dr liability:loans 6", "Cr asset:bank 6"})}));
  CHECK(books.entry(reply.ids(1)).phase() == pb::PENDING);
  CHECK(books.refused(batch({kTooMuch})).reason == "exceeds_credits");
}

TEST_CASE("a batch has its bounds") {
  Journal books;
  const auto of = [](int entries, int lines) {
    pb::PostEntries out;
    for (int i = 0; i < entries; ++i) {
      pb::PostEntry& entry = *out.add_entries();
      entry = post_entry("r" + std::to_string(i), {});
      for (int at = 0; at < lines; ++at) {
        *entry.add_lines() = line(at % 2 == 0 ? "Dr asset:bank 1" : "Cr expense:rent 1");
      }
    }
    return out;
  };
  CHECK(books.refused(of(0, 2)).reason == "invalid_entries");
  CHECK(books.refused(of(1'001, 1)).reason == "invalid_entries");
  CHECK(books.refused(of(667, 3)).reason == "invalid_entries");
  CHECK(books.ok(of(1'000, 2)).ids_size() == 1'000);
}

TEST_CASE("an incident is an event of the platform's and changes nothing else") {
  BookFixture books;
  const std::string merchant = books.set_up();
  pb::ReportIncident report;
  report.set_code("node_forged");
  report.set_detail("receipts_root_mismatch");
  report.set_chain("base");
  report.set_node("one");
  const std::uint64_t before = books.book().head().event_sequence();
  books.ok(report);
  REQUIRE(books.book().head().event_sequence() == before + 1);
  const auto event = read_record<pb::Event>(books.store(), keys::event(before + 1)).value().value();
  CHECK(event.type() == "incident.reported");
  CHECK(event.merchant().empty());
  CHECK(event.incident().code() == "node_forged");
  CHECK(event.incident().node() == "one");
  CHECK(event.incident().created() == books.now_ms());

  report.clear_code();
  CHECK(books.refused(report).reason == "invalid_incident");
  report.set_code("x");
  report.set_detail(std::string(1'001, 'x'));
  CHECK(books.refused(report).reason == "invalid_incident");
}
