#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "ledger/types/bytes.hpp"

/// The Merkle tree of RFC 6962, section 2.1: a leaf is SHA-256(0x00 || data), an inner node
/// SHA-256(0x01 || left || right), so that neither can pass for the other. Pure.
namespace settled::proof {

Hash256 leaf_hash(std::string_view data);
Hash256 node_hash(const Hash256& left, const Hash256& right);

/// The root over leaves that were hashed already (MTH); of no leaves, SHA-256 of nothing.
Hash256 tree_root(std::span<const Hash256> leaves);

/// The leaves from `begin` up to, and without, `end`. What a proof is made of: the root over the
/// leaves of each range. Who has no list of all leaves works out those roots as he can.
struct LeafRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool operator==(const LeafRange&) const = default;
};

/// The audit path of leaf `index` (from 0) in a tree of `size` leaves, from the leaf upwards (RFC
/// 6962 section 2.1.1). At most 64. REQUIRES: index < size.
std::vector<LeafRange> inclusion_ranges(std::uint64_t index, std::uint64_t size);
/// The consistency proof between the tree of `first` leaves and that of `second` (RFC 6962 section
/// 2.1.2). Empty where the two are the same. REQUIRES: 0 < first <= second.
std::vector<LeafRange> consistency_ranges(std::uint64_t first, std::uint64_t second);

/// The same with the roots of the ranges, where all leaves are at hand.
std::vector<Hash256> inclusion_proof(std::span<const Hash256> leaves, std::uint64_t index);
std::vector<Hash256> consistency_proof(std::span<const Hash256> leaves, std::uint64_t first);

/// True if `leaf` (hashed) is number `index` of the `size` leaves under `root` (RFC 9162 section
/// 2.1.3.2). Any input is allowed.
bool verify_inclusion(const Hash256& leaf, std::uint64_t index, std::uint64_t size,
                      std::span<const Hash256> path, const Hash256& root);
/// True if the tree of `second` leaves begins with the leaves of that of `first` (RFC 9162 section
/// 2.1.4.2). Any input is allowed; nothing is consistent with no leaves.
bool verify_consistency(std::uint64_t first, std::uint64_t second, const Hash256& first_root,
                        const Hash256& second_root, std::span<const Hash256> path);

}  // namespace settled::proof
