#include "daemon/process/incidents.hpp"

#include <mutex>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "ledger/reports.hpp"
#include "tests/support/book_fixture.hpp"

using namespace settled;
using namespace settled::daemon::process;
using namespace settled::tests;
using Lines = std::vector<std::string>;

namespace {

/// Incidents of a book, what they log and what they leave in its feed.
class Place {
 public:
  void report(const Incident& incident) { incidents_.report(incident); }
  /// Once all that was reported is committed.
  Lines feed() {
    books.ok([] {
      pb::CreateMerchant create;
      create.set_name("whoever comes after");
      return create;
    }());
    Lines out;
    const auto page = ledger::reports::events(books.store(), "", 0, 100).value();
    for (const pb::Event& event : page.data) {
      if (event.type() != "incident.reported") continue;
      const pb::Incident& told = event.incident();
      out.push_back(told.code() + " " + told.chain() + " " + told.node() + " " + told.detail());
    }
    return out;
  }
  Lines logged() {
    const std::lock_guard lock(mutex_);
    return log_;
  }

  BookFixture books;

 private:
  std::mutex mutex_;
  Lines log_;
  Incidents incidents_{books.book(), books.clock(), [this](std::string_view line) {
                         const std::lock_guard lock(mutex_);
                         log_.emplace_back(line);
                       }};
};

}  // namespace

TEST_CASE("an incident is logged each time and told in the feed once in ten minutes") {
  Place place;
  const Incident forged{"node_forged", "receipts_root_mismatch", "base", "one"};
  place.report(forged);
  place.report(forged);
  CHECK(place.feed() == Lines{"node_forged base one receipts_root_mismatch"});
  CHECK(place.logged() ==
        Lines(2, "incident node_forged: node one of chain base: receipts_root_mismatch"));

  place.report({"node_forged", "again", "base", "two"});
  place.report({"finality_violation", "block 7 was final", "base"});
  CHECK(place.feed().size() == 3);
  CHECK(place.logged().back() == "incident finality_violation: chain base: block 7 was final");

  place.books.clock().advance(std::chrono::milliseconds(Incidents::kQuiet).count() - 1);
  place.report(forged);
  CHECK(place.feed().size() == 3);
  place.books.clock().advance(1);
  place.report(forged);
  CHECK(place.feed().size() == 4);
}

TEST_CASE("what a node says is cut and made printable before it is booked") {
  Place place;
  place.report({"node_forged", "\xE2\x82\n" + std::string(5'000, 'x'), "base", "one"});
  REQUIRE(place.feed().size() == 1);
  CHECK(place.feed().front() == "node_forged base one ???" + std::string(997, 'x'));
}

TEST_CASE("an incident that cannot be booked says so in the log") {
  Place place;
  place.report({std::string(2'000, 'c'), "", "base"});
  CHECK(place.feed().size() == 1);  // its code is cut
  place.report({"", "no code", "base"});
  CHECK(place.feed().size() == 1);
  CHECK(place.logged().back().starts_with("incident  is not in the feed: invalid_incident"));
}
