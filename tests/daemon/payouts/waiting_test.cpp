#include <catch2/catch.hpp>

#include "daemon/payouts/hold.hpp"
#include "tests/daemon/payouts/payout_world.hpp"

namespace settled::daemon::payouts {
namespace {

using chains::rpc::rpc_error;

TEST_CASE("a payout that the wallet cannot fund waits for liquidity, and goes when it is there") {
  World world;
  world.set_up();
  world.view.usdc = 99'999'999;
  const std::string id = world.queue("100");
  REQUIRE(world.step().has_value());
  CHECK(world.payout(id).status() == pb::QUEUED);
  CHECK(world.sender().waiting_for(id) == "liquidity");
  CHECK(world.next_nonce() == 0);

  world.view.usdc = 100'000'000;
  world.block();
  REQUIRE(world.step().has_value());
  CHECK(world.payout(id).status() == pb::SUBMITTED);
  CHECK(world.sender().waiting_for(id) == std::nullopt);
}

TEST_CASE("after a restore nothing is signed until an operator releases the payouts") {
  World world;
  world.set_up();
  const std::string sent = world.queue("10");
  REQUIRE(world.step().has_value());
  CHECK(world.payout(sent).status() == pb::SUBMITTED);
  ledger::store::Batch hold;
  hold.put(hold_key(), "restored");
  REQUIRE(world.books.store().write(hold, ledger::store::Durability::Synced).has_value());
  const std::string id = world.queue("10");
  for (int i = 0; i < 3; ++i) {
    world.block();
    REQUIRE(world.step().has_value());
  }
  CHECK(world.payout(id).status() == pb::QUEUED);
  CHECK(world.sender().waiting_for(id) == "release");
  CHECK(world.next_nonce() == 1);
  ledger::store::Batch release;
  release.erase(hold_key());
  REQUIRE(world.books.store().write(release, ledger::store::Durability::Synced).has_value());
  world.block();
  REQUIRE(world.step().has_value());
  CHECK(world.payout(id).status() == pb::SUBMITTED);
}

TEST_CASE("while the chain is halted nothing is signed, sent again or settled") {
  World world;
  world.set_up();
  bool halted = false;
  world.sender().hold_while([&] { return halted; });
  const std::string sent = world.queue("10");
  REQUIRE(world.step().has_value());
  REQUIRE(world.payout(sent).status() == pb::SUBMITTED);
  world.mine(sent);
  halted = true;
  const std::string id = world.queue("10");
  const std::size_t questions = world.questions();
  for (int i = 0; i < 3; ++i) {
    world.block(world.head());
    REQUIRE(world.step().has_value());
  }
  CHECK(world.questions() == questions);
  CHECK(world.raw_seen.size() == 1);
  CHECK(world.payout(id).status() == pb::QUEUED);
  CHECK(world.sender().waiting_for(id) == "chain");
  CHECK(world.payout(sent).status() == pb::CONFIRMING);

  halted = false;
  world.block(world.head());
  REQUIRE(world.step().has_value());
  CHECK(world.payout(id).status() == pb::SUBMITTED);
  CHECK(world.payout(sent).status() == pb::PAYOUT_SUCCEEDED);
}

TEST_CASE("what is on its way is not spent twice") {
  World world;
  world.set_up();
  world.view.usdc = 150'000'000;
  world.queue("100");
  REQUIRE(world.step().has_value());
  const std::string second = world.queue("100");
  REQUIRE(world.step().has_value());
  CHECK(world.sender().waiting_for(second) == "liquidity");
  CHECK(world.next_nonce() == 1);
}

TEST_CASE("payouts that the native balance cannot pay for wait for gas") {
  World world;
  world.set_up();
  // 60,000 gas at 3 gwei at most: 0.00018 ether for each.
  world.view.native["latest"] = "0x1476b081e8000";  // 0.00036 ether
  const auto payouts = world.queue_several(3, "1");
  REQUIRE(world.step().has_value());
  CHECK(world.next_nonce() == 2);
  CHECK(world.sender().waiting_for(payouts[2].id()) == "gas");
  CHECK(world.sender().health().gas_runway == std::uint64_t{2});
}

TEST_CASE("while nothing changes, a queue that waits leaves the node alone for a second") {
  World world;
  world.set_up();
  world.view.usdc = 0;
  const std::string id = world.queue("100");
  REQUIRE(world.step().has_value());
  const std::size_t before = world.questions();
  for (int i = 0; i < 5; ++i) REQUIRE(world.step().has_value());
  CHECK(world.questions() == before);

  SECTION("and is asked again after the second") {
    world.books.clock().advance(1'000);
    REQUIRE(world.step().has_value());
    CHECK(world.questions() > before);
  }
  SECTION("or when a block came") {
    world.view.usdc = 100'000'000;
    world.block();
    REQUIRE(world.step().has_value());
    CHECK(world.payout(id).status() == pb::SUBMITTED);
  }
  SECTION("or when something else is queued") {
    world.queue("1");
    REQUIRE(world.step().has_value());
    CHECK(world.questions() > before);
  }
  CHECK(world.questions() > before);
}

TEST_CASE("an empty queue asks nothing") {
  World world;
  world.set_up();
  const std::size_t before = world.questions();
  for (int i = 0; i < 3; ++i) REQUIRE(world.step().has_value());
  CHECK(world.questions() == before);
}

TEST_CASE("a transfer that would revert is never signed and gives the money back") {
  World world;
  world.set_up();
  world.view.refusals[tests::address_of("blocked")] =
      rpc_error(3, "execution reverted: Blacklistable: account is blacklisted");
  const std::string blocked = world.queue("100", tests::address_of("blocked"));
  const std::string good = world.queue("100");
  REQUIRE(world.step().has_value());
  const pb::Payout failed = world.payout(blocked);
  CHECK(failed.status() == pb::FAILED);
  CHECK(failed.failure_code() == "would_revert");
  CHECK(failed.failure_detail().find("blacklisted") != std::string::npos);
  CHECK(failed.attempts_size() == 0);
  CHECK(attempt_of(world.payout(good)).nonce() == 0);
  CHECK(world.books.balance(world.merchant) == "400.00 0.00 100.00");
}

TEST_CASE("an estimate that fails for the node's own reasons ends no payout") {
  World world;
  world.set_up();
  world.view.refusals[tests::address_of("odd")] = rpc_error(-32603, "internal error");
  const std::string odd = world.queue("100", tests::address_of("odd"));
  const std::string good = world.queue("100");
  REQUIRE(world.step().has_value());
  CHECK(world.payout(odd).status() == pb::QUEUED);
  CHECK(world.sender().waiting_for(odd) == "node");
  CHECK(world.payout(good).status() == pb::SUBMITTED);
}

TEST_CASE("a node that lies about gas or fees is not believed") {
  World world;
  world.set_up();
  const std::string id = world.queue("100");
  SECTION("gas") {
    world.view.gas = UINT64_MAX;
    REQUIRE(world.step().has_value());
    CHECK(world.sender().waiting_for(id) == "node");
  }
  SECTION("fees") {
    world.view.base_fee = UINT64_MAX;
    const Status looked = world.step();
    REQUIRE(!looked.has_value());
    CHECK(looked.error().reason == "absurd_fee");
  }
  CHECK(world.payout(id).status() == pb::QUEUED);
  CHECK(world.next_nonce() == 0);
}

}  // namespace
}  // namespace settled::daemon::payouts
