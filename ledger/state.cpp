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
  std::string room;
  TRY(const auto value, view(key, room));
  if (!value) return std::nullopt;
  if (value->data() == room.data()) return room;
  return std::string(*value);
}

Result<std::optional<std::string_view>> Overlay::view(std::string_view key,
                                                      std::string& room) const {
  if (const Row* row = command_.find(key)) return row->value;
  if (const Row* row = group_->rows.find(key)) return row->value;
  if (in_flight_) {
    if (const Row* row = in_flight_->rows.find(key)) return row->value;
  }
  const bool cached = cache_ != nullptr && is_cached(key);
  if (cached) {
    if (const auto* value = cache_->find(key)) return *value;
  }
  TRY(auto value, base_.get(key));
  if (cached) cache_->set(key, value);
  if (!value) return std::nullopt;
  room = *std::move(value);
  return room;
}

void Overlay::put(std::string_view key, std::string_view value) {
  value.copy(put(key, value.size()), value.size());
}

char* Overlay::put(std::string_view key, std::size_t size) {
  char* at = group_->bytes.room(size);
  command_.set({group_->bytes.copy(key), std::string_view(at, size)});
  return at;
}

void Overlay::erase(std::string_view key) {
  command_.set({group_->bytes.copy(key), std::nullopt});
}

Overlay::Changes Overlay::changed_in(std::string_view from, std::string_view to) const {
  Changes out;
  const auto add = [&](RowsInOrder& order, const Rows& rows) {
    for (const Row& row : order.range(rows, from, to)) out[row.key] = row.value;
  };
  if (in_flight_) add(in_flight_order_, in_flight_->rows);
  add(group_order_, group_->rows);
  add(command_order_, command_);
  return out;
}

Result<std::vector<std::pair<std::string, std::string>>> Overlay::range(std::string_view from,
                                                                        std::string_view to,
                                                                        std::size_t limit) const {
  const Changes changed = changed_in(from, to);
  const auto erased = static_cast<std::size_t>(
      std::ranges::count_if(changed, [](const auto& row) { return !row.second; }));

  std::map<std::string, std::optional<std::string>> rows;
  std::size_t left = limit + erased;  // every erased key may hide one stored row
  TRY_OK(base_.scan(from, to, [&](std::string_view key, std::string_view value) {
    if (left == 0) return false;
    --left;
    rows.emplace(key, std::string(value));
    return true;
  }));
  for (const auto& [key, value] : changed) rows[std::string(key)] = value;

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
  for (const Row& row : command_.all()) group_->rows.set(row);
  discard();
}

void Overlay::discard() {
  command_.clear();
  command_order_.clear();
}

std::shared_ptr<const OwnRows> Overlay::take() {
  const auto taken = std::exchange(group_, std::make_shared<OwnRows>());
  group_order_.clear();
  if (cache_ != nullptr) {
    for (const Row& row : taken->rows.all()) {
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
