#include "daemon/webhooks/intake.hpp"

#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "ledger/reports.hpp"
#include "tests/support/book_fixture.hpp"

namespace settled::daemon::webhooks {
namespace {

constexpr std::size_t kMaxPending = 4;

/// An intake with what it fills, over a book. Making it anew is a restart.
struct Queue {
  explicit Queue(tests::BookFixture& books)
      : outbox(books.store()),
        schedule(100),
        intake(books.book(), outbox, schedule, books.clock(), random, kMaxPending) {
    REQUIRE(intake.load());
  }

  void take_all() {
    for (;;) {
      const auto more = intake.take();
      REQUIRE(more);
      if (!*more) return;
    }
  }
  /// Delivers what may start now, one after the other, and returns the events.
  std::vector<std::string> deliver(Time now, std::size_t limit) {
    std::vector<std::string> events;
    for (std::optional<Schedule::Start> start;
         events.size() < limit && (start = schedule.next(now));) {
      auto delivery = outbox.find(start->endpoint, start->id).value().value();
      events.push_back(delivery.event());
      delivery.set_state(pb::DELIVERED);
      Outbox::Writes writes;
      outbox.put_ended(writes, delivery);
      REQUIRE(outbox.write(writes));
      schedule.end(*start, true);
    }
    return events;
  }

  tests::SeededRandom random;
  Outbox outbox;
  Schedule schedule;
  Intake intake;
};

EndpointId subscribe(tests::BookFixture& books, const std::string& merchant) {
  ledger::pb::CreateEndpoint create;
  create.set_merchant(merchant);
  create.set_url("https://example.com/");
  create.add_events("*");
  create.set_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  return EndpointId::from_raw(books.ok(create).endpoint().id());
}

std::vector<std::string> all_events(tests::BookFixture& books) {
  std::vector<std::string> out;
  const auto page = ledger::reports::events(books.store(), {}, 0, 1'000).value();
  for (const auto& event : page.data) out.push_back(event.id());
  return out;
}

void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

TEST_CASE("An endpoint with too much pending lags, and gets every event once in the end") {
  tests::BookFixture books;
  const std::string merchant = books.set_up();
  const EndpointId endpoint = subscribe(books, merchant);
  std::vector<std::string> delivered;
  const bool restarts = GENERATE(false, true);
  std::optional<Queue> queue(std::in_place, books);
  for (int i = 0; i < 9; ++i) books.intent(merchant, "1.00");
  queue->take_all();
  CHECK(queue->schedule.pending(endpoint) == kMaxPending);

  const auto restart = [&] {
    if (!restarts) return;
    books.merchant("Synced");
    queue.reset();
    books.reopen();
    queue.emplace(books);
  };
  restart();
  append(delivered, queue->deliver(books.clock().now(), 1));
  queue->take_all();
  CHECK(queue->schedule.pending(endpoint) == 3);
  append(delivered, queue->deliver(books.clock().now(), 1));
  queue->take_all();
  restart();
  books.intent(merchant, "1.00");
  for (int round = 0; round < 10 && delivered.size() < 10; ++round) {
    queue->take_all();
    append(delivered, queue->deliver(books.clock().now(), 100));
  }
  CHECK(delivered == all_events(books));
  queue->take_all();
  CHECK(queue->schedule.pending() == 0);
}

TEST_CASE("One endpoint's backlog does not keep events from another") {
  tests::BookFixture books;
  const std::string merchant = books.set_up();
  const EndpointId full = subscribe(books, merchant);
  Queue queue(books);
  for (int i = 0; i < 6; ++i) books.intent(merchant, "1.00");
  queue.take_all();
  const EndpointId fresh = subscribe(books, merchant);
  books.intent(merchant, "1.00");
  queue.take_all();
  CHECK(queue.schedule.pending(full) == kMaxPending);
  CHECK(queue.schedule.pending(fresh) == 1);
  const auto event = ledger::reports::events(books.store(), {}, 6, 1).value().data.at(0);
  const auto redelivery = queue.intake.redeliver(event, merchant).value();
  CHECK(redelivery.skipped == std::vector{full});
  CHECK(redelivery.pending == 1);
  const auto older = ledger::reports::events(books.store(), {}, 0, 1).value().data.at(0);
  CHECK(queue.intake.redeliver(older, merchant)->queued == 1);
  CHECK(queue.schedule.pending(fresh) == 2);
  CHECK(queue.schedule.pending(full) == kMaxPending);
}

TEST_CASE("An endpoint that was deleted while it lagged leaves nothing behind after a restart") {
  tests::BookFixture books;
  const std::string merchant = books.set_up();
  const EndpointId endpoint = subscribe(books, merchant);
  std::optional<Queue> queue(std::in_place, books);
  for (int i = 0; i < 6; ++i) books.intent(merchant, "1.00");
  queue->take_all();
  ledger::pb::DeleteEndpoint remove;
  remove.set_id(endpoint.raw());
  books.ok(remove);
  queue.reset();
  books.reopen();
  queue.emplace(books);
  queue->take_all();
  CHECK(queue->schedule.pending() == 0);
  CHECK(queue->outbox.page(endpoint, {})->data.empty());
}

TEST_CASE("An event that is already on its way to an endpoint is not queued twice") {
  tests::BookFixture books;
  const std::string merchant = books.set_up();
  const EndpointId endpoint = subscribe(books, merchant);
  std::optional<Queue> queue(std::in_place, books);
  books.intent(merchant, "1.00");
  queue->take_all();
  const auto event = ledger::reports::events(books.store(), {}, 0, 1).value().data.at(0);
  CHECK(queue->intake.redeliver(event, merchant)->pending == 1);
  books.merchant("Synced");
  queue.reset();
  books.reopen();
  queue.emplace(books);
  CHECK(queue->intake.redeliver(event, merchant)->queued == 0);
  CHECK(queue->schedule.pending(endpoint) == 1);
  queue->deliver(books.clock().now(), 1);
  CHECK(queue->intake.redeliver(event, merchant)->queued == 1);
}

TEST_CASE("What is noted of a redelivery is there if and only if its deliveries are") {
  tests::BookFixture books;
  const std::string merchant = books.set_up();
  Queue queue(books);
  books.intent(merchant, "1.00");
  queue.take_all();
  subscribe(books, merchant);
  const auto event = ledger::reports::events(books.store(), {}, 0, 1).value().data.at(0);
  const std::string key = "O-noted";
  const auto note = [&](ledger::store::Batch& batch, const Redelivery& done) {
    batch.put(key, std::to_string(done.queued));
  };
  books.disk().cut_power();  // what is written from here on is told to be there and is not
  CHECK(queue.intake.redeliver(event, merchant, note)->queued == 1);
  books.reopen();
  CHECK(books.store().get(key).value() == std::nullopt);
  Queue after(books);
  CHECK(after.schedule.pending() == 0);
  CHECK(after.intake.redeliver(event, merchant, note)->queued == 1);
  CHECK(books.store().get(key).value() == "1");
  CHECK(after.schedule.pending() == 1);
}

TEST_CASE("A redelivery before anything was loaded notes nothing") {
  tests::BookFixture books;
  const std::string merchant = books.set_up();
  books.intent(merchant, "1.00");
  const auto event = ledger::reports::events(books.store(), {}, 0, 1).value().data.at(0);
  tests::SeededRandom random;
  Outbox outbox(books.store());
  Schedule schedule(100);
  Intake intake(books.book(), outbox, schedule, books.clock(), random, kMaxPending);
  bool noted = false;
  const auto refused = intake.redeliver(
      event, merchant, [&](ledger::store::Batch&, const Redelivery&) { noted = true; });
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == "not_ready");
  CHECK_FALSE(noted);
}

TEST_CASE("A merchant redelivers to its own endpoints alone, the platform to all") {
  tests::BookFixture books;
  const std::string merchant = books.set_up();
  Queue queue(books);
  books.intent(merchant, "1.00");
  queue.take_all();
  const EndpointId own = subscribe(books, merchant);
  const EndpointId house = subscribe(books, "");
  const auto event = ledger::reports::events(books.store(), {}, 0, 1).value().data.at(0);
  CHECK(queue.intake.redeliver(event, merchant)->queued == 1);
  CHECK(queue.schedule.pending(own) == 1);
  CHECK(queue.schedule.pending(house) == 0);
  CHECK(queue.intake.redeliver(event, "")->queued == 1);
  CHECK(queue.schedule.pending(house) == 1);
}

}  // namespace settled::daemon::webhooks
