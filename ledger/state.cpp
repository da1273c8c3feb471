#include "ledger/state.hpp"

#include <algorithm>

namespace settled::ledger {
namespace {

const std::optional<std::string>* lookup(const Overlay::Changes& changes, std::string_view key) {
  const auto found = changes.find(key);
  return found == changes.end() ? nullptr : &found->second;
}

void overlay_onto(Overlay::Changes& rows, const Overlay::Changes& changes, std::string_view from,
                  std::string_view to) {
  for (auto at = changes.lower_bound(from); at != changes.end() && at->first < to; ++at) {
    rows[at->first] = at->second;
  }
}

}  // namespace

Result<std::optional<std::string>> Overlay::get(std::string_view key) const {
  if (const auto* value = lookup(command_, key)) return *value;
  if (const auto* value = lookup(group_, key)) return *value;
  if (in_flight_) {
    if (const auto* value = lookup(*in_flight_, key)) return *value;
  }
  return base_.get(key);
}

void Overlay::put(std::string key, std::string value) {
  command_.insert_or_assign(std::move(key), std::move(value));
}

void Overlay::erase(std::string key) {
  command_.insert_or_assign(std::move(key), std::nullopt);
}

Result<std::vector<std::pair<std::string, std::string>>> Overlay::range(std::string_view from,
                                                                        std::string_view to,
                                                                        std::size_t limit) const {
  Changes changed;
  if (in_flight_) overlay_onto(changed, *in_flight_, from, to);
  overlay_onto(changed, group_, from, to);
  overlay_onto(changed, command_, from, to);
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
  Changes changed;
  if (in_flight_) overlay_onto(changed, *in_flight_, from, to);
  overlay_onto(changed, group_, from, to);
  overlay_onto(changed, command_, from, to);
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
  group_.merge(command_);
  // What could not move has its key in the group already.
  for (auto& [key, value] : command_) group_.find(key)->second = std::move(value);
  command_.clear();
}

std::shared_ptr<const Overlay::Changes> Overlay::take() {
  return std::make_shared<const Changes>(std::exchange(group_, {}));
}

store::Batch Overlay::to_batch(const Changes& changes) {
  store::Batch batch;
  batch.reserve(changes.size());
  for (const auto& [key, value] : changes) {
    if (value) {
      batch.put(key, *value);
    } else {
      batch.erase(key);
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
