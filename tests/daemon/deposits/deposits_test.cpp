#include "daemon/deposits/deposits.hpp"

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "tests/daemon/deposits/chain_rig.hpp"

using namespace settled;
using namespace settled::tests;
namespace pb = settled::ledger::pb;

namespace {

constexpr chains::Finality kByDepth{.by_tag = false, .depth = 4};

/// A chain of 100 blocks that is followed, a merchant and ten deposit addresses.
std::string set_up(ChainRig& rig) {
  rig.node.mine(100);
  rig.node.finalized = 90;
  rig.fixture.derive(10);
  rig.start();
  rig.until_settled();
  return rig.fixture.merchant("Shop");
}

}  // namespace

TEST_CASE("a new chain starts at its newest final block") {
  ChainRig rig;
  rig.node.mine(100);
  rig.node.finalized = 90;
  REQUIRE(rig.open());
  CHECK(rig.fixture.chain().head().number() == 90);
  CHECK(rig.fixture.chain().head().hash() == rig.node.blocks[90].block.hash.raw());
  CHECK(rig.fixture.chain().chain_id() == 31337);
  REQUIRE(rig.open());  // nothing new the second time
  CHECK(rig.fixture.chain().start_number() == 90);
}

TEST_CASE("by depth, a new chain starts as deep as that, or at block 0") {
  ChainRig deep(kByDepth);
  deep.node.mine(100);
  REQUIRE(deep.open());
  CHECK(deep.fixture.chain().head().number() == 96);
  ChainRig young(kByDepth);
  young.node.mine(3);
  REQUIRE(young.open());
  CHECK(young.fixture.chain().head().number() == 0);
}

TEST_CASE("a chain that is too young to have a final block starts at block 0") {
  ChainRig rig;
  rig.node.mine(5);
  REQUIRE(rig.open());
  CHECK(rig.fixture.chain().head().number() == 0);
}

TEST_CASE("a node that does not tell the final block of a long chain cannot start it") {
  ChainRig rig;
  rig.node.mine(10'000);
  const Status opened = rig.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().reason == "no_final_block");
}

TEST_CASE("a start block is taken as it is, once it is final") {
  ChainRig rig;
  rig.node.mine(100);
  rig.node.finalized = 90;
  rig.settings.start_block = 95;
  const Status early = rig.open();
  REQUIRE_FALSE(early);
  CHECK(early.error().reason == "start_not_final");
  rig.settings.start_block = 20;
  REQUIRE(rig.open());
  CHECK(rig.fixture.chain().head().number() == 20);
}

TEST_CASE("a chain whose id is another one than the books know is refused") {
  ChainRig rig;
  pb::OpenChain other;
  other.set_chain("base");
  other.set_chain_id(8453);
  other.mutable_start()->set_hash(std::string(32, 'h'));
  rig.fixture.ok(other);
  const Status opened = rig.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().reason == "chain_open");
  rig.start();
  rig.until([&] { return rig.deposits().status().state == chains::FollowState::Halted; });
  CHECK(rig.deposits().status().reason == "chain_open");
}

TEST_CASE("a token mismatch opens no chain") {
  ChainRig rig;
  rig.node.decimals = 18;
  const Status opened = rig.open();
  REQUIRE_FALSE(opened);
  CHECK(opened.error().reason == "token_mismatch");
  CHECK_FALSE(rig.fixture.store().get(ledger::keys::chain("base")).value());
}

TEST_CASE("a payment is seen, confirmed and finalized") {
  ChainRig rig;
  const std::string merchant = set_up(rig);
  const pb::Intent intent = rig.fixture.intent(merchant, "25.00");

  rig.node.mine_with({usdc("tx1", intent.deposit_address(), 25'000'000)});
  rig.until_settled();
  CHECK(rig.fixture.intent(intent.id()).status() == pb::PROCESSING);
  CHECK(rig.fixture.balance(merchant) == "0.00 0.00 0.00");
  const pb::Transfer seen = rig.fixture.transfer("tx1");
  CHECK(seen.status() == pb::SEEN);
  CHECK(seen.evidence() == "single");
  CHECK(seen.token() == "USDC");
  CHECK(seen.decimals() == 6);
  CHECK(seen.block_number() == 101);
  CHECK(seen.from() == address_of("payer"));
  CHECK(text_of(seen.amount()) == "25.00");

  rig.node.mine(1);
  rig.until_settled();
  CHECK(rig.fixture.intent(intent.id()).status() == pb::SUCCEEDED);
  CHECK(rig.fixture.balance(merchant) == "0.00 25.00 0.00");

  rig.node.finalized = 101;
  rig.until_settled();
  CHECK(rig.fixture.transfer("tx1").status() == pb::FINALIZED);
  CHECK(rig.fixture.balance(merchant) == "25.00 0.00 0.00");
}

TEST_CASE("a reorganisation takes a payment back, and its inclusion in another block returns it") {
  ChainRig rig;
  const std::string merchant = set_up(rig);
  const pb::Intent intent = rig.fixture.intent(merchant, "25.00");
  const FakeTransfer payment = usdc("tx1", intent.deposit_address(), 25'000'000);
  rig.node.mine_with({payment});
  rig.node.mine(2);
  rig.until_settled();
  CHECK(rig.fixture.balance(merchant) == "0.00 25.00 0.00");
  const std::string id = rig.fixture.transfer("tx1").id();

  rig.node.reorganise(3, 3);
  rig.until_settled();
  CHECK(rig.fixture.transfer("tx1").status() == pb::REVERSED);
  CHECK(rig.fixture.intent(intent.id()).status() == pb::REQUIRES_PAYMENT);
  CHECK(rig.fixture.balance(merchant) == "0.00 0.00 0.00");

  rig.node.mine_with({payment}, "b");
  rig.node.mine(1, "b");
  rig.node.finalized = 104;
  rig.until_settled();
  CHECK(rig.fixture.transfer("tx1").id() == id);
  CHECK(rig.fixture.transfer("tx1").block_number() == 104);
  CHECK(rig.fixture.transfer("tx1").status() == pb::FINALIZED);
  CHECK(rig.fixture.balance(merchant) == "25.00 0.00 0.00");
}

TEST_CASE("after a restart the chain is caught up from where the book stands") {
  ChainRig rig;
  const std::string merchant = set_up(rig);
  const pb::Intent intent = rig.fixture.intent(merchant, "25.00");
  rig.node.mine_with({usdc("tx1", intent.deposit_address(), 10'000'000)});
  rig.until_settled();
  rig.stop();
  // While it was away: the last blocks changed, and many more came.
  rig.node.drop(3);
  rig.node.mine_with({usdc("tx1", intent.deposit_address(), 10'000'000)}, "b");
  rig.node.mine(700, "b");
  rig.node.mine_with({usdc("tx2", intent.deposit_address(), 15'000'000)}, "b");
  rig.node.mine(30, "b");
  rig.node.finalized = 820;
  rig.start();
  rig.until_settled();
  CHECK(rig.fixture.transfer("tx1").block_hash() == rig.node.blocks[99].block.hash.raw());
  CHECK(rig.fixture.intent(intent.id()).status() == pb::SUCCEEDED);
  CHECK(rig.fixture.balance(merchant) == "25.00 0.00 0.00");
  // What lies above the final block holds nothing that is ours, and nobody waits for it.
  CHECK(rig.fixture.chain().head().number() == 820);
}

TEST_CASE("a chain without payments costs the log nothing, and none is missed for it") {
  ChainRig rig;
  const std::string merchant = set_up(rig);
  const pb::Intent intent = rig.fixture.intent(merchant, "25.00");
  const std::uint64_t before = rig.fixture.book().head().sequence();
  for (int i = 0; i < 8; ++i) {
    rig.node.mine(1);
    rig.until_settled();
  }
  CHECK(rig.fixture.book().head().sequence() == before);
  // A restart forgets what was held back, and reads it again.
  rig.start();
  rig.node.mine_with({usdc("tx1", intent.deposit_address(), 25'000'000)});
  rig.until_settled();
  CHECK(rig.fixture.transfer("tx1").block_number() == 109);
  CHECK(rig.fixture.transfer("tx1").status() == pb::SEEN);
  rig.node.mine(1);
  rig.until_settled();
  CHECK(rig.fixture.balance(merchant) == "0.00 25.00 0.00");
  rig.node.mine(3);
  rig.node.finalized = 109;
  rig.until_settled();
  CHECK(rig.fixture.balance(merchant) == "25.00 0.00 0.00");
}

TEST_CASE("what reaches or leaves a signer is handed over, and strangers' transfers are not") {
  ChainRig rig;
  rig.node.mine(10);
  rig.node.finalized = 10;
  const std::string hot = address_of("hot");
  REQUIRE(rig.open());
  pb::OpenSigner signer;
  signer.set_chain("base");
  signer.set_signer("hot");
  signer.set_address(hot);
  rig.fixture.ok(signer);
  rig.start({fixed_from<chains::evm::Address>(hot)});
  rig.node.mine_with({usdc("in", hot, 5), usdc("out", address_of("payee"), 3, hot),
                      usdc("strange", address_of("payee"), 9)});
  rig.until_settled();
  CHECK_FALSE(rig.fixture.transfer("in").outgoing());
  CHECK(rig.fixture.transfer("out/1").outgoing());
  const auto strange = ledger::keys::transfer_log("base", hash_of("strange"), 2);
  CHECK_FALSE(rig.fixture.store().get(strange).value());
}
