#include "config/registry.hpp"

#include <set>

#include <catch2/catch.hpp>

using namespace settled;
using namespace settled::config;

TEST_CASE("the registry knows the chains that stablecoins are paid on, and their test networks") {
  const auto [name, chain_id, testnet] = GENERATE(table<const char*, std::uint64_t, bool>({
      {"ethereum", 1, false},
      {"sepolia", 11155111, true},
      {"base", 8453, false},
      {"base-sepolia", 84532, true},
      {"arbitrum", 42161, false},
      {"arbitrum-sepolia", 421614, true},
      {"optimism", 10, false},
      {"optimism-sepolia", 11155420, true},
      {"polygon", 137, false},
      {"polygon-amoy", 80002, true},
      {"bnb", 56, false},
      {"bnb-testnet", 97, true},
      {"avalanche", 43114, false},
      {"avalanche-fuji", 43113, true},
  }));
  const ChainDefaults* chain = find_chain(name);
  REQUIRE(chain != nullptr);
  CHECK(chain->chain_id == chain_id);
  CHECK(chain->testnet == testnet);
  CHECK(find_chain(chain_id) == chain);
  CHECK(network_kind(chain_id) == (testnet ? NetworkKind::Test : NetworkKind::Main));
}

TEST_CASE("a chain can be proven where its receipts' root covers what nodes tell") {
  const auto proof = [](const char* name) { return find_chain(name)->proof; };
  for (const char* name : {"ethereum", "sepolia", "base", "base-sepolia", "optimism"}) {
    CHECK(proof(name) == ProofAbility::Shown);
  }
  for (const char* name : {"bnb", "bnb-testnet", "avalanche", "avalanche-fuji"}) {
    CHECK(proof(name) == ProofAbility::Expected);
  }
  for (const char* name : {"arbitrum", "arbitrum-sepolia", "polygon", "polygon-amoy"}) {
    CHECK(proof(name) == ProofAbility::None);
  }
}

TEST_CASE("no two chains of the registry share a name or an id, and all have a policy") {
  std::set<std::string_view> names;
  std::set<std::uint64_t> ids;
  std::set<std::string_view> explorers;
  for (const ChainDefaults& chain : known_chains()) {
    CHECK(names.insert(chain.name).second);
    CHECK(ids.insert(chain.chain_id).second);
    CHECK(chain.confirmations >= 1);
    CHECK(chain.finality.by_tag == (chain.finality.depth == 0));
    CHECK(chain.poll_interval >= std::chrono::milliseconds{500});
    CHECK(explorers.insert(chain.explorer_url).second);
    CHECK(chain.explorer_url.starts_with("https://"));
    CHECK_FALSE(chain.explorer_url.ends_with("/"));
  }
  CHECK(names.size() == 14);
}

TEST_CASE("the registry knows whose blocks cannot be proven") {
  std::set<std::string_view> not_provable;
  for (const ChainDefaults& chain : known_chains()) {
    if (!may_be_provable(chain.chain_id)) not_provable.insert(chain.name);
  }
  CHECK(not_provable ==
        std::set<std::string_view>{"arbitrum", "arbitrum-sepolia", "polygon", "polygon-amoy"});
  CHECK(may_be_provable(31337));
}

TEST_CASE("development nodes are told from unknown chains") {
  CHECK(network_kind(31337) == NetworkKind::Local);
  CHECK(network_kind(1337) == NetworkKind::Local);
  CHECK(network_kind(424242) == NetworkKind::Unknown);
  CHECK(find_chain("mars") == nullptr);
  CHECK(find_chain(31337) == nullptr);
}
