#include "chains/second_look.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "chains/proof/transfer.hpp"
#include "tests/chains/later_sweep_rig.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::tests;
using Counts = std::vector<std::uint64_t>;
using Units = std::vector<std::uint64_t>;

namespace {

/// Nodes of a chain that is believed of one node's word, whose block 4 pays us 5 and 7.
struct Rig : LaterSweepRig {
  explicit Rig(std::size_t count = 3, ChainSettings chain = provable_settings())
      : LaterSweepRig(count, std::move(chain)) {
    all_tell_alike();
  }
  Result<SeenBlock> at(std::uint64_t number) { return http::run(io, look.at(number)); }
  /// The node is of another branch, from before block 4 on.
  void leaves(std::size_t index) { node(index).reorganise(7, 7); }
  /// What the sweep finds missed is looked at, and booked where it is told.
  void book_by_second_look() {
    book = [this](std::uint64_t number) -> http::Task<bool> {
      const auto block = co_await look.at(number);
      if (!block) co_return false;
      for (const SeenTransfer& transfer : block->transfers) {
        booked.push_back(static_cast<std::uint64_t>(transfer.base_units));
      }
      co_return true;
    };
  }
  /// What the nodes' health has against each of them.
  std::vector<std::uint64_t> forgeries() const {
    std::vector<std::uint64_t> out;
    for (const rpc::NodeHealth& node : pool.health()) out.push_back(node.forgeries);
    return out;
  }

  SecondLook look{settings, pool, &wanted};
  Units booked;
};

/// Of what is told against the hash of its block, and of nothing else.
std::vector<std::uint64_t> proven_units(const SeenBlock& block) {
  std::vector<std::uint64_t> out;
  for (const SeenTransfer& transfer : block.transfers) {
    CHECK(transfer.evidence == Evidence::Proven);
    const auto proof =
        proof::transfer_proof(transfer.receipt_proof, transfer.log_in_receipt.value());
    REQUIRE(proof);
    const auto shown = proof::verify_transfer_proof(*proof);
    REQUIRE(shown);
    CHECK(shown->block == block.block.hash);
    CHECK(shown->value == transfer.base_units);
    out.push_back(static_cast<std::uint64_t>(transfer.base_units));
  }
  return out;
}

}  // namespace

TEST_CASE("A block is told with what proves it where two nodes tell its hash") {
  Rig rig;
  SECTION("all of them") {}
  SECTION("and a third one is down") {
    rig.node(0).down = true;
  }
  SECTION("and a third one has another block") {
    rig.leaves(2);
  }
  SECTION("and a third one does not have it yet") {
    rig.node(1).drop(8);
  }
  const auto block = rig.at(4);
  REQUIRE(block);
  CHECK(block->block == rig.node(0).blocks[4].block);
  CHECK(proven_units(*block) == Units{5, 7});
  CHECK(rig.forgeries() == Counts{0, 0, 0});
}

TEST_CASE("The node that leaves a payment out of the block tells its hash, and is convicted") {
  Rig rig(2);
  rig.node(0).withholds_at = 4;
  const auto block = rig.at(4);
  REQUIRE(block);
  CHECK(proven_units(*block) == Units{5, 7});
  CHECK(rig.forgeries() == Counts{1, 0});
}

TEST_CASE("A node with a block of its own does not stand before those that agree") {
  Rig rig;
  rig.node(0).drop(7);
  rig.node(0).mine_with({payment("c", 9)}, "b");
  const auto block = rig.at(4);
  REQUIRE(block);
  CHECK(block->block == rig.node(1).blocks[4].block);
  CHECK(proven_units(*block) == Units{5, 7});
}

TEST_CASE("Of those that agree the next one is asked where one cannot prove the block") {
  Rig rig;
  std::uint64_t lies = 1;
  SECTION("it raises a payment") {
    rig.node(0).raises_at = 4;
  }
  SECTION("it tells another time") {
    rig.node(0).forges_header_at = 4;
  }
  SECTION("it names another block") {
    rig.node(0).wrong_logs_at = 4;
  }
  SECTION("it has no receipts") {
    rig.node(0).has_receipts = false;
    lies = 0;
  }
  const auto block = rig.at(4);
  REQUIRE(block);
  CHECK(proven_units(*block) == Units{5, 7});
  CHECK(rig.forgeries() == Counts{lies, 0, 0});
}

TEST_CASE("Nothing is told, and nothing read, of a block whose hash is not agreed upon") {
  Rig rig(4);
  std::string told;
  SECTION("one node alone tells it") {
    for (const std::size_t i : {0U, 1U, 3U}) rig.node(i).down = true;
    told = "1 of 4 nodes tell the same hash of block 4, and 0 another";
  }
  SECTION("as many tell another one") {
    rig.leaves(0);
    rig.leaves(2);
    told = "2 of 4 nodes tell the same hash of block 4, and 2 another";
  }
  SECTION("each of two tells its own") {
    rig.leaves(0);
    rig.node(1).down = rig.node(3).down = true;
    told = "1 of 4 nodes tell the same hash of block 4, and 1 another";
  }
  SECTION("no node tells one") {
    for (auto& [url, node] : rig.nodes.nodes) node.hides_headers = true;
    told = "0 of 4 nodes tell the same hash of block 4, and 0 another";
  }
  const auto block = rig.at(4);
  REQUIRE_FALSE(block);
  CHECK(block.error() == Error{Errc::Unavailable, "hash_not_agreed", told});
  CHECK(rig.nodes.receipts_asked == 0);
}

TEST_CASE("Nothing is told of a block that no node proves against the hash that all tell") {
  Rig rig;
  std::string reason;
  SECTION("its receipts lack a log") {
    for (auto& [url, node] : rig.nodes.nodes) node.withholds_at = 4;
    reason = "receipt_bloom_mismatch";
  }
  SECTION("its receipts are not those of the header") {
    for (auto& [url, node] : rig.nodes.nodes) node.raises_at = 4;
    reason = "receipts_root_mismatch";
  }
  SECTION("its header does not hash to it, as on a chain that cannot be proven") {
    for (auto& [url, node] : rig.nodes.nodes) node.forges_header_at = 4;
    reason = "header_hash_mismatch";
  }
  const auto block = rig.at(4);
  REQUIRE_FALSE(block);
  CHECK(block.error().reason == reason);
  CHECK(rig.forgeries() == Counts{1, 1, 1});
}

TEST_CASE("Where no node has the receipts nothing is told, and none of them is convicted") {
  Rig rig;
  for (auto& [url, node] : rig.nodes.nodes) node.has_receipts = false;
  CHECK_FALSE(rig.at(4));
  CHECK(rig.forgeries() == Counts{0, 0, 0});
  rig.node(2).has_receipts = true;
  CHECK(rig.at(4));
}

TEST_CASE("What was missed is booked with the first sweep in which two nodes tell the hash") {
  Rig rig;
  rig.book_by_second_look();
  rig.node(0).withholds_at = 4;
  rig.sweep.starts_after(0, 0);
  rig.take(1, 10, 10);
  rig.node(0).hides_headers = rig.node(2).hides_headers = true;
  rig.run();
  // One node's word is an incident, and no money.
  REQUIRE_FALSE(rig.differences.empty());
  CHECK(rig.differences.front().starts_with("node1 transfers_missed: "));
  CHECK(rig.booked.empty());
  CHECK(rig.reached.empty());

  rig.node(2).hides_headers = false;
  rig.run();
  CHECK(rig.booked == Units{5, 7});
  CHECK(rig.reached == std::vector<std::uint64_t>{10});
  rig.run();
  CHECK(rig.missed == std::vector<std::uint64_t>{4, 4});
}

TEST_CASE("On a chain that cannot be proven what was missed is told of, and not looked at") {
  Rig rig(3, fake_settings());
  rig.book_by_second_look();
  rig.node(0).withholds_at = 4;
  rig.sweep.starts_after(0, 0);
  rig.take(1, 10, 10);
  rig.run();
  CHECK(rig.differences.size() == 1);
  CHECK(rig.missed.empty());
  CHECK(rig.nodes.receipts_asked == 0);
  CHECK(rig.sweep.next() == 11);
}
