#include "daemon/process/descriptors.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "ledger/store/leveldb_store.hpp"

namespace settled::daemon::process {
namespace {

/// All that may be open at a time under a plan, the reserve left out.
std::size_t most(const DescriptorNeeds& needs, const DescriptorPlan& plan) {
  return static_cast<std::size_t>(ledger::store::kMaxOpenFiles) + needs.node_connections +
         needs.ops_connections + plan.inbound + plan.refused + plan.webhooks + plan.idle_webhooks;
}

}  // namespace

TEST_CASE("Where there are descriptors enough, every part gets what it wants") {
  const auto plan = plan_descriptors({.limit = 1'048'576, .node_connections = 96});
  REQUIRE(plan);
  CHECK(plan->inbound == 1'024);
  CHECK(plan->webhooks == 512);
  CHECK_FALSE(plan->shrunk);
}

TEST_CASE("Whatever the limit, all parts together stay below it with room to spare") {
  std::size_t smallest = 0;
  std::size_t inbound = 0;
  for (std::size_t limit = 1; limit < 4'096; ++limit) {
    const DescriptorNeeds needs{.limit = limit, .node_connections = 48, .ops_connections = 72};
    const auto plan = plan_descriptors(needs);
    if (!plan) {
      CHECK(smallest == 0);
      CHECK(plan.error().reason == "too_few_descriptors");
      continue;
    }
    if (smallest == 0) smallest = limit;
    CAPTURE(limit);
    REQUIRE(most(needs, *plan) + 128 <= limit);
    REQUIRE(plan->inbound >= 64);
    REQUIRE(plan->webhooks >= 32);
    REQUIRE(plan->inbound >= inbound);
    inbound = plan->inbound;
  }
  CHECK(smallest < 1'024);
  CHECK(inbound == 1'024);
}

TEST_CASE("The usual limit of 1024 is enough to start with") {
  const auto plan = plan_descriptors({.limit = 1'024, .node_connections = 64});
  REQUIRE(plan);
  CHECK(plan->shrunk);
  CHECK(plan->inbound >= 128);
}

TEST_CASE("The soft limit is raised to the hard one") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit low = before;
  low.rlim_cur = 256;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  const auto raised = raise_descriptor_limit();
  rlimit after{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &after) == 0);
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE(raised);
  CHECK(*raised == before.rlim_max);
  CHECK(after.rlim_cur == before.rlim_max);
}

}  // namespace settled::daemon::process
