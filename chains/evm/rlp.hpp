#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "chains/evm/u256.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::evm {

/// Recursive Length Prefix (yellow paper, appendix B), canonical form only: one encoding for each
/// value. Every failure of reading is Invalid `invalid_rlp`.

/// Deeper nesting is refused. A signed transaction needs 4, a receipt 4.
inline constexpr std::size_t kMaxRlpDepth = 64;

/// One item as it lies in the buffer that was read; it views that buffer and owns nothing.
struct RlpItem {
  bool is_list = false;
  BytesView payload;  ///< the string, or the encoded items of the list
};

/// Reads consecutive items. Views the bytes it was given, which must outlive it and what it
/// returns. Reads one level: the items of a list are checked when they are read themselves.
class RlpReader {
 public:
  explicit RlpReader(BytesView items) : rest_(items) {}

  bool done() const { return rest_.empty(); }
  Result<RlpItem> next();
  /// A string of any length.
  Result<BytesView> bytes();
  /// A string of exactly `size` bytes.
  Result<BytesView> bytes(std::size_t size);
  /// A list: a reader of its items.
  Result<RlpReader> list();
  /// An unsigned integer without leading zeros of at most 8, or 32, bytes.
  Result<std::uint64_t> integer64();
  Result<U256> integer256();
  /// An error unless everything was read.
  Status finish() const;

 private:
  Result<BytesView> integer(std::size_t max_size);

  BytesView rest_;
};

/// The one item that `encoded` is, without a byte after it.
Result<RlpItem> read_rlp(BytesView encoded);
/// Whether `encoded` is one item that is canonical down to its last leaf, at most
/// `kMaxRlpDepth` lists deep. Takes linear time and no recursion.
Status check_rlp(BytesView encoded);

/// Appends items in order. Lists are opened and closed:
/// `writer.begin_list(); writer.integer(7); writer.end_list();`.
class RlpWriter {
 public:
  void bytes(BytesView string);
  void integer(std::uint64_t value);
  void integer(const U256& value);
  /// An item that is RLP already.
  void encoded(BytesView item);
  void begin_list();
  /// REQUIRES: a list is open.
  void end_list();
  /// What was written. REQUIRES: no list is open.
  Bytes take();

 private:
  Bytes out_;
  std::vector<std::size_t> open_;  // where the payload of each open list begins
};

}  // namespace settled::chains::evm
