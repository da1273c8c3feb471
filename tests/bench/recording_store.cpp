#include "tests/bench/recording_store.hpp"

#include <utility>

#include "ledger/keys.hpp"

namespace settled::bench {

Recording RecordingStore::take_recording() {
  Recording taken = std::exchange(recording_, std::nullopt).value_or(Recording{});
  for (const ledger::store::Batch& batch : taken.batches) {
    taken.operations += batch.size();
    taken.bytes += batch.bytes();
    for (const auto& [key, value] : batch.operations()) {
      if (key.front() == static_cast<char>(ledger::keys::Table::Log)) ++taken.commands;
    }
  }
  return taken;
}

Status RecordingStore::write(const ledger::store::Batch& batch,
                             ledger::store::Durability durability) {
  if (recording_) recording_->batches.push_back(batch);
  return store_->write(batch, durability);
}

}  // namespace settled::bench
