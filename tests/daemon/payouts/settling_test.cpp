#include <catch2/catch.hpp>

#include "ledger/accounts.hpp"
#include "tests/daemon/payouts/payout_world.hpp"

namespace settled::daemon::payouts {
namespace {

namespace chart = ledger::chart;

std::string usdc(World& world) {
  return world.books.counters(chart::wallet("hot", "base", "USDC", "USDC").code);
}

TEST_CASE("a receipt in a final block ends the payout and books its gas") {
  World world;
  world.set_up();
  const std::string id = world.queue("100");
  REQUIRE(world.step().has_value());
  CHECK(usdc(world) == "1000.00/0.00 0.00/100.00");
  CHECK(world.books.balance(world.merchant) == "400.00 0.00 100.00");
  world.mine(id);
  CHECK(world.payout(id).status() == pb::CONFIRMING);
  world.block(world.head());
  REQUIRE(world.step().has_value());
  const pb::Payout done = world.payout(id);
  CHECK(done.status() == pb::PAYOUT_SUCCEEDED);
  CHECK(tests::text_of(done.network_fee()) == "0.0001");
  CHECK(done.network_fee_currency() == "ETH");
  CHECK(usdc(world) == "1000.00/100.00 0.00/0.00");
  CHECK(world.books.balance(world.merchant) == "400.00 0.00 0.00");
  CHECK(world.books.counters(chart::network_fees("ETH").code) == "0.0001/0.00 0.00/0.00");
}

TEST_CASE("a receipt in a block that is not final ends nothing") {
  World world;
  world.set_up();
  const std::string id = world.queue("100");
  REQUIRE(world.step().has_value());
  world.mine(id);
  world.block();
  REQUIRE(world.step().has_value());
  CHECK(world.payout(id).status() == pb::CONFIRMING);
  CHECK(usdc(world) == "1000.00/0.00 0.00/100.00");
}

TEST_CASE("finality that comes without a new block is noticed") {
  World world;
  world.set_up();
  const std::string id = world.queue("100");
  REQUIRE(world.step().has_value());
  world.mine(id);
  REQUIRE(world.step().has_value());
  world.books.see({}, world.head());
  REQUIRE(world.step().has_value());
  CHECK(world.payout(id).status() == pb::PAYOUT_SUCCEEDED);
}

TEST_CASE("a receipt of a revert in a final block gives the money back and costs the gas") {
  World world;
  world.set_up();
  const std::string id = world.queue("100");
  REQUIRE(world.step().has_value());
  world.block();
  world.set_receipt(id, world.head(), false);
  REQUIRE(world.step().has_value());
  CHECK(world.payout(id).status() == pb::SUBMITTED);  // not final
  world.block(world.head());
  REQUIRE(world.step().has_value());
  const pb::Payout failed = world.payout(id);
  CHECK(failed.status() == pb::FAILED);
  CHECK(failed.failure_code() == "reverted");
  CHECK(world.books.balance(world.merchant) == "500.00 0.00 0.00");
  CHECK(usdc(world) == "1000.00/0.00 0.00/0.00");
  CHECK(world.books.counters(chart::network_fees("ETH").code) == "0.0001/0.00 0.00/0.00");
}

TEST_CASE("a revert told by a node on another fork decides nothing") {
  World world;
  world.set_up();
  const std::string id = world.queue("100");
  REQUIRE(world.step().has_value());
  world.block();
  world.set_receipt(id, world.head(), false);
  world.view.fork = "b";
  world.block(world.head());
  CHECK(world.step().error().reason == "lagging_backend");
  CHECK(world.payout(id).status() == pb::SUBMITTED);
  world.view.fork = "a";
  world.books.clock().advance(6'000);  // whatever rest the pool gave the node is over
  world.block(world.head());
  REQUIRE(world.step().has_value());
  CHECK(world.payout(id).status() == pb::FAILED);
}

TEST_CASE("a receipt without the transfer that the follower should have seen ends nothing") {
  World world;
  world.set_up();
  const std::string id = world.queue("100");
  REQUIRE(world.step().has_value());
  world.block();
  world.set_receipt(id, world.head(), true);
  world.block(world.head());
  const Status looked = world.step();
  REQUIRE(!looked.has_value());
  CHECK(looked.error().reason == "transfer_not_seen");
  CHECK(world.payout(id).status() == pb::SUBMITTED);
}

TEST_CASE("receipts are asked for once for each block, not at every commit") {
  World world;
  world.set_up();
  world.queue("100");
  REQUIRE(world.step().has_value());
  world.block();
  REQUIRE(world.step().has_value());
  const std::size_t asked = world.count("eth_getTransactionReceipt");
  CHECK(asked > 0);
  for (int i = 0; i < 3; ++i) {
    world.books.merchant("Another");
    REQUIRE(world.step().has_value());
  }
  CHECK(world.count("eth_getTransactionReceipt") == asked);
}

TEST_CASE("a transaction that a reorganisation takes back is sent again at once") {
  World world;
  world.set_up();
  const std::string id = world.queue("100");
  REQUIRE(world.step().has_value());
  const std::uint64_t before = world.head();
  world.mine(id);
  REQUIRE(world.step().has_value());
  CHECK(world.raw_seen.size() == 1);
  world.view.receipts.clear();
  world.books.rewind(before);
  CHECK(world.payout(id).status() == pb::SUBMITTED);
  REQUIRE(world.step().has_value());
  REQUIRE(world.raw_seen.size() == 2);
  CHECK(world.raw_seen[0] == world.raw_seen[1]);
}

TEST_CASE(
    "a nonce that something else used up makes the payout unknown, which chain evidence ends") {
  World world;
  world.set_up();
  const std::string id = world.queue("100");
  REQUIRE(world.step().has_value());

  world.view.nonce = 1;
  world.block(world.head());
  REQUIRE(world.step().has_value());
  CHECK(world.payout(id).status() == pb::SUBMITTED);  // too young to be suspected

  world.books.clock().advance(61'000);
  world.block(world.head());
  REQUIRE(world.step().has_value());
  CHECK(world.payout(id).status() == pb::UNKNOWN);
  CHECK(world.books.balance(world.merchant) == "400.00 0.00 100.00");  // still reserved

  world.mine(id);
  CHECK(world.payout(id).status() == pb::CONFIRMING);
  world.block(world.head());
  REQUIRE(world.step().has_value());
  CHECK(world.payout(id).status() == pb::PAYOUT_SUCCEEDED);
}

TEST_CASE("an old transaction whose nonce is still free is not unknown") {
  World world;
  world.set_up();
  const std::string id = world.queue("100");
  REQUIRE(world.step().has_value());
  world.books.clock().advance(3'600'000);
  world.block(world.head());
  REQUIRE(world.step().has_value());
  CHECK(world.payout(id).status() == pb::SUBMITTED);
}

TEST_CASE("the age of the oldest payout on its way is told") {
  World world;
  world.set_up();
  const std::string id = world.queue("100");
  REQUIRE(world.step().has_value());
  const Time sent = world.books.clock().now();
  world.books.clock().advance(5'000);
  world.queue("100");
  REQUIRE(world.step().has_value());
  REQUIRE(world.step().has_value());
  REQUIRE(world.sender().health().oldest_unconfirmed.has_value());
  CHECK(*world.sender().health().oldest_unconfirmed == sent);
}

}  // namespace
}  // namespace settled::daemon::payouts
