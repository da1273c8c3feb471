#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/chains/follower_rig.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::tests;
using Lines = std::vector<std::string>;

namespace {

void same_chain(const FollowerRig& rig) {
  const Cursor& cursor = rig.recorder.cursor;
  for (const BlockRef& block : cursor.recent) {
    CHECK(block == rig.node.blocks[block.number].block);
  }
}

}  // namespace

TEST_CASE("a reorganisation of any length goes back to the common ancestor") {
  for (std::uint64_t depth = 1; depth <= 10; ++depth) {
    for (const int longer : {0, 1, 5}) {
      INFO("depth " << depth << ", longer by " << longer);
      FollowerRig rig;
      rig.node.mine(19);
      rig.node.mine_with({payment("tx1", 5)});
      rig.node.finalized = 8;
      rig.until_head(20);
      rig.node.reorganise(depth, depth - 1);
      rig.node.mine_with({payment("tx1", 5), payment("tx2", 6)}, "b");
      rig.node.mine(static_cast<std::uint64_t>(longer), "b");
      const auto before = rig.recorder.calls.size();
      rig.until_head(rig.node.latest());
      CHECK(rig.recorder.calls[before] == "rewind " + std::to_string(20 - depth));
      CHECK(rig.recorder.transfer_values() == Lines{"20:5", "20:6"});
      same_chain(rig);
    }
  }
}

TEST_CASE("a reorganisation deeper than one question asks for goes back all the way") {
  FollowerRig rig;
  rig.node.mine(200);
  rig.until_head(200);
  rig.node.reorganise(170, 171);
  rig.until_head(201);
  CHECK(std::ranges::count(rig.recorder.calls, "rewind 30") == 1);
  same_chain(rig);
}

TEST_CASE("a chain that became shorter by a reorganisation is noticed") {
  FollowerRig rig;
  rig.node.mine(20);
  rig.until_head(20);
  rig.node.reorganise(5, 2);
  rig.until_head(17);
  CHECK(rig.recorder.calls.back() == "16,17 final 0");
  same_chain(rig);
}

TEST_CASE("what was reorganised while nobody looked is rewound before the catch-up") {
  FollowerRig rig;
  rig.node.mine(20);
  rig.node.finalized = 10;
  rig.until_head(20);
  const auto before = rig.recorder.calls.size();
  rig.node.reorganise(6, 500);
  rig.node.finalized = 480;
  rig.until_head(514);
  CHECK(rig.recorder.calls[before] == "rewind 14");
  CHECK(rig.recorder.calls[before + 1] == "264 final 264");
  same_chain(rig);
}

TEST_CASE("below the final block nothing is undone: the chain halts, and recovers") {
  FollowerRig rig;
  rig.node.mine(20);
  rig.node.finalized = 15;
  rig.until_head(20);
  const auto true_chain = rig.node.blocks;
  const auto calls = rig.recorder.calls;
  rig.node.reorganise(8, 12);
  rig.until([&] { return rig.status().state == FollowState::Halted; });
  rig.look_around();
  rig.node.mine(300, "b");
  rig.node.finalized = 300;
  rig.look_around();
  CHECK(rig.status().state == FollowState::Halted);
  CHECK(rig.status().reason == "finality_violation");
  CHECK(rig.recorder.calls == calls);
  CHECK(rig.status().final_number == 15);
  CHECK(rig.status().finality_violations == 1);  // told once, however long it lasts
  CHECK(rig.halts == Lines{"finality_violation"});
  CHECK(rig.status().recognised);

  rig.node.blocks = true_chain;
  rig.node.finalized = 15;
  rig.node.mine(1);
  rig.until_head(21);
  CHECK(rig.recorder.calls.back() == "21 final 15");
  CHECK(rig.status().reason.empty());
  CHECK(rig.halts == Lines{"finality_violation", "goes on"});
}

TEST_CASE("a chain that does not hold the block where we start is never taken for ours") {
  FollowerRig rig;
  CHECK_FALSE(rig.status().recognised);
  FakeNode other;
  other.mine(1, "b");
  rig.recorder.cursor.recent.front().hash = other.blocks.back().block.hash;
  rig.node.mine(2);
  rig.until([&] { return rig.status().state == FollowState::Halted; });
  CHECK(rig.status().reason == "finality_violation");
  CHECK_FALSE(rig.status().recognised);
  CHECK(rig.recorder.calls.empty());
}

TEST_CASE("finality that goes back and stays there halts the chain, until it is where it was") {
  FollowerRig rig;
  rig.node.mine(20);
  rig.node.finalized = 15;
  rig.until_head(20);
  rig.node.finalized = 9;
  rig.until([&] { return rig.status().state == FollowState::Halted; });
  CHECK(rig.status().reason == "finality_violation");
  CHECK(rig.status().finality_violations == 1);
  const auto calls = rig.recorder.calls;
  rig.node.mine_with({payment("tx1", 5)});
  rig.node.finalized = 14;
  rig.look_around();
  CHECK(rig.recorder.calls == calls);
  CHECK(rig.status().final_number == 15);

  rig.node.finalized = 15;
  rig.until_head(21);
  CHECK(rig.recorder.transfer_values() == Lines{"21:5"});
  CHECK(rig.halts == Lines{"finality_violation", "goes on"});
}

TEST_CASE("a finalized tag on another block than ours is not believed but looked into") {
  FollowerRig rig;
  rig.node.mine(20);
  rig.until_head(20);
  rig.node.reorganise(10, 12);
  rig.node.finalized = 12;
  rig.until_head(22);
  CHECK(rig.recorder.calls[rig.recorder.calls.size() - 2] == "rewind 10");
  CHECK(rig.recorder.cursor.final_number == 12);
  same_chain(rig);
}

TEST_CASE("what one node calls final does not make the block of another node's branch final") {
  for (const bool by_tag : {true, false}) {
    FollowerRig rig(fake_settings({.by_tag = by_tag, .depth = 2}), 2);
    FakeNode& other = rig.nodes.nodes.at("http://node1");
    rig.node.mine(5);
    other.blocks = rig.node.blocks;
    rig.until_head(5);
    // The first node tells its heads and no blocks; the second one stands on a branch that was
    // left, too far behind for its head to count.
    rig.node.mine(7);
    rig.node.finalized = 10;
    rig.node.hides_headers = true;
    other.mine(1, "b");
    rig.until([&] { return rig.recorder.cursor.head() == other.blocks[6].block; });
    INFO((by_tag ? "by tag" : "by depth"));
    CHECK(rig.recorder.cursor.final_number < 6);
    rig.node.hides_headers = false;
    rig.until_head(12);
    CHECK(rig.recorder.cursor.final_number == 10);
    same_chain(rig);
  }
}

TEST_CASE("nodes on different forks are not followed to and fro without a change of heads") {
  FollowerRig rig(fake_settings(), 2);
  FakeNode& other = rig.nodes.nodes.at("http://node1");
  rig.node.mine(5);
  other.blocks = rig.node.blocks;
  rig.node.mine(5);
  other.mine(5, "b");
  rig.until_head(10);
  rig.look_around();
  CHECK(rig.recorder.calls == Lines{"1,2,3,4,5,6,7,8,9,10 final 0"});
  // The first node is gone: the second one's chain is the chain now.
  rig.node.down = true;
  rig.until([&] { return rig.recorder.cursor.head() == other.blocks[10].block; });
  CHECK(rig.recorder.calls[1] == "rewind 5");
}
