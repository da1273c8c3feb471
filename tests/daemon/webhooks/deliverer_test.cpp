#include "daemon/webhooks/deliverer.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "daemon/webhooks/signature.hpp"
#include "tests/daemon/webhooks/webhook_world.hpp"

namespace settled::daemon::webhooks {
namespace {

std::vector<std::string> ids(const Receiver& receiver) {
  std::vector<std::string> out;
  for (const Received& one : receiver.received) out.push_back(one.event());
  return out;
}

bool is_signed(const Received& one, const char* secret) {
  const std::int64_t timestamp_s = std::stoll(one.header("webhook-timestamp"));
  return one.header("webhook-signature") ==
         sign(secret, one.event(), timestamp_s, one.body).value();
}

}  // namespace

TEST_CASE("An event is posted, signed, under its own id") {
  World world;
  Receiver receiver(world.io(), always(200));
  const EndpointId endpoint = world.endpoint(receiver.url());
  world.intent();
  REQUIRE(world.until_received(receiver, 1));
  REQUIRE(world.until_idle());
  const Received& one = receiver.received[0];
  CHECK(one.head.starts_with("POST /hook HTTP/1.1\r\n"));
  CHECK(one.header("content-type") == "application/json");
  CHECK(one.header("user-agent").starts_with("settled/"));
  CHECK(one.event() == world.events().back());
  CHECK(is_signed(one, kSecret));
  CHECK(one.body.find(one.event()) != std::string::npos);
  const auto listed = world.deliveries(endpoint);
  REQUIRE(listed.size() == 1);
  CHECK(listed[0]["status"] == "delivered");
  CHECK(listed[0]["event"] == one.event());
  CHECK(listed[0]["event_type"] == "payment_intent.created");
  CHECK(listed[0]["attempts"][0]["status_code"] == 200);
  CHECK(listed[0]["next_attempt_at"].is_null());
}

TEST_CASE("Endpoints hear what they subscribe to, a merchant's that merchant alone") {
  World world;
  Receiver all(world.io(), always(200));
  Receiver canceled(world.io(), always(200));
  Receiver other(world.io(), always(200));
  Receiver platform(world.io(), always(200));
  world.endpoint(all.url());
  world.endpoint(canceled.url(), {"payment_intent.canceled"});
  world.endpoint(other.url(), {"*"}, world.books().merchant("Other"));
  world.endpoint(platform.url(), {"*"}, "");
  world.cancel(world.intent());
  REQUIRE(world.until_received(platform, 2));
  REQUIRE(world.until_received(all, 2));
  REQUIRE(world.until_idle());
  CHECK(canceled.received.size() == 1);
  CHECK(other.connections() == 0);
}

TEST_CASE("Events about one object arrive in order, also while the first one is answered late") {
  World world;
  Receiver receiver(world.io(), hang());
  world.endpoint(receiver.url());
  const std::string first = world.intent();
  world.cancel(first);
  world.intent();
  const auto events = world.events();
  REQUIRE(world.until_received(receiver, 2));
  world.settle();
  // The cancellation waits for the creation of its intent, the other intent does not.
  CHECK(ids(receiver) == std::vector{events[0], events[2]});
}

TEST_CASE("A failing event does not hold back the next one of its object") {
  World world;
  std::string failing;
  Receiver receiver(world.io(), [&](const Received& one, std::size_t) {
    return status_line(one.event() == failing ? 500 : 200);
  });
  world.endpoint(receiver.url());
  const std::string intent = world.intent();
  failing = world.events().back();
  world.cancel(intent);
  REQUIRE(world.until_idle());
  const auto events = world.events();
  CHECK(ids(receiver) == std::vector{failing, events[1], failing, failing});
}

TEST_CASE("A hanging endpoint delays no other, and has eight attempts under way at most") {
  World world;
  Receiver hanging(world.io(), hang());
  Receiver good(world.io(), always(200));
  world.endpoint(hanging.url());
  world.endpoint(good.url());
  world.books().derive(20);
  for (int i = 0; i < 20; ++i) world.intent();
  REQUIRE(world.until_received(good, 20));
  world.settle();
  CHECK(hanging.received.size() == Schedule::kInFlight);
  CHECK(world.deliverer().health().in_flight == Schedule::kInFlight);
  CHECK(world.deliverer().health().oldest_undelivered.has_value());
}

TEST_CASE("A redelivery has the same id and body, to all who subscribe") {
  World world;
  Receiver receiver(world.io(), always(200));
  Receiver later(world.io(), always(200));
  const EndpointId endpoint = world.endpoint(receiver.url());
  world.intent();
  REQUIRE(world.until_received(receiver, 1));
  REQUIRE(world.until_idle());
  world.endpoint(later.url());
  CHECK(world.deliverer().redeliver(world.last_event(), {})->queued == 2);
  REQUIRE(world.until_received(receiver, 2));
  REQUIRE(world.until_received(later, 1));
  REQUIRE(world.until_idle());
  CHECK(receiver.received[0].event() == receiver.received[1].event());
  CHECK(receiver.received[0].body == receiver.received[1].body);
  CHECK(is_signed(receiver.received[1], kSecret));
  CHECK(world.deliveries(endpoint).size() == 2);
}

TEST_CASE("After a rotation both secrets sign, the new one first") {
  World world;
  Receiver receiver(world.io(), always(200));
  const EndpointId endpoint = world.endpoint(receiver.url());
  ledger::pb::RotateEndpointSecret rotate;
  rotate.set_id(endpoint.raw());
  rotate.set_secret(kOtherSecret);
  rotate.set_overlap_ms(1'000'000);
  world.books().ok(rotate);
  world.intent();
  REQUIRE(world.until_received(receiver, 1));
  const Received& one = receiver.received[0];
  const std::int64_t timestamp_s = std::stoll(one.header("webhook-timestamp"));
  CHECK(one.header("webhook-signature") ==
        sign(kOtherSecret, one.event(), timestamp_s, one.body).value() + " " +
            sign(kSecret, one.event(), timestamp_s, one.body).value());
}

TEST_CASE("A disabled endpoint queues nothing, and enabled again it hears what comes then") {
  World world;
  Receiver receiver(world.io(), always(200));
  const EndpointId endpoint = world.endpoint(receiver.url());
  ledger::pb::UpdateEndpoint update;
  update.set_id(endpoint.raw());
  update.set_disabled(true);
  world.books().ok(update);
  world.intent();
  world.settle();
  update.set_disabled(false);
  world.books().ok(update);
  world.intent();
  REQUIRE(world.until_received(receiver, 1));
  REQUIRE(world.until_idle());
  CHECK(ids(receiver) == std::vector{world.events().back()});
}

TEST_CASE("A deleted endpoint gets nothing more and leaves nothing behind") {
  World world;
  Receiver receiver(world.io(), always(500));
  const EndpointId endpoint = world.endpoint(receiver.url());
  world.intent();
  REQUIRE(world.until_received(receiver, 1));
  ledger::pb::DeleteEndpoint remove;
  remove.set_id(endpoint.raw());
  world.books().ok(remove);
  world.intent();
  REQUIRE(world.until_idle());
  CHECK(receiver.received.size() <= 2);
  CHECK(world.deliveries(endpoint).empty());
}

}  // namespace settled::daemon::webhooks
