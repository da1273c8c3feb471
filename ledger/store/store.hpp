#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/types/result.hpp"

namespace settled::ledger::store {

/// Puts and erasures that become visible and durable together or not at all. Order within a batch
/// counts: the last operation on a key wins. Keys and values are copied into one buffer.
class Batch {
 public:
  /// The views live as long as the batch is neither changed nor moved.
  struct Operation {
    std::string_view key;
    std::optional<std::string_view> value;  ///< none: erased
  };

  void reserve(std::size_t operations) { places_.reserve(operations); }
  void put(std::string_view key, std::string_view value) {
    places_.push_back({bytes_.size(), key.size(), value.size()});
    bytes_.append(key).append(value);
  }
  void erase(std::string_view key) {
    places_.push_back({bytes_.size(), key.size(), std::nullopt});
    bytes_.append(key);
  }
  bool empty() const { return places_.empty(); }
  std::size_t size() const { return places_.size(); }
  std::size_t bytes() const { return bytes_.size(); }
  auto operations() const {
    return std::views::transform(places_, [all = std::string_view(bytes_)](const Place& place) {
      Operation operation{all.substr(place.at, place.key_size), std::nullopt};
      if (place.value_size) {
        operation.value = all.substr(place.at + place.key_size, *place.value_size);
      }
      return operation;
    });
  }

 private:
  struct Place {
    std::size_t at;
    std::size_t key_size;
    std::optional<std::size_t> value_size;
  };
  std::string bytes_;
  std::vector<Place> places_;
};

/// How far a write must have come when `write` returns.
enum class Durability {
  Synced,  ///< on the disk: survives the loss of power
  /// Handed to the operating system: survives the death of the process. A loss of power may take
  /// it, and then every later one too.
  Written,
};

/// Read access to ordered keys (bytes, compared as unsigned). Thread-safe.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual Result<std::optional<std::string>> get(std::string_view key) const = 0;

  /// Calls `visit(key, value)` for keys in [from, to) in ascending order until it returns false.
  /// The views live until `visit` returns.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;
  virtual Status scan(std::string_view from, std::string_view to, const Visit& visit) const = 0;
  /// The same in descending order, starting with the largest key below `to`.
  virtual Status scan_reverse(std::string_view from, std::string_view to,
                              const Visit& visit) const = 0;
};

/// The seam to the store engine: ordered keys, snapshot reads, atomic durable batches. Nothing
/// above it may assume which engine it is. Thread-safe; writes are serialised by the engine.
///
/// After the first failed write (or a checksum failure on read) the store is poisoned: every later
/// write fails with Corrupt `store_poisoned`, since an engine that failed once may acknowledge
/// writes that it loses. The owner must stop the process.
class Store : public Reader {
 public:
  /// Errors: Unavailable `store_write_failed` at the failure itself, Corrupt `store_poisoned`
  /// after.
  virtual Status write(const Batch& batch, Durability durability) = 0;
  /// A consistent view of this moment. It must not outlive the store.
  virtual std::unique_ptr<Reader> snapshot() const = 0;
  virtual bool poisoned() const = 0;
};

/// The first key after all keys that start with `prefix`. REQUIRES: `prefix` has a byte below 0xFF.
std::string prefix_end(std::string_view prefix);

}  // namespace settled::ledger::store
