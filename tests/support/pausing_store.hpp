#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ledger/store/store.hpp"

namespace settled::tests {

/// A store of whose snapshots one scan waits behind its first row, for as long as it is told to.
class PausingStore final : public ledger::store::Store {
 public:
  explicit PausingStore(Store& base) : base_(base) {}

  /// From here on.
  void pause() { set(true); }
  void resume() { set(false); }
  /// Until a scan waits. False if none does within a minute.
  bool until_paused() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kLongest, [this] { return waiting_ > 0; });
  }

  Result<std::optional<std::string>> get(std::string_view key) const override {
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
    return base_.write(batch, durability);
  }
  std::unique_ptr<Reader> snapshot() const override {
    return std::make_unique<Moment>(base_.snapshot(), *this);
  }
  bool poisoned() const override { return base_.poisoned(); }

 private:
  static constexpr std::chrono::minutes kLongest{1};

  class Moment final : public Reader {
   public:
    Moment(std::unique_ptr<Reader> base, const PausingStore& store)
        : base_(std::move(base)), store_(store) {}
    Result<std::optional<std::string>> get(std::string_view key) const override {
      return base_->get(key);
    }
    Status scan(std::string_view from, std::string_view to, const Visit& visit) const override {
      return base_->scan(from, to, [&](std::string_view key, std::string_view value) {
        const bool more = visit(key, value);
        store_.wait();
        return more;
      });
    }
    Status scan_reverse(std::string_view from, std::string_view to,
                        const Visit& visit) const override {
      return base_->scan_reverse(from, to, visit);
    }

   private:
    const std::unique_ptr<Reader> base_;
    const PausingStore& store_;
  };

  void set(bool paused) {
    const std::lock_guard lock(mutex_);
    paused_ = paused;
    changed_.notify_all();
  }
  /// Who would wait for ever, since the thread that resumes is this one, goes on in the end, and
  /// the test finds what it wanted to have waited done.
  void wait() const {
    std::unique_lock lock(mutex_);
    if (!paused_ || waiting_ > 0) return;
    ++waiting_;
    changed_.notify_all();
    changed_.wait_for(lock, kLongest, [this] { return !paused_; });
    --waiting_;
  }

  Store& base_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable int waiting_ = 0;
  bool paused_ = false;
};

}  // namespace settled::tests
