#include "chains/evm/trie.hpp"

#include <catch2/catch.hpp>

#include "chains/evm/rlp.hpp"
#include "ledger/types/hex.hpp"

using namespace settled;
using namespace settled::chains::evm;

namespace {

/// Values of 1 to 40 bytes, so that some nodes stand in their parents as they are.
std::vector<Bytes> values(std::size_t count) {
  std::vector<Bytes> out;
  for (std::size_t i = 0; i < count; ++i) {
    out.emplace_back(1 + i * 7 % 40, static_cast<std::uint8_t>(i));
  }
  return out;
}

std::vector<BytesView> views(const std::vector<Bytes>& nodes) {
  return {nodes.begin(), nodes.end()};
}

std::string refusal(const Hash& root, std::uint64_t index, const std::vector<Bytes>& nodes) {
  const auto value = verify_trie_proof(root, index_key(index), views(nodes));
  return value ? "" : value.error().reason;
}

/// A trie of one hand-made node.
std::string refusal_of_node(const Bytes& node, std::uint64_t index = 1) {
  return refusal(keccak256(node), index, {node});
}

Bytes list(const std::vector<Bytes>& items) {
  RlpWriter writer;
  writer.begin_list();
  for (const Bytes& item : items) writer.bytes(item);
  writer.end_list();
  return writer.take();
}

}  // namespace

TEST_CASE("the root of nothing is the one that empty blocks have") {
  // The receiptsRoot of every block without transactions.
  CHECK(to_hex(empty_trie_root().view()) ==
        "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
  CHECK(ListTrie({}).root() == empty_trie_root());
}

TEST_CASE("every value of a list is proven by its nodes, and under no other index") {
  const auto count =
      GENERATE(as<std::size_t>{}, 1, 2, 15, 16, 17, 127, 128, 129, 130, 256, 257, 700);
  CAPTURE(count);
  const std::vector<Bytes> of = values(count);
  const ListTrie trie(of);
  for (std::size_t i = 0; i < count; ++i) {
    const std::vector<Bytes> nodes = trie.prove(i);
    const auto value = verify_trie_proof(trie.root(), index_key(i), views(nodes));
    REQUIRE(value.has_value());
    CHECK(Bytes(value->begin(), value->end()) == of[i]);
    CHECK_FALSE(refusal(trie.root(), count + i, nodes).empty());
  }
}

TEST_CASE("the root tells lists apart") {
  const std::vector<Bytes> of = values(20);
  std::vector<Bytes> changed = of;
  SECTION("a value changed") {
    changed[7].back() ^= 1;
  }
  SECTION("two values swapped") {
    std::swap(changed[3], changed[4]);
  }
  SECTION("one left out") {
    changed.pop_back();
  }
  SECTION("one more") {
    changed.push_back(changed.back());
  }
  CHECK(ListTrie(changed).root() != ListTrie(of).root());
}

TEST_CASE("nodes that are missing, changed or too many are refused by name") {
  const std::vector<Bytes> of(300, Bytes(60, 7));
  const ListTrie trie(of);
  std::vector<Bytes> nodes = trie.prove(290);
  REQUIRE(nodes.size() >= 3);
  REQUIRE(refusal(trie.root(), 290, nodes).empty());
  SECTION("nothing") {
    CHECK(refusal(trie.root(), 290, {}) == "trie_node_missing");
  }
  SECTION("the last is missing") {
    nodes.pop_back();
    CHECK(refusal(trie.root(), 290, nodes) == "trie_node_missing");
  }
  SECTION("a byte of each node changed") {
    const auto at = GENERATE(as<std::size_t>{}, 0, 1, 2);
    nodes[at][nodes[at].size() / 2] ^= 4;
    CHECK(refusal(trie.root(), 290, nodes) == "trie_node_mismatch");
  }
  SECTION("one more") {
    nodes.push_back(nodes.back());
    CHECK(refusal(trie.root(), 290, nodes) == "trie_node_unused");
  }
  SECTION("another root") {
    CHECK(refusal(Hash{}, 290, nodes) == "trie_node_mismatch");
  }
}

TEST_CASE("only canonical nodes are read, whatever they hash to") {
  // The key of index 1 is the byte 0x01, its nibbles 0 and 1.
  const Bytes value(3, 9);
  CHECK(refusal_of_node(list({{0x20, 0x01}, value})).empty());
  CHECK(refusal_of_node(list({{0x20, 0x02}, value})) == "trie_key_absent");
  CHECK(refusal_of_node(list({{0x20}, value})) == "trie_key_absent");
  CHECK(refusal_of_node(list({{0x20, 0x01, 0x02}, value})) == "trie_key_absent");
  CHECK(refusal_of_node(list({{0x21, 0x01}, value})) == "trie_node_malformed");  // padding
  CHECK(refusal_of_node(list({{0x40, 0x01}, value})) == "trie_node_malformed");  // flags
  CHECK(refusal_of_node(list({{0x00}, value})) == "trie_node_malformed");  // a way of no length
  CHECK(refusal_of_node(list({{0x00, 0x01}, value})) == "trie_node_malformed");  // no hash
  CHECK(refusal_of_node(list({{0x20, 0x01}, {}})) == "trie_node_malformed");
  CHECK(refusal_of_node(list({{}, value})) == "trie_node_malformed");
  CHECK(refusal_of_node(list({value})) == "trie_node_malformed");
  CHECK(refusal_of_node(list({value, value, value})) == "trie_node_malformed");
  CHECK(refusal_of_node(list(std::vector<Bytes>(18))) == "trie_node_malformed");
  CHECK(refusal_of_node(list(std::vector<Bytes>(17))) == "trie_key_absent");
  CHECK(refusal_of_node(Bytes{0x80}) == "trie_node_malformed");
  CHECK(refusal_of_node(Bytes{}) == "trie_node_malformed");
  Bytes trailing = list({{0x20, 0x01}, value});
  trailing.push_back(0);
  CHECK(refusal_of_node(trailing) == "trie_node_malformed");
  // A length in the long form where the short one would do.
  CHECK(refusal_of_node(Bytes{0xF8, 0x04, 0x82, 0x20, 0x01, 0x09}) == "trie_node_malformed");
}
