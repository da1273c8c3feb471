#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/record_form.hpp"
#include "ledger/records.pb.h"
#include "ledger/rows.hpp"
#include "ledger/store/store.hpp"
#include "ledger/types/amount.hpp"
#include "ledger/types/id.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::ledger {

/// Reads and parses one stored record. Error: Corrupt `corrupt_record`.
template <typename Record>
Result<std::optional<Record>> read_record(const store::Reader& reader, std::string_view key) {
  TRY(const auto raw, reader.get(key));
  if (!raw) return std::optional<Record>{};
  TRY(auto record, parse_record<Record>(*raw));
  return std::optional<Record>(std::move(record));
}

/// Changes that are not in the store yet, over the store: what a group of commands sees before its
/// commit. Three layers: the current command's, those of the group, and those of the group before,
/// which is on its way to the store and changes no more. Ranges can be read through it. Not
/// thread-safe; what was taken from it may be read by any thread.
class Overlay {
 public:
  /// `cache` spares the store the reads of rows that are asked for again and again (accounts,
  /// merchants, chains, signers). It must have been told of all that became of them, as an
  /// overlay does when its rows are taken.
  explicit Overlay(const store::Reader& base, std::shared_ptr<const OwnRows> in_flight = {},
                   RowCache* cache = nullptr)
      : base_(base), in_flight_(std::move(in_flight)), cache_(cache) {}

  Result<std::optional<std::string>> get(std::string_view key) const;
  /// The same without a copy, where there need be none: what is in the store is read into `room`.
  /// The view lives until the overlay changes, or another row is asked for.
  Result<std::optional<std::string_view>> view(std::string_view key, std::string& room) const;

  void put(std::string_view key, std::string_view value);
  /// Room for a value of so many bytes, to be written before anything else is asked of the overlay.
  char* put(std::string_view key, std::size_t size);
  void erase(std::string_view key);
  /// Keys in [from, to) with their values, at most `limit`, ascending.
  Result<std::vector<std::pair<std::string, std::string>>> range(std::string_view from,
                                                                 std::string_view to,
                                                                 std::size_t limit) const;
  /// The row with the largest key in [from, to), if there is one.
  Result<std::optional<std::pair<std::string, std::string>>> last(std::string_view from,
                                                                  std::string_view to) const;

  /// Calls `visit(row)` for what the current command changed so far, in the order of the keys.
  template <typename Visit>
  void for_each_of_command(Visit visit) const {
    for (const std::uint32_t at : command_order_.all(command_)) visit(command_.all()[at]);
  }
  /// Makes the current command's changes part of the group, or forgets them.
  void keep();
  void discard();

  /// Everything kept since the last call, for one atomic write.
  std::shared_ptr<const OwnRows> take();
  store::Batch take_batch() { return to_batch(take()->rows); }
  static store::Batch to_batch(const Rows& rows);
  bool empty() const { return group_->rows.empty(); }

 private:
  using Changes = std::map<std::string_view, std::optional<std::string_view>>;
  Changes changed_in(std::string_view from, std::string_view to) const;

  const store::Reader& base_;
  std::shared_ptr<const OwnRows> in_flight_;
  RowCache* cache_;
  std::shared_ptr<OwnRows> group_ = std::make_shared<OwnRows>();
  Rows command_;  // their bytes lie with the group's
  mutable RowsInOrder in_flight_order_;
  mutable RowsInOrder group_order_;
  mutable RowsInOrder command_order_;
};

/// What one command works on: typed access to the overlay, and the command's own time and ids.
class State {
 public:
  State(Overlay& overlay, pb::Head& head, Time now, std::string_view entropy, std::uint32_t rules)
      : overlay_(overlay), head_(head), now_(now), entropy_(entropy), rules_(rules) {}

  Time now() const { return now_; }
  /// Under which rules the command was logged: what was decided otherwise before stays so.
  std::uint32_t rules() const { return rules_; }
  pb::Head& head() { return head_; }
  IdBytes new_id();

  template <typename Record>
  Result<std::optional<Record>> find(std::string_view key) const {
    std::string room;
    TRY(const auto raw, overlay_.view(key, room));
    if (!raw) return std::optional<Record>{};
    TRY(auto record, parse_record<Record>(*raw));
    return std::optional<Record>(std::move(record));
  }
  /// As `find`, with absence as NotFound `not_found`.
  template <typename Record>
  Result<Record> get(std::string_view key) const {
    TRY(auto record, find<Record>(key));
    if (!record) return fail(Errc::NotFound, "not_found", "no such object");
    return *std::move(record);
  }
  template <typename Record>
  void put(std::string_view key, const Record& record) {
    if constexpr (requires { is_whole(record); }) whole_ = whole_ && is_whole(record);
    char* at = overlay_.put(key, record.ByteSizeLong());
    record.SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(at));
  }
  /// False once a record was put that would not be read again: the command must be refused.
  bool whole() const { return whole_; }
  void put_index(std::string_view key, std::string_view value = {}) { overlay_.put(key, value); }
  void erase(std::string_view key) { overlay_.erase(key); }
  Result<std::optional<std::string>> index(std::string_view key) const { return overlay_.get(key); }
  Result<std::vector<std::pair<std::string, std::string>>> range(std::string_view from,
                                                                 std::string_view to,
                                                                 std::size_t limit) const {
    return overlay_.range(from, to, limit);
  }
  Result<std::optional<std::pair<std::string, std::string>>> last(std::string_view from,
                                                                  std::string_view to) const {
    return overlay_.last(from, to);
  }

 private:
  Overlay& overlay_;
  pb::Head& head_;
  Time now_;
  std::string_view entropy_;
  std::uint32_t rules_;
  bool whole_ = true;
};

/// An amount in a record of ours; an empty field is zero. Error: Corrupt.
Result<Amount> amount_of(std::string_view stored);

}  // namespace settled::ledger
