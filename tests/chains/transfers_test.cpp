#include "chains/transfers.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "chains/evm/abi.hpp"
#include "chains/evm/u256.hpp"
#include "tests/chains/fake_nodes.hpp"

using namespace settled;
using namespace settled::chains;
using namespace settled::tests;

namespace {

evm::Hash topic_of(const evm::Address& address) {
  evm::Hash out;
  std::copy(address.bytes.begin(), address.bytes.end(), out.bytes.begin() + 12);
  return out;
}

rpc::Log log(const evm::Address& token, const evm::U256& value) {
  const auto word = evm::to_word(value);
  rpc::Log out;
  out.address = token;
  out.topics = {evm::kTransferTopic, topic_of(address(1)), topic_of(address(2))};
  out.data = Bytes(word.begin(), word.end());
  out.log_index = 7;
  return out;
}

Wanted only_to(std::uint8_t last) {
  return [last](const evm::Address&, const evm::Address& to) { return to == address(last); };
}

}  // namespace

TEST_CASE("a transfer of a known token that is wanted is taken as it is") {
  const auto tokens = fake_settings().tokens;
  const auto found = transfer_of(log(kToken, 25'000'000), tokens, only_to(2));
  REQUIRE(found);
  REQUIRE(found->has_value());
  CHECK((*found)->token == &tokens.front());
  CHECK((*found)->from == address(1));
  CHECK((*found)->to == address(2));
  CHECK((*found)->base_units == 25'000'000);
  CHECK((*found)->log_index == 7);
}

TEST_CASE("other tokens, other events and other people's transfers are not ours") {
  const auto tokens = fake_settings().tokens;
  CHECK(transfer_of(log(address(0xC1), 1), tokens, only_to(2)).value() == std::nullopt);
  CHECK(transfer_of(log(kToken, 1), tokens, only_to(3)).value() == std::nullopt);
  rpc::Log nft = log(kToken, 1);
  nft.topics.push_back({});
  CHECK(transfer_of(nft, tokens, only_to(2)).value() == std::nullopt);
}

TEST_CASE("a value that no amount holds is the node's error, never cut") {
  auto tokens = fake_settings().tokens;
  const evm::U256 most = (evm::U256(1) << 128) - 1;
  const auto outcome = [&](const evm::U256& value, const Wanted& wanted) {
    const auto found = transfer_of(log(kToken, value), tokens, wanted);
    return found ? (found->has_value() ? "taken" : "not ours") : found.error().reason;
  };
  // At 6 decimals an amount holds 2^128 / 10^12 base units, at 18 all of the 128 bits.
  const evm::U256 most_at_6 = most / 1'000'000'000'000U;
  CHECK(outcome(most_at_6, only_to(2)) == "taken");
  CHECK(outcome(most_at_6 + 1, only_to(2)) == "transfer_too_large");
  CHECK(outcome(most + 1, only_to(2)) == "transfer_too_large");
  CHECK(outcome(most + 1, only_to(3)) == "not ours");
  tokens.front().decimals = 18;
  CHECK(outcome(most, only_to(2)) == "taken");
  CHECK(outcome(most + 1, only_to(2)) == "transfer_too_large");
}
