#include <catch2/catch.hpp>

#include "ledger/accounts.hpp"
#include "tests/daemon/payouts/payout_world.hpp"

namespace settled::daemon::payouts {
namespace {

namespace chart = ledger::chart;

std::string usdc(World& world) {
  return world.books.counters(chart::wallet("hot", "base", "USDC", "USDC").code);
}
std::string ether(World& world) {
  return world.books.counters(chart::wallet("hot", "base", "ETH", "ETH").code);
}

TEST_CASE("a signer's balances are those of the chain's head block, not of the newest one") {
  World world;
  world.view.native = {{"0x64", "0x1bc16d674ec80000"}, {"latest", "0x1"}};  // block 100: 2 ether
  world.view.usdc_at["0x64"] = 750'000'000;
  world.view.usdc = 1;
  world.set_up();
  CHECK(usdc(world) == "750.00/0.00 0.00/0.00");
  CHECK(world.books.counters(chart::opening("USDC").code) == "0.00/750.00 0.00/0.00");
  CHECK(world.books.counters(chart::opening("ETH").code) == "0.00/2.00 0.00/0.00");
}

TEST_CASE("the opening balance of the first start is not booked again at the next") {
  World world;
  world.view.nonce = 3;
  world.set_up();
  world.view.usdc = 7;
  world.restart();
  const std::size_t before = world.questions();
  REQUIRE(world.open().has_value());
  CHECK(world.questions() == before);
  CHECK(usdc(world) == "1000.00/0.00 0.00/0.00");
}

TEST_CASE("nonces that were used before settled came are skipped") {
  World world;
  world.view.nonce = 42;
  world.set_up();
  CHECK(world.next_nonce() == 42);
  const std::string id = world.queue("10");
  REQUIRE(world.step().has_value());
  CHECK(attempt_of(world.payout(id)).nonce() == 42);
}

TEST_CASE("a nonce that could not be asked for is asked for at the next start") {
  World world;
  world.set_up();
  CHECK(world.next_nonce() == 0);
  world.view.nonce = 5;
  world.restart();
  REQUIRE(world.open().has_value());
  CHECK(world.next_nonce() == 5);
}

TEST_CASE("an opening that no node answers changes nothing") {
  World world;
  world.go_down();
  world.open_chain();
  const Status opened = world.open();
  REQUIRE(!opened.has_value());
  CHECK(opened.error().code == Errc::Unavailable);
  CHECK(usdc(world) == "none");
}

TEST_CASE("a signer on a chain that is not open is refused") {
  World world;
  const Status opened = world.open();
  REQUIRE(!opened.has_value());
  CHECK(opened.error().reason == "unknown_chain");
}

TEST_CASE("a key that changed under its name is refused") {
  World world;
  world.set_up();
  auto other = wallet::PrivateKey::from_bytes(Bytes(32, 7));
  world.signer = std::make_unique<wallet::KeystoreSigner>("hot", *std::move(other));
  world.restart();
  const Status opened = world.open();
  REQUIRE(!opened.has_value());
  CHECK(opened.error().reason == "signer_address_changed");
}

TEST_CASE("gas that came from outside is the treasury's, once nothing of ours is on its way") {
  World world;
  world.set_up();
  const std::string id = world.queue("10");
  REQUIRE(world.step().has_value());
  world.mine(id, 0);
  world.block(world.head());
  // The payout cost 50,000 gas at 2 gwei: 0.0001 ether; then 1 ether came from outside.
  world.view.native["latest"] = "0x1bc112743e4dc000";
  REQUIRE(world.step().has_value());
  CHECK(world.payout(id).status() == pb::PAYOUT_SUCCEEDED);
  CHECK(ether(world) == "2.00/0.0001 0.00/0.00");
  CHECK(world.books.counters(chart::treasury("ETH").code) == "0.00/1.00 0.00/0.00");
}

TEST_CASE("a balance from before the opening one does not undo it") {
  World world;
  world.view.native = {{"0x0", "0x0"}, {"latest", "0xde0b6b3a7640000"}};
  world.open_chain();
  world.block();
  world.block();
  REQUIRE(world.open().has_value());  // at block 102, of which nothing is final
  REQUIRE(world.step().has_value());
  CHECK(ether(world) == "1.00/0.00 0.00/0.00");
}

}  // namespace
}  // namespace settled::daemon::payouts
