#include <catch2/catch.hpp>

#include "chains/evm/abi.hpp"
#include "chains/evm/transaction.hpp"
#include "ledger/keys.hpp"
#include "ledger/types/hex.hpp"
#include "tests/daemon/payouts/payout_world.hpp"

namespace settled::daemon::payouts {
namespace {

using chains::rpc::rpc_error;

/// True if the books hold these bytes as a payout's attempt, durably: read past every cache of the
/// sender, from the store.
bool recorded(World& world, const Bytes& raw) {
  const auto hash = evm::hash_of(raw).raw();
  const auto id = world.books.store().get(ledger::keys::attempt_hash(tests::kChain, hash)).value();
  if (!id) return false;
  const pb::Payout stored = world.payout(*id);
  return stored.status() == pb::SUBMITTED && attempt_of(stored).raw() == as_text(raw);
}

TEST_CASE("nonce and signed bytes are in the books before the first byte leaves") {
  World world;
  world.set_up();
  std::size_t checked = 0;
  world.view.on_raw = [&](const Bytes& raw) -> std::optional<nlohmann::json> {
    CHECK(recorded(world, raw));
    ++checked;
    return std::nullopt;
  };
  world.queue_several(3, "10");
  REQUIRE(world.step().has_value());
  CHECK(checked == 3);
  CHECK(world.next_nonce() == 3);
}

TEST_CASE("what is sent is the payout and nothing else") {
  World world;
  world.set_up();
  world.queue("12.5");
  REQUIRE(world.step().has_value());
  REQUIRE(world.raw_seen.size() == 1);
  const auto decoded = evm::decode_signed(world.raw_seen[0]).value();
  CHECK(evm::sender(decoded).value() == world.signer->address());
  const evm::Transaction& transaction = decoded.transaction;
  CHECK(transaction.chain_id == 8453);
  CHECK(transaction.nonce == 0);
  CHECK(transaction.gas_limit == 60'000);
  CHECK(transaction.max_fee_per_gas == 3'000'000'000);
  CHECK(transaction.max_priority_fee_per_gas == 1'000'000'000);
  CHECK(transaction.to->raw() == tests::usdc_address());
  const auto call = evm::decode_transfer(transaction.data).value();
  CHECK(call.to.raw() == tests::address_of("payee"));
  CHECK(call.amount == 12'500'000);
}

TEST_CASE("after a restart the same bytes go out again") {
  World world;
  world.set_up();
  const std::string id = world.queue("10");
  REQUIRE(world.step().has_value());
  world.restart();
  REQUIRE(world.open().has_value());
  REQUIRE(world.step().has_value());
  REQUIRE(world.raw_seen.size() == 2);
  CHECK(world.raw_seen[0] == world.raw_seen[1]);
  CHECK(world.payout(id).attempts_size() == 1);
  CHECK(world.next_nonce() == 1);
}

TEST_CASE("a process that died between record and broadcast sends what it had recorded") {
  World world;
  world.set_up();
  const std::string id = world.queue("10");
  world.view.on_raw = [&](const Bytes&) -> std::optional<nlohmann::json> {
    return rpc_error(-32000, "the transaction pool is on fire");
  };
  REQUIRE(world.step().has_value());
  const std::string raw = attempt_of(world.payout(id)).raw();
  world.view.on_raw = nullptr;
  world.restart();
  REQUIRE(world.step().has_value());
  CHECK(as_text(world.raw_seen.back()) == raw);
}

TEST_CASE("bytes that were accepted rest for half a minute") {
  World world;
  world.set_up();
  world.queue("10");
  REQUIRE(world.step().has_value());
  REQUIRE(world.step().has_value());
  CHECK(world.raw_seen.size() == 1);
  world.books.clock().advance(30'000);
  REQUIRE(world.step().has_value());
  CHECK(world.raw_seen.size() == 2);
  CHECK(world.raw_seen[0] == world.raw_seen[1]);
}

TEST_CASE("a node that has the bytes, or has mined them, counts as having taken them") {
  for (const char* message : {"already known", "nonce too low: next nonce 1, tx nonce 0"}) {
    INFO(message);
    World world;
    world.set_up();
    const std::string id = world.queue("10");
    REQUIRE(world.step().has_value());
    world.restart();
    world.view.on_raw = [&](const Bytes&) -> std::optional<nlohmann::json> {
      return rpc_error(-32000, message);
    };
    REQUIRE(world.step().has_value());
    CHECK(world.raw_seen.size() == 2);
    world.books.clock().advance(3'000);
    REQUIRE(world.step().has_value());
    CHECK(world.raw_seen.size() == 2);
    CHECK(world.payout(id).status() == pb::SUBMITTED);
  }
}

TEST_CASE("bytes that were refused are sent again soon") {
  World world;
  world.set_up();
  const std::string id = world.queue("10");
  world.view.on_raw = [&](const Bytes&) -> std::optional<nlohmann::json> {
    return rpc_error(-32000, "transaction underpriced");
  };
  REQUIRE(world.step().has_value());
  CHECK(world.raw_seen.size() == 1);
  CHECK(world.log.size() == 1);
  world.books.clock().advance(2'000);
  world.view.on_raw = nullptr;
  REQUIRE(world.step().has_value());
  CHECK(world.raw_seen.size() == 2);
  CHECK(world.payout(id).attempts_size() == 1);
}

TEST_CASE("without a node nothing is signed, and what was signed waits for one") {
  World world;
  world.set_up();
  const std::string first = world.queue("10");
  REQUIRE(world.step().has_value());
  const std::string second = world.queue("10");
  world.go_down();
  world.books.clock().advance(30'000);
  const Status without = world.step();
  REQUIRE(!without.has_value());
  CHECK(without.error().code == Errc::Unavailable);
  CHECK(world.payout(second).status() == pb::QUEUED);
  CHECK(world.next_nonce() == 1);
  world.come_back();
  REQUIRE(world.step().has_value());
  CHECK(world.payout(second).status() == pb::SUBMITTED);
  CHECK(world.raw_seen.size() == 3);
  CHECK(world.raw_seen[0] == world.raw_seen[1]);
}

TEST_CASE("a cancellation that comes while its payout is being signed leaves no gap of nonces") {
  World world;
  world.set_up();
  const auto payouts = world.queue_several(3, "10");
  // Fees are the last thing that is asked before signing.
  bool canceled = false;
  world.on_fees = [&] {
    if (canceled) return;
    canceled = true;
    pb::CancelPayout cancel;
    cancel.set_id(payouts[0].id());
    world.books.ok(cancel);
  };
  REQUIRE(world.step().has_value());
  REQUIRE(canceled);
  CHECK(world.payout(payouts[0].id()).status() == pb::PAYOUT_CANCELED);
  CHECK(world.payout(payouts[0].id()).attempts_size() == 0);
  REQUIRE(world.step().has_value());
  CHECK(attempt_of(world.payout(payouts[1].id())).nonce() == 0);
  CHECK(attempt_of(world.payout(payouts[2].id())).nonce() == 1);
  CHECK(world.next_nonce() == 2);
  REQUIRE(world.raw_seen.size() == 2);
  for (std::uint64_t nonce = 0; nonce < 2; ++nonce) {
    CHECK(evm::decode_signed(world.raw_seen[nonce]).value().transaction.nonce == nonce);
  }
}

TEST_CASE("no more is signed at a time than pools keep") {
  World world;
  world.set_up();
  world.settings.max_in_flight = 4;
  world.restart();
  const auto payouts = world.queue_several(6, "1");
  REQUIRE(world.step().has_value());
  CHECK(world.next_nonce() == 4);
  CHECK(world.raw_seen.size() == 4);
  REQUIRE(world.step().has_value());
  CHECK(world.next_nonce() == 4);
  world.mine(payouts[0].id());
  REQUIRE(world.step().has_value());
  CHECK(world.next_nonce() == 5);
}

TEST_CASE("a sender that was stopped signs nothing more") {
  World world;
  world.set_up();
  world.queue("10");
  world.sender().stop();
  REQUIRE(world.step().has_value());
  CHECK(world.next_nonce() == 0);
  CHECK(world.raw_seen.empty());
}

}  // namespace
}  // namespace settled::daemon::payouts
