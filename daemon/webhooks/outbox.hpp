#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>

#include "daemon/webhooks/delivery.pb.h"
#include "daemon/webhooks/schedule.hpp"
#include "ledger/reports.hpp"
#include "ledger/store/store.hpp"
#include "ledger/types/id.hpp"
#include "ledger/types/result.hpp"

namespace settled::daemon::webhooks {

/// The durable part, in the store's operational keyspace (`O`, then `webhooks` and a zero byte):
///
///     'c'                     -> u64   the cursor: every event up to it was offered to all
///     endpoints 'b' endpoint            -> u64   the cursor of an endpoint that had too much
///     pending and lags 'd' endpoint delivery   -> pb::Delivery
///
/// Integers are big-endian, ids 16 bytes. Deliveries and the cursor that counts them are written in
/// one batch. Written, not synced: they survive the process; a loss of power may cost the newest.
/// Errors of all: those of the store, Corrupt `corrupt_record`.
class Outbox {
 public:
  static constexpr std::size_t kEndedKept = 1'000;  ///< per endpoint, for the listing
  static constexpr int kAttemptsKept = 20;          ///< per delivery

  explicit Outbox(ledger::store::Store& store) : store_(store) {}

  /// Changes that belong together.
  class Writes {
   public:
    void put(const pb::Delivery& delivery);
    void cursor(std::uint64_t sequence);
    void lag(const EndpointId& endpoint, std::optional<std::uint64_t> sequence);
    bool empty() const { return batch_.empty(); }

   private:
    friend class Outbox;
    ledger::store::Batch batch_;
  };
  Status write(const Writes& writes);

  struct Stored {
    std::optional<std::uint64_t> cursor;  ///< nothing in a new store
    std::map<EndpointId, std::uint64_t> lags;
  };
  /// Calls `pending` for each delivery that has not ended, in the order of queueing per endpoint.
  Result<Stored> load(const std::function<void(const pb::Delivery&)>& pending);

  Result<std::optional<pb::Delivery>> find(const EndpointId& endpoint, const DeliveryId& id) const;
  /// Writes the end of a delivery and erases the oldest ended ones beyond the limit.
  Status write_ended(const pb::Delivery& delivery);
  /// Erases all of an endpoint that is no more.
  Status erase(const EndpointId& endpoint);

  Result<ledger::reports::Page<pb::Delivery>> page(
      const EndpointId& endpoint, const ledger::reports::PageRequest& request) const;

 private:
  ledger::store::Store& store_;
  std::map<EndpointId, std::deque<DeliveryId>> ended_;
};

/// Appends an attempt and forgets the oldest beyond `Outbox::kAttemptsKept`.
void record_attempt(pb::Delivery& delivery, pb::Attempt attempt);

}  // namespace settled::daemon::webhooks
