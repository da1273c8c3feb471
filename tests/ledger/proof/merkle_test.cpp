#include "ledger/proof/merkle.hpp"

#include <array>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "ledger/types/hex.hpp"

namespace {

using namespace settled;
using proof::consistency_proof;
using proof::inclusion_proof;
using proof::tree_root;
using proof::verify_consistency;
using proof::verify_inclusion;

Hash256 hash(std::string_view hex) {
  return *fixed_from_hex<Hash256>(hex);
}

/// The eight leaves of certificate-transparency's merkle_tree_test.
std::vector<Hash256> known_leaves() {
  std::vector<Hash256> out;
  for (const char* hex : {"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                          "606162636465666768696a6b6c6d6e6f"}) {
    out.push_back(proof::leaf_hash(as_text(*from_hex(hex))));
  }
  return out;
}

const std::array kKnownRoots{
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

std::vector<Hash256> numbered_leaves(std::size_t count) {
  std::vector<Hash256> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(proof::leaf_hash(std::to_string(i)));
  return out;
}

std::vector<Hash256> hashes(std::initializer_list<const char*> list) {
  std::vector<Hash256> out;
  for (const char* hex : list) out.push_back(hash(hex));
  return out;
}

}  // namespace

TEST_CASE("the roots are those of certificate-transparency") {
  const auto leaves = known_leaves();
  for (std::size_t size = 0; size < kKnownRoots.size(); ++size) {
    CHECK(tree_root(std::span(leaves).first(size)) == hash(kKnownRoots.at(size)));
  }
}

TEST_CASE("audit paths are those of certificate-transparency") {
  const auto leaves = known_leaves();
  const auto path = [&](std::size_t index, std::size_t size) {
    return inclusion_proof(std::span(leaves).first(size), index);
  };
  CHECK(path(0, 1).empty());
  CHECK(path(0, 8) == hashes({"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                              "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                              "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}));
  CHECK(path(5, 8) == hashes({"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                              "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                              "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
  CHECK(path(2, 3) == hashes({"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}));
  CHECK(path(1, 5) == hashes({"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                              "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                              "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}));
}

TEST_CASE("consistency proofs are those of certificate-transparency") {
  const auto leaves = known_leaves();
  const auto path = [&](std::uint64_t first, std::size_t second) {
    return consistency_proof(std::span(leaves).first(second), first);
  };
  CHECK(path(1, 1).empty());
  CHECK(path(1, 8) == hashes({"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                              "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                              "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}));
  CHECK(path(6, 8) == hashes({"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                              "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                              "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}));
  CHECK(path(2, 5) == hashes({"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                              "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}));
}

TEST_CASE("every leaf of every size is proven, and at no other place, size or root") {
  const auto leaves = numbered_leaves(200);
  std::size_t refused = 0;
  for (std::size_t size = 1; size <= leaves.size(); ++size) {
    const auto tree = std::span(leaves).first(size);
    const Hash256 root = tree_root(tree);
    for (std::size_t index = 0; index < size; ++index) {
      const auto path = inclusion_proof(tree, index);
      REQUIRE(verify_inclusion(leaves[index], index, size, path, root));
      REQUIRE_FALSE(verify_inclusion(leaves[(index + 1) % leaves.size()], index, size, path, root));
      REQUIRE_FALSE(verify_inclusion(leaves[index], size, size, path, root));
      if (size > 1) {
        REQUIRE_FALSE(verify_inclusion(leaves[index], index, size,
                                       std::span(path).first(path.size() - 1), root));
        REQUIRE_FALSE(verify_inclusion(leaves[index], (index + 1) % size, size, path, root));
      }
      auto longer = path;
      longer.push_back(root);
      REQUIRE_FALSE(verify_inclusion(leaves[index], index, size, longer, root));
      ++refused;
    }
  }
  CHECK(refused == 200 * 201 / 2);
}

TEST_CASE("every tree is consistent with every later one, and with no other") {
  const auto leaves = numbered_leaves(200);
  std::vector<Hash256> roots;
  for (std::size_t size = 0; size <= leaves.size(); ++size) {
    roots.push_back(tree_root(std::span(leaves).first(size)));
  }
  for (std::size_t second = 1; second <= leaves.size(); ++second) {
    for (std::size_t first = 1; first <= second; ++first) {
      auto path = consistency_proof(std::span(leaves).first(second), first);
      REQUIRE(verify_consistency(first, second, roots[first], roots[second], path));
      REQUIRE_FALSE(verify_consistency(first, second, roots[first - 1], roots[second], path));
      REQUIRE_FALSE(verify_consistency(first, second, roots[first], roots[second - 1], path));
      path.push_back(roots[second]);
      REQUIRE_FALSE(verify_consistency(first, second, roots[first], roots[second], path));
      path.pop_back();
      if (first == second) continue;
      for (Hash256& each : path) {
        each.bytes[7] ^= 1;
        REQUIRE_FALSE(verify_consistency(first, second, roots[first], roots[second], path));
        each.bytes[7] ^= 1;
      }
    }
  }
}

TEST_CASE("nonsense proves nothing") {
  const auto leaves = numbered_leaves(3);
  const Hash256 root = tree_root(leaves);
  CHECK_FALSE(verify_inclusion(root, 0, 0, {}, root));
  CHECK_FALSE(verify_consistency(0, 3, tree_root({}), root, {}));
  CHECK_FALSE(verify_consistency(4, 3, root, root, {}));
  CHECK_FALSE(verify_consistency(1, 3, root, root, {}));
  const std::vector<Hash256> endless(100, root);
  CHECK_FALSE(verify_inclusion(root, 0, ~std::uint64_t{0}, endless, root));
  CHECK_FALSE(verify_consistency(1, ~std::uint64_t{0}, root, root, endless));
}

TEST_CASE("paths into the largest trees have at most 64 parts") {
  const std::uint64_t most = ~std::uint64_t{0};
  CHECK(proof::inclusion_ranges(0, most).size() == 64);
  CHECK(proof::inclusion_ranges(most - 1, most).size() <= 64);
  CHECK(proof::consistency_ranges(most / 3, most).size() <= 65);
}
