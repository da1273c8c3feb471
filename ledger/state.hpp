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
  /// Of one command, by key; no value means erased.
  using Changes = std::map<std::string, std::optional<std::string>, std::less<>>;

  /// `cache` spares the store the reads of rows that are asked for again and again (accounts,
  /// merchants, chains, signers). It must have been told of all that became of them, as an
  /// overlay does when its rows are taken.
  explicit Overlay(const store::Reader& base, std::shared_ptr<const Rows> in_flight = {},
                   RowCache* cache = nullptr)
      : base_(base), in_flight_(std::move(in_flight)), cache_(cache) {}

  Result<std::optional<std::string>> get(std::string_view key) const;
  void put(std::string key, std::string value);
  void erase(std::string key);
  /// Keys in [from, to) with their values, at most `limit`, ascending.
  Result<std::vector<std::pair<std::string, std::string>>> range(std::string_view from,
                                                                 std::string_view to,
                                                                 std::size_t limit) const;
  /// The row with the largest key in [from, to), if there is one.
  Result<std::optional<std::pair<std::string, std::string>>> last(std::string_view from,
                                                                  std::string_view to) const;

  /// What the current command changed so far.
  const Changes& command() const { return command_; }
  /// Makes the current command's changes part of the group, or forgets them.
  void keep();
  void discard() { command_.clear(); }

  /// Everything kept since the last call, for one atomic write.
  std::shared_ptr<const Rows> take();
  store::Batch take_batch() { return to_batch(*take()); }
  static store::Batch to_batch(const Rows& rows);
  bool empty() const { return group_.empty(); }

 private:
  Changes changed_in(std::string_view from, std::string_view to) const;

  const store::Reader& base_;
  std::shared_ptr<const Rows> in_flight_;
  RowCache* cache_;
  Rows group_;
  Changes command_;
  mutable RowsInOrder in_flight_order_;
  mutable RowsInOrder group_order_;
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
    TRY(const auto raw, overlay_.get(key));
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
  void put(std::string key, const Record& record) {
    if constexpr (requires { is_whole(record); }) whole_ = whole_ && is_whole(record);
    overlay_.put(std::move(key), record.SerializeAsString());
  }
  /// False once a record was put that would not be read again: the command must be refused.
  bool whole() const { return whole_; }
  void put_index(std::string key, std::string value = {}) {
    overlay_.put(std::move(key), std::move(value));
  }
  void erase(std::string key) { overlay_.erase(std::move(key)); }
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
