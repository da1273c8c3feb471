#include "chains/later_sweep.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/chains/later_sweep_rig.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::tests;
using Lines = std::vector<std::string>;
using Rig = LaterSweepRig;

TEST_CASE("What was read from one node is read again from two, once it is final, and only once") {
  Rig rig;
  rig.sweep.starts_after(0, 0);
  rig.take(1, 10, 0);
  rig.asked();
  rig.run();
  CHECK(rig.asked().empty());
  CHECK(rig.sweep.next() == 1);

  rig.sweep.took({"base", 6, {}});
  rig.run();
  CHECK(rig.asked() == Lines{"1..6", "1..6"});
  CHECK(rig.sweep.next() == 7);
  CHECK(rig.sweep.blocks_remembered() == 4);
  rig.run();
  CHECK(rig.asked().empty());
  rig.sweep.took({"base", 12, {}});
  rig.run();
  CHECK(rig.asked() == Lines{"7..10", "7..10"});
  CHECK(rig.sweep.next() == 11);
  CHECK(rig.sweep.blocks_remembered() == 0);
  CHECK(rig.differences.empty());
}

TEST_CASE("A log that the first node left out without a word is found by another") {
  Rig rig;
  rig.node(0).withholds_at = 4;
  rig.sweep.starts_after(0, 0);
  SECTION("by block, where the bloom of its header does not tell") {
    rig.take_without_transfers(1, 10, 10);
    rig.run();
    REQUIRE(rig.differences.size() == 2);
    CHECK(rig.differences[0].starts_with("node0 transfers_missed: "));
    CHECK(rig.differences[0].find("log 1 of block 4") != std::string::npos);
    CHECK(rig.differences[0].find(log_zero()) == std::string::npos);
    CHECK(rig.differences[1].starts_with("node1 transfers_missed: "));
    CHECK(rig.differences[1].find(log_zero() + ", log 1 of block 4") != std::string::npos);
  }
  SECTION("by block, in both questions") {
    rig.take(1, 10, 10);
    rig.run();
    REQUIRE(rig.differences.size() == 1);
    CHECK(rig.differences[0] ==
          "node1 transfers_missed: the node tells transfers of ours that are not in the books: " +
              log_zero());
  }
  CHECK(rig.sweep.next() == 11);
}

TEST_CASE("What no other node tells, or tells otherwise, is told of") {
  Rig rig;
  rig.sweep.starts_after(0, 0);
  SECTION("invented, or left out by the second") {
    rig.take(1, 10, 10);
    rig.node(1).withholds_at = 4;
    rig.run();
    CHECK(rig.differences ==
          Lines{"node1 transfers_unconfirmed: the node does not tell, or tells otherwise, what is "
                "in the books: " +
                log_zero()});
  }
  SECTION("raised") {
    rig.take(1, 10, 10);
    rig.node(1).raises_at = 4;
    rig.run();
    REQUIRE(rig.differences.size() == 2);
    CHECK(rig.differences[0].starts_with("node1 transfers_missed: "));
    CHECK(rig.differences[1].starts_with("node1 transfers_unconfirmed: "));
  }
  SECTION("of another branch") {
    rig.take(1, 10, 10);
    rig.node(1).reorganise(3, 3);
    rig.run();
    REQUIRE(rig.differences.size() == 1);
    CHECK(
        rig.differences[0].starts_with("node1 final_block_differs: the node tells that block 10"));
  }
}

TEST_CASE("A stretch waits until two nodes have answered, and is told of once") {
  Rig rig;
  rig.node(0).withholds_at = 4;
  rig.sweep.starts_after(0, 0);
  rig.take(1, 10, 10);
  rig.node(0).down = true;
  rig.node(2).down = true;
  rig.run();
  CHECK(rig.sweep.next() == 1);
  CHECK(rig.differences.size() == 1);
  rig.run();
  CHECK(rig.sweep.next() == 1);
  CHECK(rig.differences.size() == 1);
  rig.node(2).down = false;
  rig.run();
  CHECK(rig.sweep.next() == 11);
  CHECK(rig.differences.size() == 2);
}

TEST_CASE("A range that a node refuses is read in smaller ones") {
  Rig rig(2);
  rig.sweep.starts_after(0, 0);
  rig.node(0).mine(290);
  rig.take_without_transfers(300, 300, 300);
  rig.node(1).max_range = 125;
  rig.asked();
  rig.run();
  CHECK(rig.sweep.next() == 301);
  // The two transfers of block 4 were never handed over: told of by the first node, and by both
  // once the second had to be asked for less.
  REQUIRE(rig.differences.size() == 3);
  CHECK(rig.differences[1] == rig.differences[0]);
  CHECK(rig.differences[2].starts_with("node1 transfers_missed: "));
  CHECK(rig.asked().size() >= 7);
}

TEST_CASE("What a reorganisation took back is not looked for") {
  Rig rig;
  rig.sweep.starts_after(0, 0);
  rig.take(1, 10, 2);
  rig.node(0).drop(7);
  rig.sweep.rewound(3);
  rig.node(0).mine(8, "b");
  rig.take(4, 11, 11);
  rig.run();
  CHECK(rig.differences.empty());
  CHECK(rig.sweep.next() == 12);
}

TEST_CASE("The oldest blocks are let go where too many wait") {
  Rig rig;
  rig.sweep.starts_after(0, 0);
  BlockBatch batch{"base", 0, {}};
  for (std::uint64_t number = 1; number <= LaterSweep::kMostBlocks + 5; ++number) {
    batch.blocks.push_back({{.number = number, .hash = {}}, {}, {}});
  }
  rig.sweep.took(batch);
  CHECK(rig.sweep.blocks_remembered() == LaterSweep::kMostBlocks);
  CHECK(rig.sweep.next() == 6);
}

TEST_CASE("Nothing is read again where there is no other node, or evidence that needs none") {
  ChainSettings settings = fake_settings();
  std::size_t count = 1;
  SECTION("one node") {}
  SECTION("proven") {
    settings.evidence = Evidence::Proven;
    count = 3;
  }
  Rig rig(count, settings);
  rig.sweep.starts_after(0, 0);
  rig.take(1, 10, 10);
  rig.asked();
  rig.run();
  CHECK(rig.asked().empty());
  CHECK_FALSE(rig.sweep.next());
  CHECK(rig.sweep.blocks_remembered() == 0);
}

TEST_CASE("A block whose payments were missed is to be booked until it is") {
  Rig rig(3, provable_settings());
  rig.sweep.starts_after(0, 0);
  rig.take_without_transfers(1, 10, 10);
  rig.books_take = false;
  rig.run();
  CHECK_FALSE(rig.differences.empty());
  CHECK(rig.missed == std::vector<std::uint64_t>{4});
  rig.run();
  rig.books_take = true;
  rig.run();
  rig.run();
  CHECK(rig.missed == std::vector<std::uint64_t>{4, 4, 4});
}

TEST_CASE("What cannot be booked is given up after many times, and that is told") {
  Rig rig(3, provable_settings());
  rig.sweep.starts_after(0, 0);
  rig.take_without_transfers(1, 10, 10);
  rig.books_take = false;
  for (unsigned i = 0; i < LaterSweep::kMostTries + 5; ++i) rig.run();
  CHECK(rig.missed.size() == LaterSweep::kMostTries);
  CHECK(rig.differences.back() ==
        " missed_not_booked: what was missed in block 4 could not be proven and booked; it is not "
        "tried again");
}
