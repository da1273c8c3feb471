#include "chains/held_blocks.hpp"

#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

using namespace settled;
using namespace settled::chains;
using Numbers = std::vector<std::uint64_t>;

namespace {

SeenBlock empty(std::uint64_t number) {
  return {.block = {.number = number, .hash = {}}, .parent = {}, .transfers = {}};
}

SeenBlock with_transfer(std::uint64_t number) {
  SeenBlock out = empty(number);
  out.transfers.emplace_back();
  return out;
}

std::vector<SeenBlock> empties(std::uint64_t first, std::uint64_t last) {
  std::vector<SeenBlock> out;
  for (std::uint64_t number = first; number <= last; ++number) out.push_back(empty(number));
  return out;
}

Numbers numbers(const std::vector<SeenBlock>& blocks) {
  Numbers out;
  for (const SeenBlock& block : blocks) out.push_back(block.block.number);
  return out;
}

}  // namespace

TEST_CASE("blocks that are not final are all kept, in order") {
  HeldBlocks held;
  held.add(empties(5, 7), 4);
  held.add(empties(8, 8), 4);
  CHECK(held.size() == 4);
  CHECK(numbers(held.take()) == Numbers{5, 6, 7, 8});
  CHECK(held.size() == 0);
}

TEST_CASE("of empty final blocks the newest alone is kept") {
  HeldBlocks held;
  held.add(empties(5, 9), 7);
  CHECK(numbers(held.take()) == Numbers{7, 8, 9});
  held.add(empties(10, 12), 100);
  CHECK(numbers(held.take()) == Numbers{12});
  held.add(empties(13, 15), 12);
  held.add({}, 14);
  CHECK(numbers(held.take()) == Numbers{14, 15});
}

TEST_CASE("a final block with a transfer is never left out") {
  HeldBlocks held;
  held.add({empty(5), with_transfer(6), empty(7), with_transfer(8), empty(9), empty(10)}, 9);
  CHECK(numbers(held.take()) == Numbers{6, 8, 9, 10});
}

TEST_CASE("final blocks can be taken alone") {
  HeldBlocks held;
  held.add(empties(5, 9), 7);
  CHECK(numbers(held.take_final(7)) == Numbers{7});
  CHECK(numbers(held.take_final(7)).empty());
  CHECK(numbers(held.take()) == Numbers{8, 9});
}

TEST_CASE("blocks that left the chain are dropped") {
  HeldBlocks held;
  held.add(empties(5, 9), 0);
  held.drop_above(6);
  CHECK(numbers(held.take()) == Numbers{5, 6});
  held.drop_above(0);
  CHECK(held.size() == 0);
}
