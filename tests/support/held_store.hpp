#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/store/store.hpp"

namespace settled::tests {

/// A store whose writes wait until they are released, and which tells what was read of it.
class HeldStore final : public ledger::store::Store {
 public:
  explicit HeldStore(Store& base) : base_(base) {}

  Result<std::optional<std::string>> get(std::string_view key) const override {
    {
      const std::lock_guard lock(mutex_);
      read_.emplace(key);
      changed_.notify_all();
    }
    return base_.get(key);
  }
  Status scan(std::string_view from, std::string_view to, const Visit& visit) const override {
    return base_.scan(from, to, visit);
  }
  Status scan_reverse(std::string_view from, std::string_view to,
                      const Visit& visit) const override {
    return base_.scan_reverse(from, to, visit);
  }
  Status write(const ledger::store::Batch& batch, ledger::store::Durability durability) override {
    std::unique_lock lock(mutex_);
    ++started_;
    synced_ = synced_ && durability == ledger::store::Durability::Synced;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    if (failure_) return std::unexpected(*std::exchange(failure_, std::nullopt));
    return base_.write(batch, durability);
  }
  std::unique_ptr<Reader> snapshot() const override { return base_.snapshot(); }
  bool poisoned() const override { return base_.poisoned(); }

  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
    started_ = 0;
  }
  void wait_for_write() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return started_ > 0; });
  }
  /// Until this key was asked for.
  void wait_for_get(const std::string& key) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return read_.contains(key); });
  }
  /// How many writes began since `hold`. With a failure, the one that is held fails with it.
  int release(std::optional<Error> failure = std::nullopt) {
    const std::lock_guard lock(mutex_);
    held_ = false;
    failure_ = std::move(failure);
    changed_.notify_all();
    return started_;
  }
  int started() {
    const std::lock_guard lock(mutex_);
    return started_;
  }
  bool synced() {
    const std::lock_guard lock(mutex_);
    return synced_;
  }

 private:
  Store& base_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable std::set<std::string> read_;
  std::optional<Error> failure_;
  bool held_ = false;
  bool synced_ = true;
  int started_ = 0;
};

}  // namespace settled::tests
