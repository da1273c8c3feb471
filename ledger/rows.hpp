#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ledger/store/store.hpp"

namespace settled::ledger {

/// One change: a key and what it holds from then on; no value means erased. Both lie in somebody's
/// RowBytes.
struct Row {
  std::string_view key;
  std::optional<std::string_view> value;
};

/// Where the bytes of rows lie until all of them are given back at once. Nothing moves in it.
class RowBytes {
 public:
  RowBytes() = default;
  RowBytes(const RowBytes&) = delete;
  RowBytes& operator=(const RowBytes&) = delete;

  /// Room for so many bytes, to be written by the caller.
  char* room(std::size_t size) { return static_cast<char*>(memory_.allocate(size, 1)); }
  std::string_view copy(std::string_view bytes) {
    char* at = room(bytes.size());
    bytes.copy(at, bytes.size());
    return {at, bytes.size()};
  }

 private:
  static constexpr std::size_t kFirstChunk = std::size_t{16} << 10U;
  std::pmr::monotonic_buffer_resource memory_{kFirstChunk};
};

/// Rows that were changed and are not in the store yet, found by their key in constant time. One
/// row a key: the newest. Not thread-safe while it changes; then any thread may read.
class Rows {
 public:
  /// Null where there is none. It lives until the next change.
  const Row* find(std::string_view key) const;
  /// The bytes of both are not copied: they must live as long as the rows.
  void set(const Row& row);
  /// In the order in which their keys were changed first.
  const std::vector<Row>& all() const { return rows_; }
  bool empty() const { return rows_.empty(); }
  void clear();

 private:
  std::size_t slot_of(std::string_view key, std::uint32_t hash) const;
  void grow();

  /// A row's number plus one, zero where the slot is free, and the hash of its key.
  struct Slot {
    std::uint32_t row = 0;
    std::uint32_t hash = 0;
  };
  std::vector<Row> rows_;
  std::vector<Slot> slots_;  // a power of two, at most half of them taken
};

/// Rows together with their bytes.
struct OwnRows {
  RowBytes bytes;
  Rows rows;

  /// Copies both.
  void set(std::string_view key, std::optional<std::string_view> value) {
    rows.set({bytes.copy(key), value ? std::optional(bytes.copy(*value)) : std::nullopt});
  }
};

/// The rows of somebody's Rows in the order of their keys, sorted when asked and as far as needed.
class RowsInOrder {
 public:
  /// All of them, ascending. `rows` must be the same, and may have grown. The numbers are places in
  /// `rows.all()`.
  const std::vector<std::uint32_t>& all(const Rows& rows);
  /// Those with keys in [from, to).
  std::vector<Row> range(const Rows& rows, std::string_view from, std::string_view to);
  /// The rows were cleared.
  void clear() { sorted_.clear(); }

 private:
  std::vector<std::uint32_t> sorted_;
};

/// Values that the store holds, or that were sealed to be written: a bounded number of those that
/// were asked for last, absent ones included. Whoever has it tells it of every change. Not
/// thread-safe.
class RowCache {
 public:
  explicit RowCache(std::size_t most_rows) : most_young_(most_rows / 2) {}

  /// Null where the value is not known. It lives until the next call.
  const std::optional<std::string>* find(std::string_view key);
  void set(std::string_view key, std::optional<std::string_view> value);
  std::size_t size() const { return young_.size() + old_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const {
      return std::hash<std::string_view>{}(key);
    }
  };
  using Known = std::unordered_map<std::string, std::optional<std::string>, Hash, std::equal_to<>>;

  // What is asked for while it is old becomes young. When the young ones are too many they become
  // the old ones, and the old ones are forgotten.
  Known young_;
  Known old_;
  std::size_t most_young_;
};

}  // namespace settled::ledger
