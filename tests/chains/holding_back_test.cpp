#include <cstdint>
#include <optional>

#include <catch2/catch.hpp>

#include "chains/held_blocks.hpp"
#include "tests/chains/follower_rig.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::tests;
using Lines = std::vector<std::string>;

namespace {

constexpr std::uint64_t kNever = ~0ULL;

/// A store in which nothing waits, or something for a head or a final block.
struct Waiting {
  std::uint64_t head = kNever;
  std::uint64_t final_number = kNever;
};

struct Rig {
  Waiting waiting;
  FollowerRig rig{fake_settings(), 1, [this](std::uint64_t head, std::uint64_t final_number) {
                    return head >= waiting.head || final_number >= waiting.final_number;
                  }};
  FakeNode& node = rig.node;

  /// Until the follower, not the store, is there.
  void until_head(std::uint64_t number) {
    rig.until([&] { return rig.status().head == node.blocks[number].block; });
  }
  const Lines& calls() const { return rig.recorder.calls; }
};

}  // namespace

TEST_CASE("empty blocks that nobody waits for are not handed over") {
  Rig world;
  for (int i = 0; i < 50; ++i) {
    world.node.mine(1);
    world.until_head(world.node.latest());
  }
  CHECK(world.calls().empty());
  CHECK(world.rig.status().state == FollowState::Following);
  CHECK(world.rig.recorder.cursor.head().number == 0);
}

TEST_CASE("a transfer brings the blocks before it along") {
  Rig world;
  world.node.mine(3);
  world.until_head(3);
  world.node.mine_with({payment("tx1", 5)});
  world.until_head(4);
  CHECK(world.calls() == Lines{"1,2,3,4 final 0"});
  CHECK(world.rig.recorder.transfer_values() == Lines{"4:5"});
}

TEST_CASE("of final blocks before a transfer the newest alone is handed over") {
  Rig world;
  world.node.mine(9);
  world.until_head(9);
  world.node.finalized = 7;
  world.node.mine_with({payment("tx1", 5)});
  world.until_head(10);
  CHECK(world.calls() == Lines{"7,8,9,10 final 7"});
}

TEST_CASE("blocks are handed over as soon as somebody waits for them") {
  Rig world;
  world.waiting.head = 6;
  world.node.mine(5);
  world.until_head(5);
  CHECK(world.calls().empty());
  world.node.mine(1);
  world.until_head(6);
  CHECK(world.calls() == Lines{"1,2,3,4,5,6 final 0"});
  world.waiting = {.head = kNever, .final_number = 5};
  world.node.mine(1);
  world.node.finalized = 4;
  world.until_head(7);
  world.rig.look_around();
  CHECK(world.rig.recorder.cursor.head().number == 6);
  world.node.finalized = 5;
  world.rig.until([&] { return world.rig.recorder.cursor.head().number == 7; });
  CHECK(world.calls().back() == "7 final 5");
}

TEST_CASE("after a minute the final blocks are handed over, whoever waits") {
  Rig world;
  world.node.mine(20);
  world.until_head(20);
  world.node.finalized = 12;
  world.rig.until([&] { return world.rig.status().final_number == 12; });
  // Time passes with each look.
  for (int i = 0; i < 20 && world.calls().empty(); ++i) {
    world.node.mine(1);
    world.until_head(world.node.latest());
    world.rig.look_around();
  }
  REQUIRE_FALSE(world.calls().empty());
  CHECK(world.calls() == Lines{"12 final 12"});
}

TEST_CASE("a reorganisation of blocks that were held back is no matter of the store") {
  Rig world;
  world.node.mine(10);
  world.until_head(10);
  world.node.reorganise(4, 6);
  world.until_head(12);
  CHECK(world.calls().empty());
  world.node.mine_with({payment("tx1", 5)}, "b");
  world.until_head(13);
  CHECK(world.calls() == Lines{"1,2,3,4,5,6,7,8,9,10,11,12,13 final 0"});
}

TEST_CASE("a reorganisation below what was handed over rewinds the store") {
  Rig world;
  world.node.mine(5);
  world.node.mine_with({payment("tx1", 5)});
  world.until_head(6);
  world.node.mine(4);
  world.until_head(10);
  world.node.reorganise(6, 8);
  world.until_head(12);
  CHECK(world.calls() == Lines{"1,2,3,4,5,6 final 0", "rewind 4"});
  CHECK(world.rig.recorder.transfer_values().empty());
  world.node.mine_with({payment("tx1", 5)}, "b");
  world.until_head(13);
  CHECK(world.calls().back() == "5,6,7,8,9,10,11,12,13 final 0");
}

TEST_CASE("what was held back is read again after the store was busy") {
  Rig world;
  world.node.mine(4);
  world.until_head(4);
  world.rig.recorder.refuse = {{Errc::Unavailable, "book_overloaded", ""}};
  world.node.mine_with({payment("tx1", 5)});
  world.rig.until([&] { return !world.calls().empty(); });
  CHECK(world.calls() == Lines{"1,2,3,4,5 final 0"});
  CHECK(world.rig.recorder.transfer_values() == Lines{"5:5"});
}

TEST_CASE("no more blocks are held back than the limit says") {
  Rig world;
  world.node.mine(HeldBlocks::kMost + 100);
  world.until_head(world.node.latest());
  REQUIRE_FALSE(world.calls().empty());
  CHECK(world.rig.recorder.cursor.head().number >= HeldBlocks::kMost);
}
