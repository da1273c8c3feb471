#include "daemon/webhooks/subscription.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace settled::daemon::webhooks {
namespace {

const std::string kAcme(16, 'a');
const std::string kOther(16, 'o');

ledger::pb::Endpoint endpoint(std::string merchant, std::vector<std::string> events) {
  ledger::pb::Endpoint out;
  out.set_merchant(std::move(merchant));
  for (std::string& type : events) out.add_events(std::move(type));
  out.set_after_event(10);
  return out;
}

ledger::pb::Event event(std::string merchant, std::string type, std::uint64_t sequence = 11) {
  ledger::pb::Event out;
  out.set_id(std::string(16, 'e'));
  out.set_merchant(std::move(merchant));
  out.set_type(std::move(type));
  out.set_sequence(sequence);
  return out;
}

}  // namespace

TEST_CASE("A merchant's endpoint hears that merchant, the platform's hears all") {
  const auto acme = endpoint(kAcme, {"*"});
  CHECK(hears(acme, event(kAcme, "payout.created")));
  CHECK_FALSE(hears(acme, event(kOther, "payout.created")));
  CHECK_FALSE(hears(acme, event({}, "reconciliation.passed")));
  const auto platform = endpoint({}, {"*"});
  CHECK(hears(platform, event(kAcme, "payout.created")));
  CHECK(hears(platform, event({}, "reconciliation.passed")));
}

TEST_CASE("Types are matched whole") {
  const auto one = endpoint(kAcme, {"payout.created", "payout.failed"});
  CHECK(hears(one, event(kAcme, "payout.failed")));
  CHECK_FALSE(hears(one, event(kAcme, "payout.failed.late")));
  CHECK_FALSE(hears(one, event(kAcme, "payout")));
  CHECK_FALSE(hears(endpoint(kAcme, {"payout.*"}), event(kAcme, "payout.failed")));
}

TEST_CASE("Events from before the endpoint, or while it is disabled, are not heard") {
  auto one = endpoint(kAcme, {"*"});
  CHECK_FALSE(hears(one, event(kAcme, "payout.created", 10)));
  CHECK(subscribes(one, event(kAcme, "payout.created", 10)));
  one.set_disabled(true);
  CHECK_FALSE(hears(one, event(kAcme, "payout.created", 11)));
}

TEST_CASE("The object of an event is what it is about") {
  auto about = event(kAcme, "payout.created");
  CHECK(object_of(about) == about.id());
  about.mutable_payout()->set_id("po");
  CHECK(object_of(about) == "po");
  about.mutable_transfer()->set_id("tr");
  CHECK(object_of(about) == "tr");
  about.mutable_intent()->set_id("pi");
  CHECK(object_of(about) == "pi");
}

}  // namespace settled::daemon::webhooks
