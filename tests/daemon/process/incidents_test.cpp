#include "daemon/process/incidents.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <latch>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "ledger/reports.hpp"
#include "tests/support/book_fixture.hpp"
#include "tests/support/held_store.hpp"

using namespace settled;
using namespace settled::daemon::process;
using namespace settled::tests;
using Lines = std::vector<std::string>;

namespace {

Lines feed_of(const ledger::store::Reader& reader) {
  Lines out;
  const auto page = ledger::reports::events(reader, "", 0, 100).value();
  for (const pb::Event& event : page.data) {
    if (event.type() != "incident.reported") continue;
    const pb::Incident& told = event.incident();
    out.push_back(told.code() + " " + told.chain() + " " + told.node() + " " + told.detail());
  }
  return out;
}

/// Until nothing waits for the book any more.
void book_waiting(boost::asio::io_context& io, Incidents& incidents) {
  bool ended = false;
  boost::asio::co_spawn(io, incidents.book_waiting(), [&](std::exception_ptr thrown) {
    REQUIRE(thrown == nullptr);
    ended = true;
  });
  io.restart();
  io.run();
  REQUIRE(ended);
}

/// Incidents of a book, what they log and what they leave in its feed.
class Place {
 public:
  void report(const Incident& incident) { incidents_.report(incident); }
  Lines feed() {
    book_waiting(io_, incidents_);
    return feed_of(books.store());
  }
  const Lines& logged() const { return log_; }

  BookFixture books;

 private:
  boost::asio::io_context io_;
  Lines log_;
  Incidents incidents_{io_.get_executor(), books.book(), books.clock(),
                       [this](std::string_view line) { log_.emplace_back(line); }};
};

pb::Command new_merchant(std::string_view name) {
  pb::Command out;
  out.mutable_create_merchant()->set_name(std::string(name));
  return out;
}

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

TEST_CASE("what the book is too busy to take is tried again, in order, until it takes it") {
  using std::chrono::milliseconds;
  BookFixture below;
  HeldStore held(below.store());
  TestClock clock;
  SeededRandom random;
  ledger::Book::Options options;
  options.max_queue = 1;
  auto book = ledger::Book::open(held, clock, random, options).value();
  std::latch written(2);
  const auto done = [&](const Result<ledger::Applied>& applied) {
    CHECK(applied);
    written.count_down();
  };
  held.hold();
  book->submit(new_merchant("is being written"), {}, done);
  held.wait_for_write();
  book->submit(new_merchant("fills the queue"), {}, done);

  boost::asio::io_context io;
  Lines log;
  std::vector<milliseconds> pauses;
  std::function<void()> at_pause;
  Incidents incidents(
      io.get_executor(), *book, clock, [&](std::string_view line) { log.emplace_back(line); },
      [&](milliseconds pause) -> chains::http::Task<void> {
        pauses.push_back(pause);
        at_pause();
        co_return;
      });
  const Incident forged{"node_forged", "first", "base", "one"};
  incidents.report(forged);
  incidents.report({"finality_violation", "second", "base"});
  at_pause = [&] {
    if (pauses.size() == 1) {
      // Told again while it waits, it is still one.
      clock.advance(milliseconds(Incidents::kQuiet).count());
      incidents.report(forged);
    }
    if (pauses.size() < 7) return;
    held.release();
    written.wait();
  };
  book_waiting(io, incidents);
  CHECK(incidents.waiting() == 0);
  CHECK(feed_of(below.store()) ==
        Lines{"node_forged base one first", "finality_violation base  second"});
  CHECK(pauses == std::vector{milliseconds(1'000), milliseconds(2'000), milliseconds(4'000),
                              milliseconds(8'000), milliseconds(16'000), milliseconds(30'000),
                              milliseconds(30'000)});
  CHECK(std::ranges::count(log,
                           "incident node_forged is not in the feed yet: book_overloaded: "
                           "too many commands wait; try again") == 1);

  // And the next one without a pause.
  incidents.report(forged);
  CHECK(incidents.waiting() == 0);
  clock.advance(milliseconds(Incidents::kQuiet).count());
  incidents.report(forged);
  book_waiting(io, incidents);
  CHECK(feed_of(below.store()).size() == 3);
  CHECK(pauses.size() == 7);
}
