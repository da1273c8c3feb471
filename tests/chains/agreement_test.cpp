#include "chains/agreement.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "chains/evm/abi.hpp"
#include "tests/chains/fake_nodes.hpp"
#include "tests/chains/follower_rig.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::tests;
using Lines = std::vector<std::string>;

namespace {

template <typename T>
T bytes_of(std::uint8_t first) {
  T out;
  out.bytes.front() = first;
  return out;
}

rpc::Header header(std::uint64_t number, std::uint8_t fork = 1) {
  rpc::Header out;
  out.number = number;
  out.hash = bytes_of<evm::BlockHash>(fork);
  out.parent = bytes_of<evm::BlockHash>(9);
  out.time = from_ms(1'000);
  return out;
}

rpc::Log log_at(std::uint32_t index) {
  rpc::Log out;
  out.address = address(0xC0);
  out.topics = {evm::kTransferTopic, {}, {}};
  out.data = {1, 2, 3};
  out.block_hash = bytes_of<evm::BlockHash>(1);
  out.block_number = 7;
  out.tx_hash = bytes_of<evm::TxHash>(0xAA);
  out.log_index = index;
  return out;
}

/// Three nodes, of which two must agree; the others tell the truth about the first one's blocks.
ChainSettings quorum(std::uint32_t needed = 2) {
  ChainSettings settings = fake_settings();
  settings.evidence = Evidence::Quorum;
  settings.min_agreeing_nodes = needed;
  return settings;
}

void copy_to_others(FollowerRig& rig) {
  for (const char* url : {"http://node1", "http://node2"}) {
    const auto at = rig.nodes.nodes.find(url);
    if (at == rig.nodes.nodes.end()) continue;
    at->second.blocks = rig.node.blocks;
    at->second.finalized = rig.node.finalized;
  }
}

}  // namespace

TEST_CASE("An account covers every field that is believed, and none that nodes tell differently") {
  const Account plain = account_of(header(7), {log_at(1), log_at(2)});
  rpc::Header other = header(7);
  other.logs_bloom.bytes[0] = 1;
  other.base_fee = evm::U256(5);
  CHECK(account_of(other, {log_at(1), log_at(2)}).digest == plain.digest);

  const auto differs = [&](const rpc::Header& told, const std::vector<rpc::Log>& logs) {
    return account_of(told, logs).digest != plain.digest;
  };
  const auto changed = [](auto change) {
    rpc::Log out = log_at(2);
    change(out);
    return std::vector{log_at(1), out};
  };
  CHECK(differs(header(8), {log_at(1), log_at(2)}));
  CHECK(differs(header(7, 2), {log_at(1), log_at(2)}));
  other = header(7);
  other.parent.bytes[5] = 1;
  CHECK(differs(other, {log_at(1), log_at(2)}));
  other = header(7);
  other.time = from_ms(2'000);
  CHECK(differs(other, {log_at(1), log_at(2)}));
  CHECK(differs(header(7), {log_at(1)}));
  CHECK(differs(header(7), {log_at(2), log_at(1)}));
  CHECK(differs(header(7), changed([](rpc::Log& l) { l.data.push_back(0); })));
  CHECK(differs(header(7), changed([](rpc::Log& l) { l.data[0] = 9; })));
  CHECK(differs(header(7), changed([](rpc::Log& l) { l.topics.pop_back(); })));
  CHECK(differs(header(7), changed([](rpc::Log& l) { l.topics[2].bytes[3] = 1; })));
  CHECK(differs(header(7), changed([](rpc::Log& l) { l.address.bytes[0] = 1; })));
  CHECK(differs(header(7), changed([](rpc::Log& l) { l.tx_hash.bytes[0] = 1; })));
  CHECK(differs(header(7), changed([](rpc::Log& l) { l.block_hash.bytes[0] = 7; })));
  CHECK(differs(header(7), changed([](rpc::Log& l) { l.tx_index = 1; })));
  CHECK(differs(header(7), changed([](rpc::Log& l) { l.log_index = 3; })));

  const Account blocks = account_of({header(5), header(7)});
  other = header(5);
  other.time = from_ms(2'000);
  CHECK(account_of({other, header(7)}).digest != blocks.digest);
  CHECK(account_of({header(7)}).digest != blocks.digest);
}

TEST_CASE("What is withheld, invented or changed is named") {
  const std::string tx = "(transaction 0xaa" + std::string(62, '0') + ")";
  const Account agreed = account_of(header(7), {log_at(1), log_at(3)});
  CHECK(difference(agreed, account_of(header(7), {log_at(1)})) ==
        "withholds log 3 of block 7 " + tx);
  CHECK(difference(agreed, account_of(header(7), {log_at(1), log_at(2), log_at(3)})) ==
        "invents log 2 of block 7 " + tx);
  rpc::Log raised = log_at(3);
  raised.data[0] = 9;
  CHECK(difference(agreed, account_of(header(7), {log_at(1), raised})) ==
        "changes log 3 of block 7 " + tx);
  const Account many =
      account_of(header(7), {log_at(1), log_at(3), log_at(4), log_at(5), log_at(6)});
  CHECK(difference(many, account_of(header(7), {})).ends_with(" and 2 more"));
}

TEST_CASE("Enough equal votes win, and who says otherwise is told apart from who is on a fork") {
  Ballot ballot(2);
  ballot.vote("one", account_of(header(7), {log_at(1)}));
  CHECK_FALSE(ballot.decided());
  ballot.vote("two", account_of(header(7), {}));
  CHECK_FALSE(ballot.decided());
  ballot.vote("three", account_of(header(7), {log_at(1)}));
  REQUIRE(ballot.winner() == 0U);
  CHECK_FALSE(ballot.dissent(0));
  CHECK_FALSE(ballot.dissent(2));
  CHECK(ballot.dissent(1)->reason == "nodes_disagree");
  CHECK(ballot.dissent(1)->detail.contains("withholds log 1 of block 7"));
  CHECK(ballot.lies(1));
  const std::size_t forked = ballot.vote("four", account_of(header(7, 2), {}));
  CHECK(ballot.dissent(forked)->detail.ends_with("it is on another fork"));
  CHECK_FALSE(ballot.lies(forked));
}

TEST_CASE("Without agreement it is told who says what") {
  Ballot ballot(2);
  CHECK(ballot.failure("").reason == "no_quorum");
  ballot.refuse("one", {Errc::NotFound, "no_such_block", ""});
  CHECK(ballot.failure("").code == Errc::NotFound);
  ballot.vote("two", account_of(header(7), {log_at(1)}));
  CHECK(ballot.failure("").reason == "no_quorum");
  ballot.vote("three", account_of(header(7), {}));
  const Error error = ballot.failure("; four: down");
  CHECK(error.code == Errc::Unavailable);
  CHECK(error.reason == "nodes_disagree");
  CHECK(
      error.detail.starts_with("2 nodes must say the same; two: block 7 is 0x01000000.. with 1 "
                               "logs, digest 0x"));
  CHECK(error.detail.contains("; three: block 7 is 0x01000000.. with 0 logs"));
  CHECK(error.detail.ends_with("; one: no_such_block; four: down"));
  ballot.refuse("five", {Errc::Rejected, "range_refused", "too many"});
  CHECK(ballot.failure("").reason == "range_refused");
}

TEST_CASE("in a quorum a payment that one node withholds is credited, and the node set aside") {
  FollowerRig rig(quorum(), 3);
  rig.node.mine_with({payment("tx1", 5), payment("tx2", 6)});
  copy_to_others(rig);
  rig.node.withholds_at = 1;
  rig.until_head(1);
  CHECK(rig.recorder.transfer_values() == Lines{"1:5", "1:6"});
  rig.until([&] { return rig.health(0).disagreements > 0; });
  CHECK(rig.health(0).forgeries == 0);
  CHECK(rig.health(1).disagreements == 0);
  CHECK(rig.health(2).disagreements == 0);
  CHECK(rig.incidents.front().starts_with("node0 nodes_disagree: it says that block 1 is "));
  CHECK(rig.incidents.front().contains("it withholds log 0 of block 1 (transaction 0x"));
}

TEST_CASE("in a quorum a payment that one node alone tells is not credited") {
  FollowerRig rig(quorum(), 3);
  rig.node.mine_with({payment("tx1", 5)});
  copy_to_others(rig);
  rig.node.raises_at = 1;
  rig.until_head(1);
  CHECK(rig.recorder.transfer_values() == Lines{"1:5"});
}

TEST_CASE(
    "in a quorum nothing is handed over while the nodes do not agree, and each one's word is "
    "told") {
  FollowerRig rig(quorum(), 2);
  rig.node.mine_with({payment("tx1", 5)});
  copy_to_others(rig);
  rig.node.withholds_at = 1;
  rig.until([&] { return rig.status().reason == "nodes_disagree"; });
  rig.look_around();
  CHECK(rig.recorder.calls.empty());
  CHECK(rig.status().reason == "nodes_disagree");
  CHECK(rig.status().detail.contains("node0: block 1 is "));
  CHECK(rig.status().detail.contains("with 0 logs"));
  CHECK(rig.status().detail.contains("node1: block 1 is "));
  rig.node.withholds_at = ~0ULL;
  rig.until_head(1);
  CHECK(rig.recorder.transfer_values() == Lines{"1:5"});
}

TEST_CASE("in a quorum one node alone leads nobody onto its fork") {
  FollowerRig rig(quorum(), 3);
  rig.node.mine(5);
  copy_to_others(rig);
  rig.until_head(5);
  const std::size_t calls = rig.recorder.calls.size();
  rig.node.reorganise(2, 4);
  rig.look_around();
  CHECK(rig.recorder.calls.size() == calls);
  // Another one follows it.
  rig.nodes.nodes.at("http://node1").blocks = rig.node.blocks;
  rig.until_head(7);
  CHECK(rig.recorder.calls[calls] == "rewind 3");
}

TEST_CASE("in a quorum ranges are believed by the same rule") {
  FollowerRig rig(quorum(), 3);
  rig.node.mine(99);
  rig.node.mine_with({payment("tx1", 5)});
  rig.node.mine(100);
  rig.node.finalized = 190;
  copy_to_others(rig);
  rig.nodes.nodes.at("http://node1").withholds_at = 100;
  SECTION("one node withholds") {
    rig.until_head(200);
    CHECK_FALSE(rig.nodes.ranges.empty());
    CHECK(rig.recorder.transfer_values() == Lines{"100:5"});
  }
  SECTION("and another is down: nothing is handed over") {
    rig.nodes.nodes.at("http://node2").down = true;
    rig.until([&] { return rig.status().reason == "nodes_disagree"; });
    rig.look_around();
    CHECK(rig.recorder.transfers.empty());
    CHECK(rig.recorder.calls.empty());
    rig.nodes.nodes.at("http://node2").down = false;
    rig.until_head(200);
    CHECK(rig.recorder.transfer_values() == Lines{"100:5"});
  }
}
