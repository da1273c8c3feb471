#include <optional>

#include "chains/evm/rlp.hpp"
#include "chains/evm/trie.hpp"

namespace settled::chains::evm {
namespace {

constexpr std::size_t kBranchItems = 17;
constexpr std::size_t kPathItems = 2;
constexpr std::uint8_t kLeafFlag = 2;
constexpr std::uint8_t kOddFlag = 1;

std::unexpected<Error> corrupt(const char* reason, const char* detail) {
  return fail(Errc::Corrupt, reason, detail);
}

std::unexpected<Error> malformed(const char* detail) {
  return corrupt("trie_node_malformed", detail);
}

/// A place within a key, nibble by nibble.
class Path {
 public:
  explicit Path(BytesView key) : key_(key) {}

  bool done() const { return position_ == 2 * key_.size(); }
  /// REQUIRES: not done.
  std::uint8_t next() {
    const std::uint8_t byte = key_[position_ / 2];
    return position_++ % 2 == 0 ? byte >> 4 : byte & 15;
  }

 private:
  BytesView key_;
  std::size_t position_ = 0;
};

/// What follows a node on the way to a key.
struct Step {
  std::optional<BytesView> value = {};  ///< the end
  RlpItem child = {};                   ///< else: a hash, or a node as it is
};

Result<Step> through_branch(const std::vector<RlpItem>& items, Path& path) {
  if (path.done()) return corrupt("trie_key_absent", "the key ends at a branch");
  const RlpItem& child = items[path.next()];
  if (!child.is_list && child.payload.empty()) {
    return corrupt("trie_key_absent", "nothing is under the key");
  }
  return Step{.child = child};
}

Result<Step> through_path(const std::vector<RlpItem>& items, Path& path) {
  if (items[0].is_list || items[0].payload.empty()) return malformed("its path is no path");
  Path piece(items[0].payload);
  const std::uint8_t flags = piece.next();
  if (flags > (kLeafFlag | kOddFlag)) return malformed("its path has unknown flags");
  if ((flags & kOddFlag) == 0 && piece.next() != 0) return malformed("its path is padded wrongly");
  const bool is_leaf = (flags & kLeafFlag) != 0;
  if (!is_leaf && piece.done()) return malformed("it is a way of no length");
  while (!piece.done()) {
    if (path.done() || path.next() != piece.next()) {
      return corrupt("trie_key_absent", "another key is where this one would be");
    }
  }
  if (!is_leaf) return Step{.child = items[1]};
  if (!path.done()) return corrupt("trie_key_absent", "a leaf is where the key goes on");
  if (items[1].is_list || items[1].payload.empty()) return malformed("a leaf holds no value");
  return Step{.value = items[1].payload};
}

Result<Step> through(BytesView node_items, Path& path) {
  std::vector<RlpItem> items;
  RlpReader reader(node_items);
  while (!reader.done()) {
    const auto item = reader.next();
    if (!item || items.size() == kBranchItems) return malformed("it is not canonical RLP");
    items.push_back(*item);
  }
  if (items.size() == kBranchItems) return through_branch(items, path);
  if (items.size() == kPathItems) return through_path(items, path);
  return malformed("it is neither a branch nor a piece of path");
}

}  // namespace

Result<BytesView> verify_trie_proof(const Hash& root, BytesView key,
                                    std::span<const BytesView> nodes) {
  Path path(key);
  Hash expected = root;
  for (std::size_t used = 0;;) {
    if (used == nodes.size()) return corrupt("trie_node_missing", "the proof ends before the key");
    const BytesView node = nodes[used++];
    if (keccak256(node) != expected) {
      return corrupt("trie_node_mismatch", "a node is not the one that leads to it");
    }
    const auto whole = read_rlp(node);
    if (!whole || !whole->is_list) return malformed("it is no list in canonical RLP");
    TRY(Step step, through(whole->payload, path));
    while (!step.value && step.child.is_list) {
      TRY(step, through(step.child.payload, path));
    }
    if (step.value) {
      if (used != nodes.size()) {
        return corrupt("trie_node_unused", "the proof goes on behind the value");
      }
      return *step.value;
    }
    if (step.child.payload.size() != Hash::kSize) return malformed("a reference is no hash");
    expected = fixed_from<Hash>(step.child.payload);
  }
}

}  // namespace settled::chains::evm
