#include "chains/chain_reader.hpp"

#include <catch2/catch.hpp>

#include "tests/chains/follower_rig.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::tests;
using Lines = std::vector<std::string>;

namespace {

FakeNode& second(FollowerRig& rig) {
  return rig.nodes.nodes.at("http://node1");
}

}  // namespace

TEST_CASE("logs of another block are refused, and the next node is asked") {
  FollowerRig rig(fake_settings(), 2);
  rig.node.mine_with({payment("tx1", 5)});
  rig.node.wrong_logs_at = 1;
  rig.look_around();
  CHECK(rig.recorder.calls.empty());
  second(rig).blocks = rig.node.blocks;
  rig.until_head(1);
  CHECK(rig.recorder.transfer_values() == Lines{"1:5"});
}

TEST_CASE("in a range too, logs must be of the block that the header tells of") {
  FollowerRig rig;
  rig.node.mine(99);
  rig.node.mine_with({payment("tx1", 5)});
  rig.node.mine(100);
  rig.node.finalized = 200;
  rig.node.wrong_logs_at = 100;
  rig.look_around();
  CHECK(rig.recorder.calls.empty());
  CHECK(rig.status().reason == "logs_of_another_block");
  rig.node.wrong_logs_at = ~0ULL;
  rig.until_head(200);
  CHECK(rig.recorder.calls.front() == "100,200 final 200");
  CHECK(rig.recorder.transfer_values() == Lines{"100:5"});
}

TEST_CASE("a range whose blocks do not link up is refused") {
  FollowerRig rig;
  rig.node.mine(49);
  rig.node.mine_with({payment("tx1", 5)});
  rig.node.mine_with({payment("tx2", 5)});
  rig.node.mine(49);
  rig.node.finalized = 100;
  const evm::BlockHash parent = rig.node.blocks[51].parent;
  rig.node.blocks[51].parent = {};
  rig.look_around();
  CHECK(rig.status().reason == "broken_chain");
  CHECK(rig.recorder.calls.empty());
  rig.node.blocks[51].parent = parent;
  rig.until_head(100);
}

TEST_CASE("a header that is missing is asked for again") {
  FollowerRig rig;
  rig.node.hides_headers = true;
  rig.node.mine(3);
  rig.look_around();
  CHECK(rig.status().reason == "no_such_block");
  rig.node.hides_headers = false;
  rig.until_head(3);
}

TEST_CASE("a block with a transfer that no amount holds is not handed over") {
  FollowerRig rig;
  FakeTransfer absurd = payment("tx1", 5);
  absurd.beyond_128_bits = true;
  rig.node.mine(1);
  rig.until_head(1);
  rig.node.mine_with({absurd});
  rig.look_around();
  CHECK(rig.status().reason == "transfer_too_large");
  CHECK(rig.recorder.calls == Lines{"1 final 0"});
}

TEST_CASE("only what follows is taken from blocks that were read across a reorganisation") {
  FollowerRig rig;
  rig.node.mine(6);
  rig.node.blocks[4].parent = {};
  rig.until([&] { return !rig.recorder.calls.empty(); });
  CHECK(rig.recorder.calls == Lines{"1,2,3 final 0"});
}
