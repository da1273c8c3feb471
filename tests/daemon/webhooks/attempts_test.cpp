#include <chrono>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "daemon/webhooks/deliverer.hpp"
#include "tests/daemon/webhooks/webhook_world.hpp"

namespace settled::daemon::webhooks {
namespace {

using std::chrono::milliseconds;

}  // namespace

TEST_CASE("A failed delivery is tried again with the same id and body until it is accepted") {
  World world;
  Receiver receiver(world.io(),
                    [](const Received&, std::size_t n) { return status_line(n <= 2 ? 500 : 204); });
  const EndpointId endpoint = world.endpoint(receiver.url());
  world.intent();
  REQUIRE(world.until_received(receiver, 3));
  REQUIRE(world.until_idle());
  CHECK(receiver.received.size() == 3);
  for (const Received& one : receiver.received) {
    CHECK(one.event() == receiver.received[0].event());
    CHECK(one.body == receiver.received[0].body);
  }
  const auto listed = world.deliveries(endpoint);
  CHECK(listed[0]["status"] == "delivered");
  CHECK(listed[0]["attempt_count"] == 3);
  CHECK(listed[0]["attempts"][0]["status_code"] == 500);
  CHECK(listed[0]["attempts"][2]["status_code"] == 204);
  CHECK(world.deliverer().counters().retries == 2);
}

TEST_CASE("When the schedule is used up the delivery has failed") {
  World world;
  Receiver receiver(world.io(), always(500));
  const EndpointId endpoint = world.endpoint(receiver.url());
  world.intent();
  REQUIRE(world.until_received(receiver, 3));
  REQUIRE(world.until_idle());
  CHECK(receiver.received.size() == 3);
  CHECK(world.deliveries(endpoint)[0]["status"] == "failed");
  CHECK(world.deliverer().counters().failed == 1);
}

TEST_CASE("A redirect is not followed and counts as a failure") {
  World world;
  Receiver elsewhere(world.io(), always(200));
  Receiver receiver(world.io(), always(307, "Location: " + elsewhere.url() + "\r\n"));
  world.endpoint(receiver.url());
  world.intent();
  REQUIRE(world.until_received(receiver, 3));
  REQUIRE(world.until_idle());
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("410 disables the endpoint and gives up what is pending") {
  World world({.allow_private_networks = true,
               .timeout = milliseconds(5'000),
               .retry_schedule = {std::chrono::hours(1)}});
  Receiver receiver(world.io(),
                    [](const Received&, std::size_t n) { return status_line(n == 1 ? 500 : 410); });
  const EndpointId endpoint = world.endpoint(receiver.url());
  world.intent();
  REQUIRE(world.until_received(receiver, 1));
  world.intent();
  REQUIRE(world.until([&] { return world.stored(endpoint).disabled(); }));
  CHECK(world.stored(endpoint).disabled_reason() == "gone");
  REQUIRE(world.until_idle());
  world.intent();
  world.settle();
  CHECK(receiver.received.size() == 2);
  const auto listed = world.deliveries(endpoint);
  REQUIRE(listed.size() == 2);
  CHECK(listed[0]["attempts"][0]["status_code"] == 410);
  CHECK(listed[1]["status"] == "failed");
  CHECK(listed[1]["attempts"][1]["error"] == "endpoint_gone");
}

TEST_CASE("410 of a URL that the endpoint no longer has disables nothing and drops nothing") {
  World world({.allow_private_networks = true,
               .timeout = milliseconds(5'000),
               .retry_schedule = {milliseconds(20)}});
  Receiver fresh(world.io(), always(200));
  EndpointId endpoint{};
  Receiver stale(world.io(), [&](const Received&, std::size_t) {
    ledger::pb::UpdateEndpoint update;
    update.set_id(endpoint.raw());
    update.set_url(fresh.url());
    world.books().ok(update);
    return status_line(410);
  });
  endpoint = world.endpoint(stale.url());
  world.intent();
  REQUIRE(world.until_received(stale, 1));
  world.intent();
  REQUIRE(world.until_received(fresh, 1));
  REQUIRE(world.until_idle());
  CHECK_FALSE(world.stored(endpoint).disabled());
  CHECK(world.stored(endpoint).url() == fresh.url());
  world.intent();
  CHECK(world.until_received(fresh, 2));
}

TEST_CASE("An exception in one attempt is that attempt's failure, and others go on") {
  World world;
  Receiver receiver(world.io(), always(200));
  const EndpointId endpoint = world.endpoint(receiver.url());
  world.fail_bodies = 1;
  world.intent();
  REQUIRE(world.until_received(receiver, 1));
  REQUIRE(world.until_idle());
  const auto listed = world.deliveries(endpoint);
  CHECK(listed[0]["status"] == "delivered");
  CHECK(listed[0]["attempts"][0]["error"] == "delivery_failed");
  CHECK(listed[0]["attempts"][1]["status_code"] == 200);
}

TEST_CASE("A receiver that says nothing is given up after the timeout and tried again") {
  World world({.allow_private_networks = true,
               .timeout = milliseconds(50),
               .retry_schedule = {milliseconds(10)}});
  Receiver receiver(world.io(), [](const Received&, std::size_t n) {
    return n == 1 ? std::string() : status_line(200);
  });
  const EndpointId endpoint = world.endpoint(receiver.url());
  world.intent();
  REQUIRE(world.until_received(receiver, 2));
  REQUIRE(world.until_idle());
  const auto listed = world.deliveries(endpoint);
  CHECK(listed[0]["attempts"][0]["error"] == "timeout");
  CHECK(listed[0]["attempts"][0]["status_code"].is_null());
  CHECK(listed[0]["status"] == "delivered");
}

TEST_CASE("Retry-After of a 503 is honoured") {
  World world;
  Receiver receiver(world.io(), always(503, "Retry-After: 3600\r\n"));
  const EndpointId endpoint = world.endpoint(receiver.url());
  world.intent();
  REQUIRE(world.until([&] { return world.deliverer().counters().retries == 1; }));
  const auto listed = world.deliveries(endpoint);
  const auto next = parse_rfc3339(listed[0]["next_attempt_at"].get<std::string>());
  REQUIRE(next);
  const auto wait = *next - SystemClock().now();
  CHECK(wait > std::chrono::minutes(59));
  CHECK(wait <= std::chrono::hours(1));
}

TEST_CASE("An endpoint on a private address is never connected to unless that is allowed") {
  Settings settings = World::quick();
  settings.allow_private_networks = false;
  World world(settings);
  Receiver receiver(world.io(), always(200));
  const std::string port = receiver.url().substr(receiver.url().rfind(':') + 1);
  const EndpointId literal = world.endpoint(receiver.url());
  const EndpointId named = world.endpoint("http://localhost:" + port);
  const EndpointId number = world.endpoint("http://2130706433:" + port);
  world.intent();
  REQUIRE(world.until([&] { return world.deliverer().counters().failed == 3; }));
  CHECK(receiver.connections() == 0);
  for (const EndpointId& endpoint : {literal, named, number}) {
    CHECK(world.deliveries(endpoint)[0]["attempts"][0]["error"] == "forbidden_address");
  }
}

TEST_CASE("A URL is checked by the addresses of its name, unless private networks are allowed") {
  const auto checked = [](World& world, std::string url) {
    return chains::http::run(world.io(), world.deliverer().check_url(std::move(url)));
  };
  World open;
  CHECK(checked(open, "http://127.0.0.1:1/hook"));
  CHECK(checked(open, "ftp://127.0.0.1/").error().reason == "forbidden_url");

  Settings settings = World::quick();
  settings.allow_private_networks = false;
  World strict(settings);
  CHECK(checked(strict, "https://10.0.0.1/").error().reason == "forbidden_url");
  CHECK(checked(strict, "https://localhost/").error().reason == "forbidden_url");
  CHECK(checked(strict, "https://8.8.8.8/"));
  // A reserved name (RFC 6761) that never resolves: the connect is what decides.
  CHECK(checked(strict, "https://receiver.invalid/"));
}

}  // namespace settled::daemon::webhooks
