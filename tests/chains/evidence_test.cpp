#include <catch2/catch.hpp>

#include "chains/proof/transfer.hpp"
#include "tests/chains/follower_rig.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::tests;
using Lines = std::vector<std::string>;

namespace {

ChainSettings proven() {
  ChainSettings settings = fake_settings();
  settings.evidence = Evidence::Proven;
  return settings;
}

/// The second node tells the truth about the first one's blocks.
FakeNode& honest(FollowerRig& rig) {
  FakeNode& second = rig.nodes.nodes.at("http://node1");
  second.blocks = rig.node.blocks;
  second.finalized = rig.node.finalized;
  return second;
}

}  // namespace

TEST_CASE("where blocks are proven, receipts are asked for only where a transfer may be") {
  FollowerRig rig(proven());
  rig.node.mine(3);
  rig.node.mine_with({payment("tx1", 5), payment("tx2", 7)});
  FakeTransfer other = payment("tx3", 9);
  other.token = address(0xC1);
  rig.node.mine_with({other});
  rig.node.mine(2);
  rig.until_head(7);
  CHECK(rig.recorder.transfer_values() == Lines{"4:5", "4:7"});
  CHECK(rig.nodes.receipts_asked == 1);
  CHECK(rig.health(0).forgeries == 0);
}

TEST_CASE("each transfer of a proven block can be proven by what was handed over with it") {
  FollowerRig rig(proven());
  // A transaction each, though the node gives two of them one name.
  rig.node.mine_with({payment("tx1", 5), payment("tx1", 8), payment("tx2", 7)});
  rig.until_head(1);
  const auto& transfers = rig.recorder.transfers.at(1);
  REQUIRE(transfers.size() == 3);
  for (const SeenTransfer& transfer : transfers) {
    CHECK(transfer.evidence == Evidence::Proven);
    REQUIRE(transfer.log_in_receipt.has_value());
    const auto proof = proof::transfer_proof(transfer.receipt_proof, *transfer.log_in_receipt);
    REQUIRE(proof.has_value());
    const auto shown = proof::verify_transfer_proof(*proof);
    REQUIRE(shown.has_value());
    CHECK(shown->block_number == 1);
    CHECK(shown->token == transfer.token->address);
    CHECK(shown->from == transfer.from);
    CHECK(shown->to == transfer.to);
    CHECK(shown->value == transfer.base_units);
  }
}

TEST_CASE("what one node is believed about carries no proof") {
  FollowerRig rig(fake_settings());
  rig.node.mine_with({payment("tx1", 5)});
  rig.until_head(1);
  const SeenTransfer& transfer = rig.recorder.transfers.at(1).front();
  CHECK(transfer.evidence == Evidence::Single);
  CHECK(transfer.receipt_proof.empty());
  CHECK_FALSE(transfer.log_in_receipt.has_value());
}

TEST_CASE("a withheld log is believed of one node's word and found where blocks are proven") {
  SECTION("single: the node is consistent with itself, and the payment is missed") {
    FollowerRig rig(fake_settings(), 2);
    rig.node.mine_with({payment("tx1", 5)});
    rig.node.withholds_at = 1;
    honest(rig);
    rig.until_head(1);
    CHECK(rig.recorder.transfer_values().empty());
  }
  SECTION("proven: the next node is asked, and the first one named") {
    FollowerRig rig(proven(), 2);
    rig.node.mine_with({payment("tx1", 5)});
    rig.node.withholds_at = 1;
    honest(rig);
    rig.until_head(1);
    CHECK(rig.recorder.transfer_values() == Lines{"1:5"});
    CHECK(rig.health(0).forgeries > 0);
    CHECK(rig.incidents.front().starts_with("node0 receipt_bloom_mismatch: "));
    CHECK(rig.health(1).forgeries == 0);
  }
}

TEST_CASE("nothing that a lone node forges is handed over, and its truth is") {
  FollowerRig rig(proven());
  rig.node.mine(1);
  rig.until_head(1);
  rig.node.mine_with({payment("tx1", 5)});
  rig.node.mine(1);
  const char* reason = nullptr;
  SECTION("a larger amount") {
    rig.node.raises_at = 2;
    reason = "receipts_root_mismatch";
  }
  SECTION("another header") {
    rig.node.forges_header_at = 2;
    reason = "header_hash_mismatch";
  }
  SECTION("a log of another block") {
    rig.node.wrong_logs_at = 2;
    reason = "log_out_of_place";
  }
  rig.look_around();
  CHECK(rig.recorder.calls == Lines{"1 final 0"});
  CHECK(rig.health(0).forgeries > 0);
  CHECK(rig.health(0).detail.starts_with(reason));
  rig.node.raises_at = rig.node.forges_header_at = rig.node.wrong_logs_at = ~0ULL;
  rig.until_head(3);
  CHECK(rig.recorder.transfer_values() == Lines{"2:5"});
}

TEST_CASE("what stands before a forged block is handed over, and its teller still convicted") {
  FollowerRig rig(proven(), 2);
  rig.node.mine(2);
  rig.node.mine_with({payment("tx1", 5)});
  rig.node.withholds_at = 3;
  honest(rig);
  rig.until_head(3);
  CHECK(rig.recorder.transfer_values() == Lines{"3:5"});
  CHECK(rig.health(0).forgeries > 0);
}

TEST_CASE("a node without receipts is not believed and not convicted") {
  FollowerRig rig(proven());
  rig.node.has_receipts = false;
  rig.node.mine_with({payment("tx1", 5)});
  rig.look_around();
  CHECK(rig.recorder.calls.empty());
  CHECK(rig.health(0).forgeries == 0);
  rig.node.has_receipts = true;
  rig.until_head(1);
  CHECK(rig.recorder.transfer_values() == Lines{"1:5"});
}

TEST_CASE("where blocks are proven, even a long way of final blocks is read one by one") {
  FollowerRig rig(proven());
  rig.node.mine(60);
  rig.node.mine_with({payment("tx1", 5)});
  rig.node.mine(60);
  rig.node.finalized = 115;
  rig.until_head(121);
  CHECK(rig.nodes.ranges.empty());
  CHECK(rig.recorder.transfer_values() == Lines{"61:5"});
}

TEST_CASE("a reorganisation of proven blocks is followed") {
  FollowerRig rig(proven());
  rig.node.mine(2);
  rig.node.mine_with({payment("tx1", 5)});
  rig.until_head(3);
  rig.node.reorganise(1, 1);
  rig.node.mine_with({payment("tx1", 5)}, "b");
  rig.until_head(4);
  CHECK(rig.recorder.transfer_values() == Lines{"4:5"});
  CHECK(rig.health(0).forgeries == 0);
}
