#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "chains/http/look_ups.hpp"
#include "chains/http/task.hpp"
#include "chains/http/transport.hpp"
#include "daemon/async/signal.hpp"
#include "daemon/webhooks/delivery.pb.h"
#include "daemon/webhooks/intake.hpp"
#include "daemon/webhooks/outbox.hpp"
#include "daemon/webhooks/retry.hpp"
#include "daemon/webhooks/schedule.hpp"
#include "ledger/book.hpp"
#include "ledger/reports.hpp"
#include "ledger/store/store.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/id.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::daemon::webhooks {

using chains::http::Task;

struct Settings {
  bool allow_private_networks = false;
  std::chrono::milliseconds timeout{15'000};
  /// Waits before the second, third, ... attempt; after the last one a delivery is `failed`.
  std::vector<std::chrono::milliseconds> retry_schedule;
  std::size_t max_in_flight = 512;  ///< over all endpoints
  /// Looks up the names that merchants give. Not set: every name is taken, and what protects is the
  /// transport's filter alone.
  std::shared_ptr<chains::http::LookUps> look_ups = {};
};

struct Health {
  std::size_t pending = 0;                                 ///< deliveries that have not ended
  std::size_t in_flight = 0;                               ///< attempts under way
  std::optional<std::chrono::seconds> oldest_undelivered;  ///< nothing while nothing is pending
};

/// Since the start of the process, for metrics.
struct Counters {
  std::uint64_t attempts = 0;
  std::uint64_t delivered = 0;  ///< deliveries that ended well
  std::uint64_t retries = 0;    ///< attempts that failed and are followed by another
  std::uint64_t failed = 0;     ///< deliveries given up, those of gone endpoints among them
};

/// Delivers events to webhook endpoints by Standard Webhooks 1.0.0, at least once each.
///
/// Events come from the book's event log. A delivery is durable, in the operational keyspace,
/// before its first byte leaves, and survives the death of the process. Everything is called on the
/// executor's one thread; book, store, transport, clock and random outlive the executor's work.
///
/// The transport connects wherever it is told: unless private networks are allowed it must be a
/// `chains::http::Client` of its own whose `address_filter` is `require_public`. Its
/// `max_connections_per_origin` should be at least `max_in_flight`, lest one hanging path of a host
/// hold up its others.
class Deliverer {
 public:
  /// The event's JSON, the same bytes each time it is asked.
  using Body = std::function<std::string(const ledger::pb::Event&)>;

  Deliverer(boost::asio::any_io_executor executor, ledger::Book& book, ledger::store::Store& store,
            chains::http::Transport& transport, const Clock& clock, Random& random,
            Settings settings, Body body);
  ~Deliverer();
  Deliverer(const Deliverer&) = delete;
  Deliverer& operator=(const Deliverer&) = delete;

  /// Goes on where the store says, until `drain`. Returns early only with an error of the store or
  /// of a record in it: the process must stop then. Callable once.
  Task<Status> run();

  /// There may be new events: call it after each commit. Costs nothing, and several are one.
  void wake() { signal_.ring(); }

  /// Starts no further attempt, waits for those under way, cancels what is not done by `deadline`.
  /// What was canceled stays pending. `run` returns too.
  Task<void> drain(std::chrono::milliseconds deadline);

  /// Whether an endpoint may have this URL, by its text and by the addresses that its name has now.
  /// A name that does not resolve now is accepted: every connect is checked again.
  /// Error: Rejected `forbidden_url`, param `url`.
  Task<Status> check_url(std::string url);

  /// Newest first. Cursors are raw ids (`DeliveryId::raw`). `to_json` renders one.
  Result<ledger::reports::Page<pb::Delivery>> deliveries(
      const EndpointId& endpoint, const ledger::reports::PageRequest& page) const;

  /// Queues an event anew, with the same webhook-id, to the enabled endpoints that subscribe to it:
  /// a merchant's (raw id), or where it is empty all that may hear it. An endpoint that the event
  /// is already on its way to gets it once. Errors: Unavailable `not_ready` (before `run`), and
  /// then none was queued; those of the store. `note` is called before that, and what it adds is
  /// there if and only if the deliveries are.
  Result<Redelivery> redeliver(const ledger::pb::Event& event, const std::string& merchant,
                               const NoteRedelivery& note = {});

  Health health() const;
  const Counters& counters() const { return counters_; }

 private:
  struct Flight;

  void start_due();
  void launch(Schedule::Start start);
  Task<Status> attempt(Schedule::Start start);
  Result<chains::http::Request> request_for(const ledger::pb::Endpoint& endpoint,
                                            const pb::Delivery& delivery, Time now) const;
  Task<Result<chains::http::Response>> post(ledger::pb::Endpoint endpoint, pb::Delivery delivery,
                                            Time now);
  Task<Status> finish(Schedule::Start start, pb::Delivery delivery, std::string url,
                      Outcome outcome);
  Status postpone(const Schedule::Start& start, const Error& why);
  Status retry(const Schedule::Start& start, pb::Delivery delivery, const Outcome& outcome,
               std::chrono::milliseconds wait);
  Status end(const Schedule::Start& start, pb::Delivery delivery, bool answered);
  Task<Status> disable(EndpointId endpoint, std::string url);
  std::chrono::milliseconds until_next() const;

  boost::asio::any_io_executor executor_;
  ledger::Book& book_;
  chains::http::Transport& transport_;
  const Clock& clock_;
  Random& random_;
  Settings settings_;
  Body body_;

  Outbox outbox_;
  Schedule schedule_;
  Intake intake_;
  std::set<EndpointId> disabling_;
  Signal signal_;  // something to take in or to start
  Signal landed_;  // an attempt has ended; `drain` waits for it
  std::list<std::shared_ptr<Flight>> flights_;
  Counters counters_;
  Status failure_;  // of an attempt; ends `run`
  bool draining_ = false;
};

}  // namespace settled::daemon::webhooks
