#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/store/store.hpp"

namespace settled::tests {

/// A store of rows in memory, for what reads them. Thread-safe; a snapshot is a copy.
class MapStore : public ledger::store::Store {
 public:
  using Rows = std::map<std::string, std::string, std::less<>>;
  explicit MapStore(Rows rows = {}) : rows_(std::move(rows)) {}

  Result<std::optional<std::string>> get(std::string_view key) const override {
    const std::scoped_lock lock(mutex_);
    const auto found = rows_.find(key);
    if (found == rows_.end()) return std::optional<std::string>{};
    return std::optional(found->second);
  }
  Status scan(std::string_view from, std::string_view to, const Visit& visit) const override {
    const Rows rows = copy();
    for (auto at = rows.lower_bound(from); at != rows.end() && at->first < to; ++at) {
      if (!visit(at->first, at->second)) break;
    }
    return {};
  }
  Status scan_reverse(std::string_view from, std::string_view to,
                      const Visit& visit) const override {
    const Rows rows = copy();
    for (auto at = rows.lower_bound(to); at != rows.begin();) {
      --at;
      if (at->first < from || !visit(at->first, at->second)) break;
    }
    return {};
  }
  Status write(const ledger::store::Batch& batch, ledger::store::Durability) override {
    const std::scoped_lock lock(mutex_);
    for (const auto& [key, value] : batch.operations()) {
      if (value) {
        rows_.insert_or_assign(std::string(key), std::string(*value));
      } else {
        rows_.erase(std::string(key));
      }
    }
    return {};
  }
  std::unique_ptr<Reader> snapshot() const override { return std::make_unique<MapStore>(copy()); }
  bool poisoned() const override { return false; }

 private:
  Rows copy() const {
    const std::scoped_lock lock(mutex_);
    return rows_;
  }

  mutable std::mutex mutex_;
  Rows rows_;
};

}  // namespace settled::tests
