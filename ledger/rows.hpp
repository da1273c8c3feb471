#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ledger/store/store.hpp"

namespace settled::ledger {

/// One change: a key and what it holds from then on; no value means erased.
struct Row {
  std::string key;
  std::optional<std::string> value;
};

/// Rows that were changed and are not in the store yet, found by their key in constant time. One
/// row a key: the newest. Not thread-safe while it changes; then any thread may read.
class Rows {
 public:
  const Row* find(std::string_view key) const;
  void set(std::string key, std::optional<std::string> value);
  /// In the order in which their keys were changed first; they never move.
  const std::deque<Row>& all() const { return rows_; }
  bool empty() const { return rows_.empty(); }

 private:
  std::size_t slot_of(std::string_view key, std::uint32_t hash) const;
  void grow();

  /// A row's number plus one, zero where the slot is free, and the hash of its key.
  struct Slot {
    std::uint32_t row = 0;
    std::uint32_t hash = 0;
  };
  std::deque<Row> rows_;
  std::vector<Slot> slots_;  // a power of two, at most half of them taken
};

/// The rows of somebody's Rows in the order of their keys, sorted when asked and as far as needed.
class RowsInOrder {
 public:
  /// Rows with keys in [from, to), ascending. `rows` must be the same, and may have grown.
  std::vector<const Row*> range(const Rows& rows, std::string_view from, std::string_view to);

 private:
  std::vector<const Row*> sorted_;
};

/// Values that the store holds, or that were sealed to be written: a bounded number of those that
/// were asked for last, absent ones included. Whoever has it tells it of every change. Not
/// thread-safe.
class RowCache {
 public:
  explicit RowCache(std::size_t most_rows) : most_young_(most_rows / 2) {}

  /// Null where the value is not known.
  const std::optional<std::string>* find(std::string_view key);
  void set(std::string_view key, const std::optional<std::string>& value);
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
