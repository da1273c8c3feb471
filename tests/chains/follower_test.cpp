#include "chains/follower.hpp"

#include <catch2/catch.hpp>

#include "tests/chains/follower_rig.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::tests;
using Lines = std::vector<std::string>;

namespace {

constexpr Finality kByDepth{.by_tag = false, .depth = 12};

std::uint64_t first_of(const std::string& call) {
  return std::stoull(call);
}

/// What a node is asked for that has 500 final blocks, names 75 of them in its refusals, and
/// takes so many.
Lines ranges_of_one_that_takes(std::uint64_t blocks) {
  FollowerRig rig;
  rig.node.mine(500);
  rig.node.finalized = 500;
  rig.node.max_range = blocks;
  rig.node.names_range = 75;
  rig.until_head(500);
  return rig.nodes.ranges;
}

}  // namespace

TEST_CASE("new blocks are handed over with the transfers that are ours") {
  FollowerRig rig;
  rig.node.mine_with({payment("tx1", 5), payment("tx2", 7)});
  rig.until_head(1);
  FakeTransfer to_others = payment("tx3", 9);
  to_others.to = address(9);
  FakeTransfer of_another_token = payment("tx4", 9);
  of_another_token.token = address(0xC9);
  rig.node.mine_with({to_others, payment("tx5", 11), of_another_token});
  rig.until_head(2);
  CHECK(rig.recorder.calls == Lines{"1 final 0", "2 final 0"});
  CHECK(rig.recorder.transfer_values() == Lines{"1:5", "1:7", "2:11"});
  const SeenTransfer& second = rig.recorder.transfers[1].back();
  CHECK(second.token->symbol == "USDC");
  CHECK(second.log_index == 1);
  CHECK(second.from == address(2));
  CHECK(rig.recorder.cursor.head().time == rig.node.blocks[2].block.time);
  CHECK(rig.status().confirmed);
  CHECK(rig.status().detail.empty());
}

TEST_CASE("several blocks that wait are handed over at once, in order") {
  FollowerRig rig;
  rig.node.mine(20);
  rig.until_head(20);
  CHECK(rig.recorder.calls ==
        Lines{"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 final 0", "17,18,19,20 final 0"});
}

TEST_CASE("a chain far behind is caught up in ranges that end at the final block") {
  FollowerRig rig;
  rig.node.mine(499);
  rig.node.mine_with({payment("tx1", 5)});
  rig.node.mine_with({payment("tx2", 6)});
  rig.node.mine(2'450);
  rig.node.mine_with({payment("tx3", 7)});
  rig.node.finalized = 2'940;
  rig.until_head(2'952);
  CHECK(rig.nodes.ranges == Lines{"1..250", "251..500", "501..750", "751..1000", "1001..1500",
                                  "1501..2000", "2001..2500", "2501..2940"});
  CHECK(rig.recorder.calls == Lines{"250 final 250", "500 final 500", "501,750 final 750",
                                    "1000 final 1000", "1500 final 1500", "2000 final 2000",
                                    "2500 final 2500", "2940 final 2940",
                                    "2941,2942,2943,2944,2945,2946,2947,2948,2949,2950,2951,2952"
                                    " final 2940"});
  CHECK(rig.recorder.transfer_values() == Lines{"500:5", "501:6", "2952:7"});
}

TEST_CASE("ranges halve when a node refuses them, and nothing is lost or told twice") {
  FollowerRig rig;
  for (int i = 0; i < 700; ++i) rig.node.mine_with({payment("tx" + std::to_string(i), 1)});
  rig.node.finalized = 700;
  rig.node.max_range = 100;
  rig.until_head(700);
  REQUIRE(rig.nodes.ranges.size() > 6);
  CHECK(Lines(rig.nodes.ranges.begin(), rig.nodes.ranges.begin() + 5) ==
        Lines{"1..250", "1..125", "1..62", "63..124", "126..187"});
  std::uint64_t last = 0;
  for (const std::string& call : rig.recorder.calls) {
    CHECK(first_of(call) == last + 1);
    last = std::stoull(call.substr(call.rfind(',') + 1));
  }
  CHECK(rig.recorder.transfer_values().size() == 700);
}

TEST_CASE("a node that names its largest range is asked for just that") {
  const Lines ranges = ranges_of_one_that_takes(75);
  // Only the first question was too large: its four pieces, and as many for the other half.
  REQUIRE(ranges.size() == 1 + 4 + 4);
  CHECK(Lines(ranges.begin(), ranges.begin() + 3) == Lines{"1..250", "1..75", "76..150"});
}

TEST_CASE("a node that takes one block fewer than it names is asked for one fewer") {
  const Lines ranges = ranges_of_one_that_takes(74);
  REQUIRE(ranges.size() > 3);
  CHECK(Lines(ranges.begin(), ranges.begin() + 3) == Lines{"1..250", "1..75", "1..74"});
}

TEST_CASE("when nothing but the final block moves, that alone is handed over") {
  FollowerRig rig;
  rig.node.mine(10);
  rig.until_head(10);
  rig.node.finalized = 4;
  rig.until([&] { return rig.status().final_number == 4; });
  rig.node.finalized = 2;
  rig.look_around();
  rig.node.finalized = std::nullopt;
  rig.look_around();
  rig.node.finalized = 6;
  rig.until([&] { return rig.status().final_number == 6; });
  CHECK(rig.recorder.calls == Lines{"1,2,3,4,5,6,7,8,9,10 final 0", " final 4", " final 6"});
}

TEST_CASE("by depth, blocks are final as soon as enough lie above them") {
  FollowerRig rig(fake_settings(kByDepth));
  rig.node.mine(12);
  rig.until_head(12);
  rig.node.mine(3);
  rig.until_head(15);
  CHECK(rig.recorder.calls == Lines{"1,2,3,4,5,6,7,8,9,10,11,12 final 0", "13,14,15 final 3"});
}

TEST_CASE("a node that lags is waited for") {
  FollowerRig rig;
  rig.node.mine(8);
  rig.until_head(8);
  const auto all = rig.node.blocks;
  rig.node.drop(3);
  rig.until([&] { return rig.status().reason == "node_lagging"; });
  rig.look_around();
  rig.node.blocks = all;
  rig.node.mine(1);
  rig.until_head(9);
  CHECK(rig.recorder.calls == Lines{"1,2,3,4,5,6,7,8 final 0", "9 final 0"});
}

TEST_CASE("a node that is down at the start is tried until it is there") {
  FollowerRig rig;
  rig.node.down = true;
  rig.look_around();
  CHECK(rig.status().state == FollowState::NoNode);
  CHECK(rig.status().reason == "connect_failed");
  CHECK_FALSE(rig.status().head);
  rig.node.down = false;
  rig.node.mine(1);
  rig.until_head(1);
  rig.node.down = true;
  rig.until([&] { return rig.status().state == FollowState::NoNode; });
}

TEST_CASE("a node of another chain is not followed") {
  FollowerRig rig;
  rig.node.chain_id = 1;
  rig.node.mine(3);
  rig.look_around();
  CHECK(rig.status().reason == "wrong_chain_id");
  CHECK(rig.recorder.calls.empty());
}

TEST_CASE("after a refused hand-over the cursor is loaded again") {
  FollowerRig rig;
  rig.node.mine(2);
  rig.until_head(2);
  // Somebody else has moved the book.
  rig.recorder.cursor.rewind(1);
  rig.recorder.refuse = {{Errc::Conflict, "parent_mismatch", "stale"}};
  rig.node.mine(1);
  rig.until_head(3);
  CHECK(rig.recorder.calls == Lines{"1,2 final 0", "2,3 final 0"});
}

TEST_CASE("a book that is busy is tried again") {
  FollowerRig rig;
  rig.node.mine(1);
  rig.recorder.refuse = {{Errc::Timeout, "timeout", ""},
                         {Errc::Unavailable, "book_overloaded", ""},
                         {Errc::Unavailable, "book_overloaded", ""}};
  rig.until_head(1);
  CHECK(rig.recorder.calls == Lines{"1 final 0"});
}

TEST_CASE("a poisoned store ends the follower") {
  FollowerRig rig;
  rig.until_head(0);
  rig.recorder.refuse = {{Errc::Corrupt, "store_poisoned", ""}};
  rig.node.mine(1);
  rig.until([&] { return rig.ended.has_value(); });
  CHECK(rig.ended->reason == "store_poisoned");
  CHECK(rig.status().state == FollowState::Halted);
}

TEST_CASE("a block that the book can make nothing of halts the chain until it can") {
  FollowerRig rig;
  rig.until_head(0);
  const Error seen_twice{Errc::Corrupt, "transfer_seen_twice", "tr_1 is in the chain already"};
  rig.recorder.refuse = {seen_twice};
  rig.node.mine(1);
  rig.until([&] { return rig.status().state == FollowState::Halted; });
  CHECK(rig.status().reason == "transfer_seen_twice");
  rig.until_head(1);
}
