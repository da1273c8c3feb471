#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "daemon/webhooks/delivery.pb.h"
#include "daemon/webhooks/schedule.hpp"
#include "ledger/reports.hpp"
#include "ledger/store/store.hpp"
#include "ledger/types/id.hpp"
#include "ledger/types/result.hpp"

namespace settled::daemon::webhooks {

/// The durable part, in the store's operational keyspace (`O`, then `webhooks` and a zero byte):
///
///     'c'                    -> u64  the cursor: every event up to it was offered to all endpoints
///     'l' endpoint           -> u64  the cursor of an endpoint that had too much pending and lags
///     'd' endpoint delivery  -> pb::Delivery
///
/// Integers are big-endian, ids 16 bytes. Deliveries and the cursor that counts them are written in
/// one batch. Written, not synced: they survive the process; a loss of power may cost the newest.
/// Errors of all: those of the store, Corrupt `corrupt_record`.
class Outbox {
 public:
  static constexpr std::size_t kEndedKept = 1'000;  ///< per endpoint, for the listing
  static constexpr int kAttemptsKept = 20;          ///< per delivery

  explicit Outbox(ledger::store::Store& store) : store_(store) {}

  struct Stored {
    std::uint64_t cursor = 0;
    std::map<EndpointId, std::uint64_t> lags;
    std::set<EndpointId> endpoints;  ///< all that have deliveries
    IdBytes newest{};                ///< the largest delivery id
  };
  /// Calls `pending` for each delivery that has not ended, per endpoint in the order of queueing.
  /// Callable once, before everything else.
  Result<Stored> load(const std::function<void(const pb::Delivery&)>& pending);

  /// Changes that belong together. Nothing of them is read back before `write`.
  class Writes {
   public:
    void put(const pb::Delivery& delivery);
    void cursor(std::uint64_t sequence);
    /// Nothing: the endpoint does not lag.
    void lag(const EndpointId& endpoint, std::optional<std::uint64_t> sequence);
    /// For rows of another module that are to be there if and only if these changes are.
    ledger::store::Batch& batch() { return batch_; }

   private:
    friend class Outbox;
    ledger::store::Batch batch_;
  };
  /// Puts a delivery that has ended, and erases the oldest ended ones beyond the limit.
  void put_ended(Writes& writes, const pb::Delivery& delivery);
  Status write(const Writes& writes) {
    return store_.write(writes.batch_, ledger::store::Durability::Written);
  }
  /// Erases all of an endpoint that is no more.
  Status erase(const EndpointId& endpoint);

  Result<std::optional<pb::Delivery>> find(const EndpointId& endpoint, const DeliveryId& id) const;
  /// Newest first. Error too: Invalid `invalid_cursor` where the cursor is no delivery of the
  /// endpoint, or one that was erased since.
  Result<ledger::reports::Page<pb::Delivery>> page(
      const EndpointId& endpoint, const ledger::reports::PageRequest& request) const;

 private:
  ledger::store::Store& store_;
  std::map<EndpointId, std::deque<DeliveryId>> ended_;
};

/// What becomes of a row of the operational keyspace in books that were repaired, and may have lost
/// the end of their log: `head` and `books` are theirs. The cursors come back to the last event
/// that there is, since the next one gets the number of one that is gone; a delivery of an event or
/// to an endpoint that is no more goes, and so does what cannot be read. Nothing is said of other
/// modules' rows: they stay.
Result<std::optional<std::string>> refit(std::string_view key, std::string_view value,
                                         const ledger::pb::Head& head,
                                         const ledger::store::Reader& books);

/// Appends an attempt and forgets the oldest beyond `Outbox::kAttemptsKept`.
void record_attempt(pb::Delivery& delivery, pb::Attempt attempt);

}  // namespace settled::daemon::webhooks
