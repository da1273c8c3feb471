#include <catch2/catch.hpp>

#include "tests/chains/follower_rig.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::tests;
using Lines = std::vector<std::string>;

namespace {

const std::string kPlace = "USDC at 0x00000000000000000000000000000000000000C0 has ";

/// "USD₮0", as Tether's token on Arbitrum answers.
const std::string kUsdt0 =
    "USD\xE2\x82\xAE"
    "0";

/// What stops the chain before a block is read; empty where the token is taken.
std::string trouble(const std::function<void(FakeNode&)>& spoil,
                    const std::string& contract_symbol = {}) {
  ChainSettings settings = fake_settings();
  settings.tokens.front().contract_symbol = contract_symbol;
  FollowerRig rig(std::move(settings));
  spoil(rig.node);
  rig.node.mine(3);
  rig.look_around();
  if (rig.status().state != FollowState::Halted) return rig.status().detail;
  CHECK(rig.status().reason == "token_mismatch");
  CHECK(rig.recorder.calls.empty());
  REQUIRE(rig.status().detail.starts_with(kPlace));
  return rig.status().detail.substr(kPlace.size());
}

}  // namespace

TEST_CASE("a token whose decimals disagree halts its chain, with both numbers told") {
  CHECK(trouble([](FakeNode& node) { node.decimals = 18; }) ==
        "6 decimals in the settings, 18 in the contract");
  CHECK(trouble([](FakeNode& node) { node.decimals = -1; }) ==
        "6 decimals in the settings, but the contract does not tell its own");
  CHECK(trouble([](FakeNode& node) { node.decimals = 256; }) ==
        "6 decimals in the settings, but the contract does not tell its own");
}

TEST_CASE("a token without a contract halts its chain") {
  CHECK(trouble([](FakeNode& node) { node.has_code = false; }) == "no contract on the chain");
}

TEST_CASE("a token whose symbol disagrees halts its chain, with both symbols told") {
  const auto told = [](const std::string& digits, const std::string& expected = {}) {
    return trouble([&](FakeNode& node) { node.symbol = digits; }, expected);
  };
  CHECK(told(abi_string("USDT")) == "symbol \"USDC\" in the settings, \"USDT\" in the contract");
  CHECK(told(abi_string("usdc")) == "symbol \"USDC\" in the settings, \"usdc\" in the contract");
  CHECK(told(abi_string("USDC ")) == "symbol \"USDC\" in the settings, \"USDC \" in the contract");
  CHECK(told(abi_string("")) == "symbol \"USDC\" in the settings, \"\" in the contract");
  CHECK(told(abi_string(kUsdt0)) ==
        "symbol \"USDC\" in the settings, \"USD\\xE2\\x82\\xAE0\" in the contract");
  CHECK(told(abi_string("USDC"), kUsdt0) ==
        "symbol \"USD\\xE2\\x82\\xAE0\" in the settings, \"USDC\" in the contract");
  CHECK(told("") == "symbol \"USDC\" in the settings, but the contract does not tell its own");
}

TEST_CASE("a symbol may differ from the name in the settings, and be a bytes32") {
  const auto taken = [](const std::string& digits, const std::string& expected) {
    return trouble([&](FakeNode& node) { node.symbol = digits; }, expected).empty();
  };
  CHECK(taken(abi_string(kUsdt0), kUsdt0));
  CHECK(taken(abi_string("USDC"), "USDC"));
  CHECK(taken("55534443" + std::string(56, '0'), ""));
  CHECK_FALSE(taken("55534454" + std::string(56, '0'), ""));
}

TEST_CASE("a chain whose token is put right goes on") {
  FollowerRig rig;
  rig.node.symbol = abi_string("USDT");
  rig.node.mine(2);
  rig.look_around();
  CHECK(rig.status().state == FollowState::Halted);
  rig.node.symbol = abi_string("USDC");
  rig.until_head(2);
  CHECK(rig.recorder.calls == Lines{"1,2 final 0"});
}
