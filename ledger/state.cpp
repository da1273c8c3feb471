#include "ledger/state.hpp"

#include <algorithm>

#include "ledger/keys.hpp"

namespace settled::ledger {
namespace {

/// Tables whose rows are few and wanted by many commands, all of them changed by the book alone.
constexpr keys::Table kCached[] = {keys::Table::Account, keys::Table::Chain, keys::Table::Merchant,
                                   keys::Table::Meta, keys::Table::Signer};

bool is_cached(std::string_view key) {
  return std::ranges::any_of(
      kCached, [&](keys::Table table) { return key.starts_with(static_cast<char>(table)); });
}

}  // namespace

Result<std::optional<std::string>> Overlay::get(std::string_view key) const {
  if (const auto changed = command_.find(key); changed != command_.end()) return changed->second;
  if (const Row* row = group_.find(key)) return row->value;
  if (in_flight_) {
    if (const Row* row = in_flight_->find(key)) return row->value;
  }
  if (cache_ == nullptr || !is_cached(key)) return base_.get(key);
  if (const auto* value = cache_->find(key)) return *value;
  TRY(auto value, base_.get(key));
  cache_->set(key, value);
  return value;
}

void Overlay::put(std::string key, std::string value) {
  command_.insert_or_assign(std::move(key), std::move(value));
}

void Overlay::erase(std::string key) {
  command_.insert_or_assign(std::move(key), std::nullopt);
}

Overlay::Changes Overlay::changed_in(std::string_view from, std::string_view to) const {
  Changes out;
  if (in_flight_) {
    for (const Row* row : in_flight_order_.range(*in_flight_, from, to)) out[row->key] = row->value;
  }
  for (const Row* row : group_order_.range(group_, from, to)) out[row->key] = row->value;
  for (auto at = command_.lower_bound(from); at != command_.end() && at->first < to; ++at) {
    out[at->first] = at->second;
  }
  return out;
}

Result<std::vector<std::pair<std::string, std::string>>> Overlay::range(std::string_view from,
                                                                        std::string_view to,
                                                                        std::size_t limit) const {
  Changes changed = changed_in(from, to);
  const auto erased = static_cast<std::size_t>(
      std::ranges::count_if(changed, [](const auto& row) { return !row.second; }));

  Changes rows;
  std::size_t left = limit + erased;  // every erased key may hide one stored row
  TRY_OK(base_.scan(from, to, [&](std::string_view key, std::string_view value) {
    if (left == 0) return false;
    --left;
    rows.emplace(key, std::string(value));
    return true;
  }));
  for (auto& [key, value] : changed) rows[key] = std::move(value);

  std::vector<std::pair<std::string, std::string>> out;
  for (auto& [key, value] : rows) {
    if (out.size() == limit) break;
    if (value) out.emplace_back(key, *std::move(value));
  }
  return out;
}

Result<std::optional<std::pair<std::string, std::string>>> Overlay::last(
    std::string_view from, std::string_view to) const {
  const Changes changed = changed_in(from, to);
  std::optional<std::pair<std::string, std::string>> found;
  TRY_OK(base_.scan_reverse(from, to, [&](std::string_view key, std::string_view value) {
    if (changed.contains(key)) return true;
    found.emplace(key, value);
    return false;
  }));
  for (auto at = changed.rbegin(); at != changed.rend(); ++at) {
    if (!at->second) continue;
    if (!found || at->first > found->first) found.emplace(at->first, *at->second);
    break;
  }
  return found;
}

void Overlay::keep() {
  while (!command_.empty()) {
    auto change = command_.extract(command_.begin());
    group_.set(std::move(change.key()), std::move(change.mapped()));
  }
}

std::shared_ptr<const Rows> Overlay::take() {
  auto taken = std::make_shared<const Rows>(std::exchange(group_, {}));
  group_order_ = {};
  if (cache_ != nullptr) {
    for (const Row& row : taken->all()) {
      if (is_cached(row.key)) cache_->set(row.key, row.value);
    }
  }
  return taken;
}

store::Batch Overlay::to_batch(const Rows& rows) {
  store::Batch batch;
  batch.reserve(rows.all().size());
  for (const Row& row : rows.all()) {
    if (row.value) {
      batch.put(row.key, *row.value);
    } else {
      batch.erase(row.key);
    }
  }
  return batch;
}

IdBytes State::new_id() {
  IdSequence ids(head_.last_id().empty() ? IdBytes{} : fixed_from<IdBytes>(head_.last_id()));
  const IdBytes id = ids.next(now_, as_bytes(entropy_));
  head_.set_last_id(id.raw());
  return id;
}

Result<Amount> amount_of(std::string_view stored) {
  if (stored.empty()) return Amount{};
  return Amount::from_stored(stored);
}

}  // namespace settled::ledger
