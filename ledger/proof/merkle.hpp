#pragma once

#include <span>
#include <string_view>

#include "ledger/types/bytes.hpp"

/// The Merkle tree of RFC 6962, section 2.1: a leaf is SHA-256(0x00 || data), an inner node
/// SHA-256(0x01 || left || right), so that neither can pass for the other. Pure.
namespace settled::proof {

Hash256 leaf_hash(std::string_view data);
Hash256 node_hash(const Hash256& left, const Hash256& right);

/// The root over leaves that were hashed already (MTH); of no leaves, SHA-256 of nothing.
Hash256 tree_root(std::span<const Hash256> leaves);

}  // namespace settled::proof
