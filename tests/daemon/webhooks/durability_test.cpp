#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <set>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "daemon/webhooks/deliverer.hpp"
#include "daemon/webhooks/outbox.hpp"
#include "tests/daemon/webhooks/webhook_world.hpp"

namespace settled::daemon::webhooks {
namespace {

using std::chrono::milliseconds;

std::set<std::string> events_of(const Receiver& receiver) {
  std::set<std::string> out;
  for (const Received& one : receiver.received) out.insert(one.event());
  return out;
}

std::set<std::string> all_events(World& world) {
  const auto events = world.events();
  return {events.begin(), events.end()};
}

void point_to(World& world, const EndpointId& endpoint, const Receiver& receiver) {
  ledger::pb::UpdateEndpoint update;
  update.set_id(endpoint.raw());
  update.set_url(receiver.url());
  world.books().ok(update);
}

/// The events whose delivery is noted as done.
std::set<std::string> noted(World& world, const EndpointId& endpoint) {
  std::set<std::string> out;
  for (const auto& delivery : world.deliveries(endpoint)) {
    if (delivery["status"] == "delivered") out.insert(delivery["event"].get<std::string>());
  }
  return out;
}

/// What a process did until its disk took nothing any more, which it was not told.
struct Lived {
  EndpointId endpoint{};
  std::uint64_t begun = 0;             ///< operations of the disk before its first event
  std::set<std::string> acknowledged;  ///< before the end
};

/// Events, one after the other, of which every second is taken at the second attempt only.
Lived live(World& world) {
  Lived lived;
  std::set<std::string> refused;
  tests::FaultEnv& disk = world.books().disk();
  Receiver receiver(world.io(), [&](const Received& request, std::size_t n) {
    if (n % 3 == 2 && refused.insert(request.event()).second) return status_line(500);
    if (!disk.fired()) lived.acknowledged.insert(request.event());
    return status_line(200);
  });
  lived.endpoint = world.endpoint(receiver.url());
  lived.begun = disk.operations(tests::FaultKind::Dropped);
  for (int i = 0; i < 4; ++i) {
    world.intent();
    REQUIRE(world.until_idle());
  }
  return lived;
}

}  // namespace

TEST_CASE("What was neither queued nor delivered when the process died goes out after") {
  World world;
  const EndpointId endpoint = world.endpoint("http://127.0.0.1:1/");
  for (int i = 0; i < 3; ++i) world.intent();
  world.crash();
  world.start();
  Receiver receiver(world.io(), always(200));
  point_to(world, endpoint, receiver);
  REQUIRE(world.until_received(receiver, 3));
  CHECK(events_of(receiver) == all_events(world));
}

TEST_CASE("What was under way or waiting for a retry when the process died is tried again") {
  World world({.allow_private_networks = true,
               .timeout = milliseconds(5'000),
               .retry_schedule = {milliseconds(300), milliseconds(20), milliseconds(20)}});
  EndpointId endpoint{};
  {
    Receiver before(world.io(), [](const Received&, std::size_t n) {
      return n == 1 ? status_line(500) : std::string();
    });
    endpoint = world.endpoint(before.url());
    world.intent();
    REQUIRE(world.until([&] { return world.deliverer().counters().retries == 1; }));
    world.intent();
    REQUIRE(world.until_received(before, 2));
  }
  world.crash();
  world.start();
  Receiver after(world.io(), always(200));
  point_to(world, endpoint, after);
  REQUIRE(world.until_received(after, 2));
  REQUIRE(world.until_idle());
  CHECK(events_of(after) == all_events(world));
  CHECK(after.received.size() == 2);
}

TEST_CASE("What was delivered is not sent again after a restart, and stays listed") {
  World world;
  EndpointId endpoint{};
  {
    Receiver before(world.io(), always(200));
    endpoint = world.endpoint(before.url());
    for (int i = 0; i < 3; ++i) world.intent();
    REQUIRE(world.until_received(before, 3));
    REQUIRE(world.until_idle());
  }
  world.crash();
  world.start();
  Receiver after(world.io(), always(200));
  point_to(world, endpoint, after);
  world.intent();
  REQUIRE(world.until_received(after, 1));
  REQUIRE(world.until_idle());
  CHECK(after.received.size() == 1);
  CHECK(world.deliveries(endpoint).size() == 4);
}

TEST_CASE("What was delivered and not durably noted comes again after a loss of power") {
  World world;
  EndpointId endpoint{};
  {
    Receiver before(world.io(), always(200));
    endpoint = world.endpoint(before.url());
    for (int i = 0; i < 3; ++i) world.intent();
    REQUIRE(world.until_received(before, 3));
    REQUIRE(world.until_idle());  // what was noted was written behind the last sync
    CHECK(noted(world, endpoint) == all_events(world));
  }
  world.lose_power();
  world.start();
  CHECK(noted(world, endpoint).empty());
  Receiver after(world.io(), always(200));
  point_to(world, endpoint, after);
  world.intent();
  REQUIRE(world.until_received(after, 4));
  REQUIRE(world.until_idle());
  CHECK(events_of(after) == all_events(world));
  CHECK(after.received.size() == 4);
}

TEST_CASE("What was delivered and noted before a sync does not come again after a loss of power") {
  World world;
  EndpointId endpoint{};
  {
    Receiver before(world.io(), always(200));
    endpoint = world.endpoint(before.url());
    for (int i = 0; i < 3; ++i) world.intent();
    REQUIRE(world.until_received(before, 3));
    REQUIRE(world.until_idle());
  }
  world.books().merchant("Synced");
  world.lose_power();
  world.start();
  CHECK(noted(world, endpoint) == all_events(world));
  Receiver after(world.io(), always(200));
  point_to(world, endpoint, after);
  world.intent();
  REQUIRE(world.until_received(after, 1));
  REQUIRE(world.until_idle());
  CHECK(after.received.size() == 1);
}

TEST_CASE("Wherever the end comes, no event is lost and none is noted that was not delivered") {
  const bool power_too = GENERATE(false, true);
  std::uint64_t operations = 0;
  std::size_t noted_somewhere = 0;
  std::size_t came_twice = 0;
  for (std::uint64_t last = 0; last <= operations; ++last) {
    CAPTURE(power_too, last);
    World world(World::quick(), {.kind = tests::FaultKind::Dropped,
                                 .operation = last,  // 0: the life whose operations are counted
                                 .lasting = true});
    const Lived lived = live(world);
    if (last == 0) operations = world.books().disk().operations(tests::FaultKind::Dropped);
    if (last == 0) last = lived.begun;
    power_too ? world.lose_power() : world.crash();
    world.start();
    const auto marks = noted(world, lived.endpoint);
    CHECK(std::ranges::includes(lived.acknowledged, marks));
    {
      Receiver after(world.io(), always(200));
      point_to(world, lived.endpoint, after);
      REQUIRE(world.until_idle());
      std::set<std::string> all = events_of(after);
      CHECK(after.received.size() == all.size());
      for (const auto& event : marks) CHECK(all.insert(event).second);
      CHECK(all == all_events(world));
      for (const auto& event : lived.acknowledged) came_twice += marks.contains(event) ? 0U : 1U;
    }
    noted_somewhere += marks.size();
  }
  CHECK(noted_somewhere > 0);
  CHECK(came_twice > 0);
}

TEST_CASE("Draining cancels what hangs, and what was canceled stays pending") {
  World world;
  Receiver receiver(world.io(), hang());
  const EndpointId endpoint = world.endpoint(receiver.url());
  world.intent();
  REQUIRE(world.until_received(receiver, 1));
  bool drained = false;
  boost::asio::co_spawn(world.io(), world.deliverer().drain(milliseconds(20)),
                        [&](std::exception_ptr thrown) {
                          if (thrown) std::rethrow_exception(thrown);
                          drained = true;
                        });
  REQUIRE(world.until([&] { return drained; }));
  const auto listed = world.deliveries(endpoint);
  CHECK(listed[0]["status"] == "pending");
  CHECK(listed[0]["attempt_count"] == 0);
}

TEST_CASE("Of ended deliveries the newest are kept, and pages go through them newest first") {
  tests::BookFixture books;
  Outbox outbox(books.store());
  const EndpointId endpoint{};
  const std::size_t count = Outbox::kEndedKept + 5;
  for (std::size_t i = 0; i < count; ++i) {
    DeliveryId id{};
    id.value.bytes[14] = static_cast<std::uint8_t>(i >> 8U);
    id.value.bytes[15] = static_cast<std::uint8_t>(i & 0xFFU);
    pb::Delivery delivery;
    delivery.set_id(id.raw());
    delivery.set_endpoint(endpoint.raw());
    delivery.set_event(std::string(16, 'e'));
    delivery.set_state(pb::DELIVERED);
    Outbox::Writes writes;
    outbox.put_ended(writes, delivery);
    REQUIRE(outbox.write(writes));
  }
  ledger::reports::PageRequest request{.limit = count, .starting_after = {}, .ending_before = {}};
  CHECK(outbox.page(endpoint, request)->data.size() == Outbox::kEndedKept);
  request.limit = 2;
  const auto first = outbox.page(endpoint, request).value();
  CHECK(first.has_more);
  request.starting_after = first.data[1].id();
  const auto second = outbox.page(endpoint, request).value();
  CHECK(second.data[0].id() < first.data[1].id());
  request.starting_after.reset();
  request.ending_before = second.data[0].id();
  CHECK(outbox.page(endpoint, request)->data[1].id() == first.data[1].id());
  request.ending_before = std::string(16, '\xEE');
  CHECK(outbox.page(endpoint, request).error().reason == "invalid_cursor");
  EndpointId other{};
  other.value.bytes[0] = 1;
  CHECK(outbox.page(other, {.limit = 2, .starting_after = first.data[1].id(), .ending_before = {}})
            .error()
            .param == "starting_after");

  Outbox again(books.store());
  const auto stored = again.load([](const pb::Delivery&) { FAIL("nothing is pending"); }).value();
  CHECK(stored.endpoints.contains(endpoint));
  CHECK(stored.newest.bytes[15] == static_cast<std::uint8_t>((count - 1) & 0xFFU));
}

TEST_CASE("Of many attempts the newest are kept") {
  pb::Delivery delivery;
  for (int i = 0; i < Outbox::kAttemptsKept + 3; ++i) {
    pb::Attempt attempt;
    attempt.set_at(i);
    record_attempt(delivery, attempt);
  }
  CHECK(delivery.attempts_size() == Outbox::kAttemptsKept);
  CHECK(delivery.attempts(0).at() == 3);
}

}  // namespace settled::daemon::webhooks
