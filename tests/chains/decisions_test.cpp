#include <catch2/catch.hpp>

#include "chains/follow_decisions.hpp"

using namespace settled;
using namespace settled::chains;

namespace {

/// Block `number` of a branch.
BlockRef on(char branch, std::uint64_t number) {
  BlockRef out{.number = number, .hash = {}};
  out.hash.bytes[0] = static_cast<std::uint8_t>(branch);
  out.hash.bytes[31] = static_cast<std::uint8_t>(number);
  return out;
}

/// Blocks first ..= last of branch a, the first one final.
Cursor cursor(std::uint64_t first, std::uint64_t last) {
  Cursor out{.recent = {}, .final_number = first};
  for (std::uint64_t number = first; number <= last; ++number)
    out.recent.push_back(on('a', number));
  return out;
}

struct DecisionCase {
  std::string name;
  HeadsSeen heads;
  std::uint64_t final_number;
  Step expected;
};

struct FinalCase {
  std::string name;
  Finality finality;
  std::uint64_t latest;
  std::optional<std::uint64_t> finalized;
  std::uint64_t before;
  std::uint64_t expected;
};

}  // namespace

TEST_CASE("the next step follows from the cursor and the heads") {
  // The cursor stands at block 110 of branch a, 100 is final.
  const std::vector<DecisionCase> cases = {
      {"nothing new", {on('a', 110), {}}, 100, {Move::Wait}},
      {"final moved", {on('a', 110), on('a', 105)}, 105, {Move::Finalize}},
      {"final above the head is as far as the head", {on('a', 110), {}}, 120, {Move::Finalize}},
      {"same length, other block", {on('b', 110), {}}, 100, {Move::Reorganise}},
      {"shorter, other block", {on('b', 105), {}}, 100, {Move::Reorganise}},
      {"shorter, same block: the node lags", {on('a', 105), {}}, 100, {Move::Lag}},
      {"behind all we know: the node lags", {on('b', 90), {}}, 100, {Move::Lag}},
      {"another block became final", {on('a', 111), on('b', 103)}, 103, {Move::Reorganise}},
      {"the anchor itself is another block", {on('a', 111), on('b', 100)}, 100, {Move::Reorganise}},
      {"one new block", {on('x', 111), {}}, 100, {Move::Blocks, 111, 111}},
      {"sixteen new blocks", {on('x', 126), {}}, 100, {Move::Blocks, 111, 126}},
      {"more new blocks than go at once", {on('x', 500), {}}, 100, {Move::Blocks, 111, 500}},
      {"near the head final blocks are read one by one",
       {on('x', 140), {}},
       126,
       {Move::Blocks, 111, 140}},
      {"far behind: a range that ends at the final block",
       {on('x', 140), {}},
       127,
       {Move::Range, 111, 127}},
      {"far behind: all that is final", {on('x', 900), {}}, 800, {Move::Range, 111, 800}},
      {"final above all that there is", {on('x', 900), {}}, 1'000, {Move::Range, 111, 900}},
  };
  for (const DecisionCase& c : cases) {
    INFO(c.name);
    CHECK(decide(cursor(100, 110), c.heads, c.final_number, true) == c.expected);
  }
}

TEST_CASE("where no range may be read, a long way is gone block by block") {
  CHECK(decide(cursor(100, 110), {on('x', 900), {}}, 800, false) == Step{Move::Blocks, 111, 900});
}

TEST_CASE("the final number only grows") {
  const Finality tag{.by_tag = true, .depth = 0};
  const Finality depth{.by_tag = false, .depth = 12};
  const std::vector<FinalCase> cases = {
      {"by tag", tag, 110, 105, 100, 105},
      {"the tag goes back", tag, 110, 95, 100, 100},
      {"the tag has no answer", tag, 110, {}, 100, 100},
      {"by depth", depth, 120, {}, 100, 108},
      {"the tag does not count by depth", depth, 120, 120, 100, 108},
      {"by depth, the head goes back", depth, 105, {}, 100, 100},
      {"by depth, exactly deep enough", depth, 12, {}, 0, 0},
      {"by depth, one more", depth, 13, {}, 0, 1},
      {"by depth, a chain shorter than that", depth, 5, {}, 0, 0},
  };
  for (const FinalCase& c : cases) {
    INFO(c.name);
    HeadsSeen heads{.latest = on('a', c.latest), .finalized = {}};
    if (c.finalized) heads.finalized = on('a', *c.finalized);
    CHECK(next_final(c.finality, heads, c.before) == c.expected);
  }
}

TEST_CASE("finality that goes back is seen by nodes that are as far as we are") {
  const Finality tag{.by_tag = true, .depth = 0};
  const Finality depth{.by_tag = false, .depth = 12};
  const Cursor ours = cursor(100, 110);
  CHECK(final_went_back(tag, ours, {on('a', 110), on('a', 99)}));
  CHECK(final_went_back(tag, ours, {on('a', 115), on('a', 90)}));
  CHECK_FALSE(final_went_back(tag, ours, {on('a', 110), on('a', 100)}));
  CHECK_FALSE(final_went_back(tag, ours, {on('a', 109), on('a', 99)}));  // it lags
  CHECK_FALSE(final_went_back(tag, ours, {on('a', 110), {}}));
  CHECK_FALSE(final_went_back(depth, ours, {on('a', 110), on('a', 99)}));
}

TEST_CASE("the common ancestor is the newest block that both sides have") {
  const auto ours = cursor(100, 105).recent;
  CHECK(common_ancestor(ours, {on('a', 103), on('b', 104), on('b', 105)}) == on('a', 103));
  CHECK(common_ancestor(ours, {on('b', 105), on('a', 101), on('a', 102)}) == on('a', 102));
  CHECK(common_ancestor(ours, {on('a', 105)}) == on('a', 105));
  CHECK_FALSE(common_ancestor(ours, {on('b', 100), on('b', 101)}));
  CHECK_FALSE(common_ancestor(ours, {on('a', 99)}));
  CHECK_FALSE(common_ancestor(ours, {}));
}

TEST_CASE("a range halves down to one block and grows to five thousand") {
  RangeSize size;
  CHECK(size.blocks() == 250);
  std::vector<std::uint64_t> seen;
  while (size.refused(size.blocks(), {})) seen.push_back(size.blocks());
  CHECK(seen == std::vector<std::uint64_t>{125, 62, 31, 15, 7, 3, 1});
  for (int i = 0; i < 3; ++i) size.answered(1, 100);
  CHECK(size.blocks() == 1);
  size.answered(1, 100);
  CHECK(size.blocks() == 2);
  for (int i = 0; i < 3; ++i) size.answered(2, 100);
  CHECK(size.refused(2, {}));
  for (int i = 0; i < 3; ++i) size.answered(1, 100);
  CHECK(size.blocks() == 1);  // a refusal starts the count again
  for (int i = 0; i < 100; ++i) size.answered(size.blocks(), 100);
  CHECK(size.blocks() == 5'000);
}

TEST_CASE("a refusal that names a number of blocks leads straight to it") {
  RangeSize size;
  CHECK(size.refused(250, 100));
  CHECK(size.blocks() == 100);
  // Counted with one less: so many are too many as well.
  CHECK(size.refused(100, 100));
  CHECK(size.blocks() == 99);
  // A node whose words lead nowhere is not followed for ever.
  CHECK(size.refused(99, 98));
  CHECK(size.blocks() == 49);
  CHECK(size.refused(49, 10'000));
  CHECK(size.blocks() == 24);
}

TEST_CASE("what was refused by number is not tried again for a while") {
  RangeSize size;
  CHECK(size.refused(250, 75));
  for (unsigned i = 0; i + 1 < RangeSize::kSuccessesToForget; ++i) size.answered(75, 100);
  CHECK(size.blocks() == 75);
  for (unsigned i = 0; i < 8; ++i) size.answered(75, 100);
  CHECK(size.blocks() == 150);
}

TEST_CASE("questions of one size that are refused one after the other shrink it once") {
  RangeSize size;
  for (int i = 0; i < 4; ++i) CHECK(size.refused(250, {}));
  CHECK(size.blocks() == 125);
  CHECK(size.refused(250, 75));
  CHECK(size.blocks() == 75);
}

TEST_CASE("a range is no larger than what its answer may weigh") {
  RangeSize size;
  size.answered(250, 5 * RangeSize::kAnswerBytes);
  CHECK(size.blocks() == 50);
  for (int i = 0; i < 100; ++i) {
    size.answered(size.blocks(), size.blocks() * RangeSize::kAnswerBytes / 300);
  }
  CHECK(size.blocks() == 300);
  size.answered(300, RangeSize::kAnswerBytes * 1'000);
  CHECK(size.blocks() == 1);
  // An answer to a smaller question says nothing about a larger one.
  RangeSize other;
  for (int i = 0; i < 100; ++i) other.answered(10, 100);
  CHECK(other.blocks() == 250);
}

TEST_CASE("a cursor keeps the newest final block and what lies above it") {
  Cursor at = cursor(100, 103);
  at.advance({on('a', 104), on('a', 105)}, 102);
  CHECK(at.final_number == 102);
  CHECK(at.recent == cursor(102, 105).recent);
  at.advance({}, 101);
  CHECK(at.final_number == 102);
  at.advance({}, 900);
  CHECK(at.final_number == 105);
  CHECK(at.recent == cursor(105, 105).recent);
  at.advance({on('a', 120), on('a', 130)}, 140);
  CHECK(at.recent == std::vector<BlockRef>{on('a', 130)});
  CHECK(at.find(120) == nullptr);
  CHECK(*at.find(130) == on('a', 130));
}

TEST_CASE("a cursor that is rewound forgets what lay above") {
  Cursor at = cursor(100, 110);
  at.rewind(104);
  CHECK(at == cursor(100, 104));
  at.rewind(104);
  CHECK(at.head() == on('a', 104));
}

TEST_CASE("final is what the branch itself shows, whoever told of it") {
  const Finality tag{.by_tag = true, .depth = 0};
  const Finality depth{.by_tag = false, .depth = 4};
  const Cursor at = cursor(100, 110);
  const std::vector<BlockRef> next{on('a', 111), on('a', 112)};
  const std::vector<BlockRef> other{on('b', 111)};
  const auto final_of = [&](const Finality& finality, const HeadsSeen& heads,
                            const std::vector<BlockRef>& blocks, bool behind = false) {
    return final_with(finality, at, heads, blocks, behind);
  };
  // The block that was told is among the next ones, among ours, another one, or still to come.
  CHECK(final_of(tag, {on('a', 112), on('a', 111)}, next) == 111);
  CHECK(final_of(tag, {on('a', 112), on('a', 105)}, next) == 105);
  CHECK(final_of(tag, {on('a', 110), on('a', 110)}, {}) == 110);
  CHECK(final_of(tag, {on('a', 120), on('a', 111)}, other) == 100);
  CHECK(final_of(tag, {on('a', 120), on('b', 105)}, next) == 100);
  CHECK(final_of(tag, {on('a', 120), on('a', 115)}, next) == 100);
  CHECK(final_of(tag, {on('a', 120), {}}, next) == 100);
  CHECK(final_of(tag, {on('a', 120), on('a', 90)}, next) == 100);
  // All that was asked for, with the final block above it.
  CHECK(final_of(tag, {on('a', 500), on('a', 400)}, next, true) == 112);
  // By depth whatever the latest block is said to be.
  CHECK(final_of(depth, {on('a', 112), {}}, next) == 108);
  CHECK(final_of(depth, {on('a', 900), {}}, next) == 108);
  CHECK(final_of(depth, {on('a', 900), {}}, {}) == 106);
  CHECK(final_of(depth, {on('a', 900), {}}, next, true) == 112);
  CHECK(final_with({.by_tag = false, .depth = 50}, at, {on('a', 112), {}}, next, false) == 100);
}
