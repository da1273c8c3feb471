#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "chains/evm/keccak.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::evm {

/// The root of a trie that holds nothing: the Keccak-256 of an empty RLP string.
Hash empty_trie_root();
/// The key of a list's element: its index in RLP.
Bytes index_key(std::uint64_t index);

/// The Merkle Patricia trie over a list (yellow paper, appendix D), as a block's header commits to
/// its receipts and its transactions: value i under `index_key(i)`. Holds all its nodes.
class ListTrie {
 public:
  /// REQUIRES: no value is empty.
  explicit ListTrie(std::span<const Bytes> values);

  const Hash& root() const { return root_; }
  /// The nodes from the root to the value, those that are referred to by their hash: what
  /// `verify_trie_proof` takes. REQUIRES: `index` is below the number of values.
  std::vector<Bytes> prove(std::size_t index) const;

 private:
  struct Entry {
    std::vector<std::uint8_t> path;  // of nibbles
    std::size_t index = 0;
  };
  /// A node that is referred to by its hash; it is on the way to entries first .. last - 1.
  struct Node {
    std::size_t first = 0;
    std::size_t last = 0;
    Bytes encoded;
  };

  Bytes encode(std::size_t first, std::size_t last, std::size_t depth);
  Bytes encode_branch(std::size_t first, std::size_t last, std::size_t depth);
  Bytes reference(std::size_t first, std::size_t last, std::size_t depth);

  std::span<const Bytes> values_;  // while building
  std::vector<Entry> entries_;     // by path
  std::vector<Node> nodes_;        // children before their parents
  Hash root_;
};

/// Whether a trie of the given root holds a value under `key`, and which one: it lies in `nodes`.
/// Shares nothing with the builder but RLP and Keccak, and reads canonical nodes only.
/// Errors, all Corrupt: `trie_node_missing`, `trie_node_mismatch` (a node whose hash is not the
/// one that its parent, or the root, tells), `trie_node_malformed`, `trie_key_absent`,
/// `trie_node_unused`.
Result<BytesView> verify_trie_proof(const Hash& root, BytesView key,
                                    std::span<const BytesView> nodes);

}  // namespace settled::chains::evm
