#include "ledger/rows.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>
#include <utility>

namespace settled::ledger {
namespace {

constexpr std::size_t kFirstSlots = 64;

std::uint32_t hash_of(std::string_view key) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(key));
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

void Rows::set(const Row& row) {
  if (slots_.size() < 2 * (rows_.size() + 1)) grow();
  const std::uint32_t hash = hash_of(row.key);
  Slot& slot = slots_[slot_of(row.key, hash)];
  if (slot.row != 0) {
    rows_[slot.row - 1].value = row.value;
    return;
  }
  rows_.push_back(row);
  slot = {static_cast<std::uint32_t>(rows_.size()), hash};
}

void Rows::clear() {
  if (rows_.empty()) return;
  // One command of many rows shall not make all later ones wipe its slots.
  slots_.assign(std::min(slots_.size(), kFirstSlots), Slot{});
  rows_.clear();
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

const std::vector<std::uint32_t>& RowsInOrder::all(const Rows& rows) {
  if (sorted_.size() == rows.all().size()) return sorted_;
  const auto key = [&](std::uint32_t at) { return rows.all()[at].key; };
  std::vector<std::uint32_t> before = std::move(sorted_);
  std::vector<std::uint32_t> added(rows.all().size() - before.size());
  std::iota(added.begin(), added.end(), static_cast<std::uint32_t>(before.size()));
  std::ranges::sort(added, {}, key);
  sorted_.clear();
  if (before.empty()) {
    sorted_ = std::move(added);
  } else {
    sorted_.reserve(rows.all().size());
    std::ranges::merge(before, added, std::back_inserter(sorted_), {}, key, key);
  }
  return sorted_;
}

std::vector<Row> RowsInOrder::range(const Rows& rows, std::string_view from, std::string_view to) {
  const auto key = [&](std::uint32_t at) { return rows.all()[at].key; };
  const auto first = std::ranges::lower_bound(all(rows), from, {}, key);
  std::vector<Row> out;
  for (auto at = first; at != sorted_.end() && key(*at) < to; ++at) out.push_back(rows.all()[*at]);
  return out;
}

const std::optional<std::string>* RowCache::find(std::string_view key) {
  if (const auto young = young_.find(key); young != young_.end()) return &young->second;
  const auto old = old_.find(key);
  if (old == old_.end()) return nullptr;
  if (young_.size() >= most_young_) return &old->second;
  return &young_.insert(old_.extract(old)).position->second;
}

void RowCache::set(std::string_view key, std::optional<std::string_view> value) {
  const auto put = [&](std::optional<std::string>& into) {
    if (!value) {
      into.reset();
    } else if (into) {
      into->assign(*value);
    } else {
      into.emplace(*value);
    }
  };
  if (const auto young = young_.find(key); young != young_.end()) return put(young->second);
  if (young_.size() >= most_young_) old_ = std::exchange(young_, {});
  if (const auto old = old_.find(key); old != old_.end()) {
    return put(young_.insert(old_.extract(old)).position->second);
  }
  put(young_[std::string(key)]);
}

}  // namespace settled::ledger
