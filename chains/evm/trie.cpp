#include "chains/evm/trie.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "chains/evm/rlp.hpp"

namespace settled::chains::evm {
namespace {

using Nibbles = std::span<const std::uint8_t>;

constexpr std::size_t kBranches = 16;
/// A node whose encoding is shorter stands in its parent as it is.
constexpr std::size_t kHashedFrom = 32;

std::vector<std::uint8_t> nibbles_of(BytesView key) {
  std::vector<std::uint8_t> out;
  out.reserve(2 * key.size());
  for (const std::uint8_t byte : key) {
    out.push_back(byte >> 4);
    out.push_back(byte & 15);
  }
  return out;
}

/// The compact form of a piece of a path (yellow paper, appendix C).
Bytes compact(Nibbles path, bool is_leaf) {
  Bytes out;
  const bool odd = path.size() % 2 != 0;
  out.push_back(static_cast<std::uint8_t>((is_leaf ? 0x20 : 0) | (odd ? 0x10 | path[0] : 0)));
  for (std::size_t i = odd ? 1 : 0; i < path.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(path[i] << 4 | path[i + 1]));
  }
  return out;
}

}  // namespace

Hash empty_trie_root() {
  constexpr std::array<std::uint8_t, 1> kEmptyString = {0x80};
  return keccak256(kEmptyString);
}

Bytes index_key(std::uint64_t index) {
  RlpWriter writer;
  writer.integer(index);
  return writer.take();
}

ListTrie::ListTrie(std::span<const Bytes> values) : values_(values) {
  entries_.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    INVARIANT(!values[i].empty());
    entries_.push_back({nibbles_of(index_key(i)), i});
  }
  std::ranges::sort(entries_, {}, &Entry::path);
  if (entries_.empty()) {
    root_ = empty_trie_root();
    return;
  }
  Bytes encoded = encode(0, entries_.size(), 0);
  root_ = keccak256(encoded);
  nodes_.push_back({0, entries_.size(), std::move(encoded)});
  values_ = {};
}

/// The node under which exactly these entries are, whose first `depth` nibbles agree. No key begins
/// another one, since no key's RLP begins another's, so a branch never holds a value.
Bytes ListTrie::encode(std::size_t first, std::size_t last, std::size_t depth) {
  const Nibbles path = entries_[first].path;
  if (last - first == 1) {
    RlpWriter writer;
    writer.begin_list();
    writer.bytes(compact(path.subspan(depth), true));
    writer.bytes(values_[entries_[first].index]);
    writer.end_list();
    return writer.take();
  }
  const Nibbles other = entries_[last - 1].path;
  std::size_t common = depth;
  while (path[common] == other[common]) ++common;
  if (common == depth) return encode_branch(first, last, depth);
  RlpWriter writer;
  writer.begin_list();
  writer.bytes(compact(path.subspan(depth, common - depth), false));
  writer.encoded(reference(first, last, common));
  writer.end_list();
  return writer.take();
}

Bytes ListTrie::encode_branch(std::size_t first, std::size_t last, std::size_t depth) {
  RlpWriter writer;
  writer.begin_list();
  for (std::uint8_t nibble = 0; nibble < kBranches; ++nibble) {
    std::size_t end = first;
    while (end < last && entries_[end].path[depth] == nibble) ++end;
    if (end == first) {
      writer.bytes({});
    } else {
      writer.encoded(reference(first, end, depth + 1));
    }
    first = end;
  }
  writer.bytes({});
  writer.end_list();
  return writer.take();
}

/// How a parent names the node: by its hash, or as it is.
Bytes ListTrie::reference(std::size_t first, std::size_t last, std::size_t depth) {
  Bytes encoded = encode(first, last, depth);
  if (encoded.size() < kHashedFrom) return encoded;
  RlpWriter writer;
  writer.bytes(keccak256(encoded).view());
  nodes_.push_back({first, last, std::move(encoded)});
  return writer.take();
}

std::vector<Bytes> ListTrie::prove(std::size_t index) const {
  const auto at = std::ranges::find(entries_, index, &Entry::index);
  INVARIANT(at != entries_.end());
  const auto position = static_cast<std::size_t>(at - entries_.begin());
  std::vector<Bytes> out;
  for (const Node& node : nodes_) {
    if (node.first <= position && position < node.last) out.push_back(node.encoded);
  }
  std::ranges::reverse(out);
  return out;
}

}  // namespace settled::chains::evm
