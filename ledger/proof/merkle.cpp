#include "ledger/proof/merkle.hpp"

#include <algorithm>
#include <bit>

#include "ledger/types/crypto.hpp"
#include "ledger/types/result.hpp"

namespace settled::proof {
namespace {

bool is_odd(std::uint64_t number) {
  return (number & 1U) != 0;
}

std::vector<Hash256> roots_of(std::span<const Hash256> leaves,
                              const std::vector<LeafRange>& ranges) {
  std::vector<Hash256> out;
  out.reserve(ranges.size());
  for (const LeafRange& range : ranges) {
    out.push_back(tree_root(leaves.subspan(range.begin, range.end - range.begin)));
  }
  return out;
}

/// Where a climb from a leaf to the root has come: the node's number in its row, and the last
/// one's.
struct Climb {
  std::uint64_t node;
  std::uint64_t last;

  bool is_right() const { return is_odd(node) || node == last; }
  void up() {
    node >>= 1U;
    last >>= 1U;
  }
  /// A node without a right sibling is its own parent until it is somebody's right child.
  void skip_lone() {
    while (!is_odd(node) && node != 0) up();
  }
};

}  // namespace

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

std::vector<LeafRange> inclusion_ranges(std::uint64_t index, std::uint64_t size) {
  INVARIANT(index < size);
  std::vector<LeafRange> out;
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end - begin > 1) {
    const std::uint64_t split = begin + std::bit_floor(end - begin - 1);
    if (index < split) {
      out.push_back({split, end});
      end = split;
    } else {
      out.push_back({begin, split});
      begin = split;
    }
  }
  std::ranges::reverse(out);
  return out;
}

std::vector<LeafRange> consistency_ranges(std::uint64_t first, std::uint64_t second) {
  INVARIANT(first > 0 && first <= second);
  std::vector<LeafRange> out;
  std::uint64_t begin = 0;
  std::uint64_t end = second;
  while (end != first) {
    const std::uint64_t split = begin + std::bit_floor(end - begin - 1);
    if (first <= split) {
      out.push_back({split, end});
      end = split;
    } else {
      out.push_back({begin, split});
      begin = split;
    }
  }
  // What is left is a whole subtree of the first tree; where it is all of it, its root is known.
  if (begin != 0) out.push_back({begin, end});
  std::ranges::reverse(out);
  return out;
}

std::vector<Hash256> inclusion_proof(std::span<const Hash256> leaves, std::uint64_t index) {
  return roots_of(leaves, inclusion_ranges(index, leaves.size()));
}

std::vector<Hash256> consistency_proof(std::span<const Hash256> leaves, std::uint64_t first) {
  return roots_of(leaves, consistency_ranges(first, leaves.size()));
}

bool verify_inclusion(const Hash256& leaf, std::uint64_t index, std::uint64_t size,
                      std::span<const Hash256> path, const Hash256& root) {
  if (index >= size) return false;
  Climb at{index, size - 1};
  Hash256 hash = leaf;
  for (const Hash256& sibling : path) {
    if (at.last == 0) return false;
    if (at.is_right()) {
      hash = node_hash(sibling, hash);
      at.skip_lone();
    } else {
      hash = node_hash(hash, sibling);
    }
    at.up();
  }
  return at.last == 0 && hash == root;
}

bool verify_consistency(std::uint64_t first, std::uint64_t second, const Hash256& first_root,
                        const Hash256& second_root, std::span<const Hash256> path) {
  if (first == 0 || first > second) return false;
  if (first == second) return path.empty() && first_root == second_root;
  if (path.empty()) return false;
  // A first tree without a gap is a subtree of the second: its root is not repeated in the path.
  const bool whole = std::has_single_bit(first);
  Hash256 old_hash = whole ? first_root : path.front();
  Hash256 new_hash = old_hash;
  Climb at{first - 1, second - 1};
  while (is_odd(at.node)) at.up();
  for (const Hash256& sibling : path.subspan(whole ? 0 : 1)) {
    if (at.last == 0) return false;
    if (at.is_right()) {
      old_hash = node_hash(sibling, old_hash);
      new_hash = node_hash(sibling, new_hash);
      at.skip_lone();
    } else {
      new_hash = node_hash(new_hash, sibling);
    }
    at.up();
  }
  return at.last == 0 && old_hash == first_root && new_hash == second_root;
}

}  // namespace settled::proof
