#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "ledger/store/store.hpp"

namespace settled::bench {

/// The batches that a book wrote, and how many commands they carry.
struct Recording {
  std::vector<ledger::store::Batch> batches;
  std::size_t commands = 0;
  std::size_t operations = 0;
  std::size_t bytes = 0;  ///< keys and values
};

/// A store that can keep copies of what is written to it, so that the same bytes in the same groups
/// can be written to a bare store: what the book costs on top is the difference.
class RecordingStore final : public ledger::store::Store {
 public:
  explicit RecordingStore(std::unique_ptr<ledger::store::Store> store) : store_(std::move(store)) {}

  /// To be called while nothing is being written.
  void record() { recording_.emplace(); }
  Recording take_recording();

  Result<std::optional<std::string>> get(std::string_view key) const override {
    return store_->get(key);
  }
  Status scan(std::string_view from, std::string_view to, const Visit& visit) const override {
    return store_->scan(from, to, visit);
  }
  Status scan_reverse(std::string_view from, std::string_view to,
                      const Visit& visit) const override {
    return store_->scan_reverse(from, to, visit);
  }
  Status write(const ledger::store::Batch& batch, ledger::store::Durability durability) override;
  std::unique_ptr<Reader> snapshot() const override { return store_->snapshot(); }
  bool poisoned() const override { return store_->poisoned(); }

 private:
  std::unique_ptr<ledger::store::Store> store_;
  std::optional<Recording> recording_;
};

}  // namespace settled::bench
