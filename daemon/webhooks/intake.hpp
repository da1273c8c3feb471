#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "daemon/webhooks/outbox.hpp"
#include "daemon/webhooks/schedule.hpp"
#include "daemon/webhooks/subscription.hpp"
#include "ledger/book.hpp"
#include "ledger/records.pb.h"
#include "ledger/store/store.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/id.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::daemon::webhooks {

/// What queueing an event anew came to.
struct Redelivery {
  std::size_t queued = 0;
  std::size_t pending = 0;          ///< endpoints that it is already on its way to
  std::vector<EndpointId> skipped;  ///< those with too much pending
};

/// Adds to the batch that queues a redelivery what is to be known of it.
using NoteRedelivery = std::function<void(ledger::store::Batch&, const Redelivery&)>;

/// Turns committed events into deliveries: durable in the outbox first, then in the schedule.
/// No I/O but the store's, no coroutine. Errors of all: those of the store and of its records.
class Intake {
 public:
  /// Events taken at a time.
  static constexpr std::size_t kChunk = 256;
  static constexpr std::size_t kMaxPending = 10'000;

  /// `max_pending`: deliveries of one endpoint. Events beyond wait in the event log until half of
  /// them have ended: the endpoint lags, nothing is lost and memory is bounded.
  Intake(const ledger::Book& book, Outbox& outbox, Schedule& schedule, const Clock& clock,
         Random& random, std::size_t max_pending = kMaxPending);

  /// Takes up what an earlier process left. Callable once, first.
  Status load();
  /// Queues what has been committed and not been queued, at most a chunk for the endpoints that
  /// are up to date and one for each that lags. True if there is more.
  Result<bool> take();

  /// Queues an event anew to the enabled endpoints that subscribe to it: a merchant's (raw id), or
  /// where none is named all that may hear it. Error: Unavailable `not_ready`, and then none was
  /// queued and nothing noted.
  Result<Redelivery> redeliver(const ledger::pb::Event& event, const std::string& merchant,
                               const NoteRedelivery& note = {});

  /// Whether there is such an endpoint, as far as is known.
  bool knows(const EndpointId& endpoint) const { return subscribers_.find(endpoint) != nullptr; }

 private:
  struct Additions {
    Outbox::Writes writes;
    std::vector<Schedule::Item> items;
    std::map<EndpointId, std::size_t> counts;
  };
  Status refresh(const ledger::store::Reader& snapshot);
  Status follow(const Subscribers::Changes& changes);
  /// Gives up what is pending and not under way, with `reason` as the error.
  Status drop(const EndpointId& endpoint, const std::string& reason);
  Result<bool> take_events(const ledger::store::Reader& snapshot);
  Result<bool> catch_up(const ledger::store::Reader& snapshot, const EndpointId& endpoint);
  bool is_full(const EndpointId& endpoint, const Additions& additions) const;
  void queue(const EndpointId& endpoint, const ledger::pb::Event& event, Additions& additions);
  Status commit(Additions additions);

  const ledger::Book& book_;
  Outbox& outbox_;
  Schedule& schedule_;
  const Clock& clock_;
  Random& random_;
  std::size_t max_pending_;

  Subscribers subscribers_;
  IdSequence ids_;
  std::uint64_t cursor_ = 0;
  std::map<EndpointId, std::uint64_t> lags_;
  std::uint64_t seen_ = 0;  // the book's sequence that was looked at last
  bool loaded_ = false;
};

}  // namespace settled::daemon::webhooks
