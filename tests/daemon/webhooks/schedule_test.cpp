#include "daemon/webhooks/schedule.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace settled::daemon::webhooks {
namespace {

template <typename AnyId>
AnyId numbered(std::uint8_t number) {
  AnyId id{};
  id.value.bytes.back() = number;
  return id;
}

constexpr std::uint8_t kEndpoint = 1;

Time at(std::int64_t ms) {
  return from_ms(ms);
}

Schedule::Item item(std::uint8_t id, std::string object, std::int64_t due = 0,
                    std::uint8_t endpoint = kEndpoint, bool first = true) {
  return {numbered<EndpointId>(endpoint), numbered<DeliveryId>(id), std::move(object), first,
          at(due)};
}
Schedule::Start start(std::uint8_t id, std::uint8_t endpoint = kEndpoint) {
  return {numbered<EndpointId>(endpoint), numbered<DeliveryId>(id)};
}

/// The numbers of all that start now.
std::vector<int> started(Schedule& schedule, std::int64_t now) {
  std::vector<int> out;
  while (const auto next = schedule.next(at(now))) out.push_back(next->id.value.bytes.back());
  return out;
}

using Numbers = std::vector<int>;

}  // namespace

TEST_CASE("First attempts about one object go one after the other, others at once") {
  Schedule schedule(100);
  schedule.add(item(1, "a"));
  schedule.add(item(2, "a"));
  schedule.add(item(3, "b"));
  schedule.add(item(4, "a"));
  CHECK(started(schedule, 0) == Numbers{1, 3});
  schedule.end(start(1), true);
  CHECK(started(schedule, 0) == Numbers{2});
  schedule.end(start(2), true);
  CHECK(started(schedule, 0) == Numbers{4});
}

TEST_CASE("A failed first attempt lets the next event of its object go") {
  Schedule schedule(100);
  schedule.add(item(1, "a"));
  schedule.add(item(2, "a"));
  CHECK(started(schedule, 0) == Numbers{1});
  schedule.retry(start(1), at(1000), true);
  CHECK(started(schedule, 0) == Numbers{2});
  CHECK(schedule.next_due() == at(1000));
  CHECK(started(schedule, 999).empty());
  CHECK(started(schedule, 1000) == Numbers{1});
}

TEST_CASE("A retry waits for nobody, and nobody for it") {
  Schedule schedule(100);
  schedule.add(item(1, "a", 500, kEndpoint, false));
  schedule.add(item(2, "a", 0));
  schedule.add(item(3, "a", 0));
  CHECK(started(schedule, 500) == Numbers{2, 1});
}

TEST_CASE("An endpoint has at most eight attempts under way, one that does not answer two") {
  Schedule schedule(100);
  for (std::uint8_t id = 1; id <= 12; ++id) schedule.add(item(id, std::string(1, char(64 + id))));
  CHECK(started(schedule, 0).size() == Schedule::kInFlight);
  CHECK_FALSE(schedule.next_due());
  schedule.retry(start(1), at(1000), false);
  CHECK(started(schedule, 0).empty());
  for (std::uint8_t id = 2; id <= 7; ++id) schedule.retry(start(id), at(1000), false);
  CHECK(started(schedule, 0) == Numbers{9});
  schedule.end(start(8), true);
  CHECK(started(schedule, 0) == Numbers{10, 11, 12});
}

TEST_CASE("All endpoints together have at most the total under way") {
  Schedule schedule(3);
  for (std::uint8_t endpoint = 1; endpoint <= 4; ++endpoint) {
    schedule.add(item(endpoint, "a", 0, endpoint));
  }
  CHECK(started(schedule, 0) == Numbers{1, 2, 3});
  CHECK(schedule.in_flight() == 3);
  CHECK_FALSE(schedule.next_due());
  schedule.end(start(2, 2), true);
  CHECK(started(schedule, 0) == Numbers{4});
}

TEST_CASE("What is due first goes first, over all endpoints") {
  Schedule schedule(100);
  schedule.add(item(1, "a", 30, 1, false));
  schedule.add(item(2, "a", 10, 2, false));
  schedule.add(item(3, "a", 20, 3, false));
  CHECK(started(schedule, 30) == Numbers{2, 3, 1});
}

TEST_CASE("Dropping an endpoint forgets all but what is under way") {
  Schedule schedule(100);
  schedule.add(item(1, "a"));
  schedule.add(item(2, "a"));
  schedule.add(item(3, "b", 1000, kEndpoint, false));
  schedule.add(item(4, "a", 1000, 2, false));
  CHECK(started(schedule, 0) == Numbers{1});
  CHECK(schedule.drop(numbered<EndpointId>(kEndpoint)) ==
        std::vector{numbered<DeliveryId>(2), numbered<DeliveryId>(3)});
  CHECK(schedule.pending() == 2);
  schedule.end(start(1), true);
  CHECK(schedule.pending() == 1);
  CHECK(schedule.pending(numbered<EndpointId>(kEndpoint)) == 0);
  CHECK(started(schedule, 1000) == Numbers{4});
}

TEST_CASE("The oldest is told by the time in the ids") {
  Schedule schedule(100);
  CHECK_FALSE(schedule.oldest());
  Schedule::Item late = item(1, "a", 0, 1);
  late.id.value.bytes[5] = 9;
  Schedule::Item early = item(2, "a", 0, 2);
  early.id.value.bytes[5] = 4;
  schedule.add(late);
  schedule.add(early);
  CHECK(schedule.oldest() == at(4));
}

TEST_CASE("All endpoints of one merchant have a limit together, those of others none of it") {
  Schedule schedule(1'000);
  constexpr std::uint8_t kEndpoints = Schedule::kInFlightOfOwner / Schedule::kInFlight + 2;
  std::uint8_t id = 0;
  for (std::uint8_t endpoint = 1; endpoint <= kEndpoints; ++endpoint) {
    for (std::size_t i = 0; i < Schedule::kInFlight; ++i) {
      ++id;
      Schedule::Item one = item(id, std::to_string(id), 0, endpoint);
      one.owner = "greedy";
      schedule.add(one);
    }
  }
  CHECK(started(schedule, 0).size() == Schedule::kInFlightOfOwner);
  CHECK_FALSE(schedule.next_due());
  Schedule::Item other = item(200, "other", 0, 99);
  other.owner = "modest";
  schedule.add(other);
  CHECK(started(schedule, 0) == Numbers{200});
  schedule.end(start(1, 1), true);
  CHECK(started(schedule, 0).size() == 1);
  CHECK(started(schedule, 0).empty());
  schedule.retry(start(2, 1), at(500), true);
  CHECK(started(schedule, 0).size() == 1);
  schedule.drop(numbered<EndpointId>(kEndpoints));
  for (std::uint8_t each = 3; each <= 8; ++each) schedule.end(start(each, 1), true);
  CHECK(started(schedule, 0).size() == 6);
}

}  // namespace settled::daemon::webhooks
