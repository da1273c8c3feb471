#include "ledger/rows.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

namespace settled::ledger {
namespace {

constexpr std::size_t kFirstSlots = 64;

std::uint32_t hash_of(std::string_view key) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(key));
}

bool by_key(const Row* a, const Row* b) {
  return a->key < b->key;
}

}  // namespace

/// The slot of the key, or the free one where it would be.
std::size_t Rows::slot_of(std::string_view key, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = hash & mask;
  while (slots_[at].row != 0 && (slots_[at].hash != hash || rows_[slots_[at].row - 1].key != key)) {
    at = (at + 1) & mask;
  }
  return at;
}

const Row* Rows::find(std::string_view key) const {
  if (rows_.empty()) return nullptr;
  const Slot slot = slots_[slot_of(key, hash_of(key))];
  return slot.row == 0 ? nullptr : &rows_[slot.row - 1];
}

void Rows::set(std::string key, std::optional<std::string> value) {
  if (slots_.size() < 2 * (rows_.size() + 1)) grow();
  const std::uint32_t hash = hash_of(key);
  Slot& slot = slots_[slot_of(key, hash)];
  if (slot.row != 0) {
    rows_[slot.row - 1].value = std::move(value);
    return;
  }
  rows_.push_back({std::move(key), std::move(value)});
  slot = {static_cast<std::uint32_t>(rows_.size()), hash};
}

void Rows::grow() {
  const std::vector<Slot> before =
      std::exchange(slots_, std::vector<Slot>(std::max(kFirstSlots, 2 * slots_.size())));
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : before) {
    if (slot.row == 0) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].row != 0) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

std::vector<const Row*> RowsInOrder::range(const Rows& rows, std::string_view from,
                                           std::string_view to) {
  if (sorted_.size() < rows.all().size()) {
    std::vector<const Row*> added;
    for (std::size_t i = sorted_.size(); i < rows.all().size(); ++i)
      added.push_back(&rows.all()[i]);
    std::ranges::sort(added, by_key);
    std::vector<const Row*> merged;
    merged.reserve(rows.all().size());
    std::ranges::merge(sorted_, added, std::back_inserter(merged), by_key);
    sorted_ = std::move(merged);
  }
  const auto first = std::ranges::lower_bound(sorted_, from, {}, &Row::key);
  std::vector<const Row*> out;
  for (auto at = first; at != sorted_.end() && (*at)->key < to; ++at) out.push_back(*at);
  return out;
}

const std::optional<std::string>* RowCache::find(std::string_view key) {
  if (const auto young = young_.find(key); young != young_.end()) return &young->second;
  const auto old = old_.find(key);
  if (old == old_.end()) return nullptr;
  if (young_.size() >= most_young_) return &old->second;
  return &young_.insert(old_.extract(old)).position->second;
}

void RowCache::set(std::string_view key, const std::optional<std::string>& value) {
  if (const auto young = young_.find(key); young != young_.end()) {
    young->second = value;
    return;
  }
  if (const auto old = old_.find(key); old != old_.end()) old_.erase(old);
  if (young_.size() >= most_young_) old_ = std::exchange(young_, {});
  young_.emplace(key, value);
}

}  // namespace settled::ledger
