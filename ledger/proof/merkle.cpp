#include "ledger/proof/merkle.hpp"

#include <bit>

#include "ledger/types/crypto.hpp"

namespace settled::proof {

Hash256 leaf_hash(std::string_view data) {
  constexpr std::uint8_t kLeaf = 0;
  return sha256({BytesView(&kLeaf, 1), as_bytes(data)});
}

Hash256 node_hash(const Hash256& left, const Hash256& right) {
  constexpr std::uint8_t kNode = 1;
  return sha256({BytesView(&kNode, 1), left.view(), right.view()});
}

// The recursion of the RFC; its depth is the logarithm of the number of leaves.
// NOLINTNEXTLINE(misc-no-recursion)
Hash256 tree_root(std::span<const Hash256> leaves) {
  if (leaves.empty()) return sha256(BytesView{});
  if (leaves.size() == 1) return leaves.front();
  const std::size_t split = std::bit_floor(leaves.size() - 1);
  return node_hash(tree_root(leaves.first(split)), tree_root(leaves.subspan(split)));
}

}  // namespace settled::proof
