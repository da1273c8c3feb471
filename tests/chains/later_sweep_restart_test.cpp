#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/chains/later_sweep_rig.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::tests;
using Lines = std::vector<std::string>;
using Rig = LaterSweepRig;

TEST_CASE("What an earlier process handed over is held against the books, from where it ended") {
  Rig rig(3, provable_settings());
  rig.swept_before = 2;
  rig.booked_units = 7;
  // What it withholds is in no book, and what it does not tell is not asked of the books.
  rig.node(0).withholds_at = 4;
  rig.restart(8, 8);
  rig.run();
  CHECK(rig.asked() == Lines{"3..8", "3..8"});
  CHECK(rig.asked_books == Lines{"4/1", "4/0", "4/1"});
  CHECK(
      rig.differences ==
      Lines{"node1 transfers_missed: the node tells transfers of ours that are not in the books: " +
            log_zero()});
  CHECK(rig.missed == std::vector<std::uint64_t>{4});
  CHECK(rig.sweep.next() == 9);
}

TEST_CASE("What was swept before the start is not read again, nor what is not final yet") {
  Rig rig;
  rig.swept_before = 4;
  rig.restart(8, 6);
  rig.run();
  CHECK(rig.asked() == Lines{"5..6", "5..6"});
  rig.run();
  CHECK(rig.asked().empty());
  rig.sweep.took({"base", 8, {}});
  rig.run();
  CHECK(rig.asked() == Lines{"7..8", "7..8"});
  CHECK(rig.differences.empty());
}

TEST_CASE("One stretch may hold blocks from before and after the start") {
  Rig rig;
  rig.node(0).mine_with({payment("c", 9)});
  rig.swept_before = 2;
  rig.booked_units = 5;
  rig.restart(8, 8);
  SECTION("and what was handed over since is not asked of the books") {
    rig.take(9, 11, 11);
    rig.run();
    CHECK(rig.asked() == Lines{"3..11", "3..11"});
    CHECK(rig.asked_books == Lines{"4/0", "4/1", "4/0", "4/1"});
    REQUIRE(rig.differences.size() == 2);
    CHECK(rig.differences[0].ends_with("books: " + log_one()));
  }
  SECTION("and each is told of") {
    rig.take_without_transfers(11, 11, 11);
    rig.run();
    REQUIRE(rig.differences.size() == 2);
    CHECK(rig.differences[0].find(log_one() + ", log 0 of block 11") != std::string::npos);
  }
}

TEST_CASE("Blocks that are handed over again after the start are not asked of the books") {
  Rig rig;
  rig.swept_before = 1;
  rig.restart(8, 2);
  rig.sweep.rewound(3);
  rig.take(4, 10, 10);
  rig.run();
  CHECK(rig.asked_books.empty());
  CHECK(rig.differences.empty());
  CHECK(rig.sweep.next() == 11);
}

TEST_CASE("Where the books cannot be read the stretch is read again later, and that is told") {
  Rig rig;
  rig.swept_before = 2;
  rig.booked_units = 5;
  rig.books_fail = true;
  rig.restart(8, 8);
  rig.run();
  CHECK(rig.differences == Lines{" corrupt_record: a row"});
  CHECK(rig.sweep.next() == 3);
  CHECK(rig.reached.empty());
  rig.books_fail = false;
  rig.run();
  CHECK(rig.sweep.next() == 9);
  CHECK(rig.differences.size() == 3);
}

TEST_CASE("Where the books do not tell how far it came they are asked again with each sweep") {
  Rig rig;
  rig.swept_before = 2;
  rig.booked_units = 5;
  rig.books_hide_it = true;
  rig.restart(8, 6);
  rig.run();
  CHECK(rig.asked_from == std::vector<std::uint64_t>{8, 8});
  CHECK(rig.differences == Lines(2, " store_read_failed: a file"));
  CHECK(rig.asked().empty());
  CHECK(rig.reached.empty());
  CHECK_FALSE(rig.sweep.next());
  rig.differences.clear();
  rig.books_hide_it = false;

  SECTION("and what was handed over meanwhile is asked of them too") {
    rig.node(0).mine_with({payment("c", 9)});
    rig.take(9, 11, 11);
    CHECK(rig.sweep.blocks_remembered() == 0);
    rig.asked();
    rig.run();
    CHECK(rig.asked() == Lines{"3..11", "3..11"});
    CHECK(rig.asked_books == Lines{"4/0", "4/1", "11/0", "4/0", "4/1", "11/0"});
    CHECK(rig.differences.size() == 2);
    CHECK(rig.reached == std::vector<std::uint64_t>{11});
  }
  SECTION("but not what is handed over once more afterwards") {
    rig.node(0).mine_with({payment("c", 9)});
    rig.take(9, 11, 6);
    rig.sweep.rewound(9);
    rig.run();
    CHECK(rig.sweep.next() == 7);
    rig.take(10, 11, 11);
    rig.asked_books.clear();
    rig.run();
    CHECK(rig.asked_books.empty());
    CHECK(rig.sweep.next() == 12);
  }
  CHECK(rig.asked_from == std::vector<std::uint64_t>{8, 8, 8});
}

TEST_CASE("How far it came is noted once with each sweep, where it moved, until that is noted") {
  Rig rig;
  rig.sweep.starts_after(0, 0);
  rig.run();
  CHECK(rig.reached.empty());
  rig.take(1, 10, 6);
  rig.books_note = false;
  rig.run();
  CHECK(rig.reached == std::vector<std::uint64_t>{6});
  rig.books_note = true;
  rig.run();
  rig.run();
  CHECK(rig.reached == std::vector<std::uint64_t>{6, 6});
  rig.sweep.took({"base", 10, {}});
  rig.run();
  CHECK(rig.reached == std::vector<std::uint64_t>{6, 6, 10});
}

TEST_CASE("A block whose missed payments are not booked yet is not noted as done") {
  Rig rig(3, provable_settings());
  rig.swept_before = 1;
  rig.booked_units = 5;
  rig.books_take = false;
  rig.restart(10, 10);
  rig.run();
  CHECK(rig.sweep.next() == 11);
  CHECK(rig.missed == std::vector<std::uint64_t>{4});
  CHECK(rig.reached == std::vector<std::uint64_t>{3});
  rig.books_take = true;
  rig.run();
  CHECK(rig.reached == std::vector<std::uint64_t>{3, 10});
}

TEST_CASE("No more is noted, and the books are not asked, where nothing is read again") {
  Rig rig(1);
  rig.swept_before = 2;
  rig.restart(8, 8);
  rig.run();
  CHECK_FALSE(rig.sweep.next());
  CHECK(rig.asked_books.empty());
  CHECK(rig.reached.empty());
}
