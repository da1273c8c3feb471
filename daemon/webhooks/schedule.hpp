#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/types/id.hpp"
#include "ledger/types/time.hpp"

namespace settled::daemon::webhooks {

/// Decides which attempt starts when. Pure: time comes in, nothing goes out.
///
/// First attempts about one object start in the order in which they were added, each when the one
/// before has ended, in whatever way; retries wait for nobody and nobody waits for them. What is
/// due first goes first. An endpoint has at most `kInFlight` attempts under way, one that did not
/// answer last time `kInFlightUnanswered`, and all endpoints of one owner `kInFlightOfOwner`, so
/// that neither the dead nor one merchant use up the total.
class Schedule {
 public:
  static constexpr std::size_t kInFlight = 8;
  static constexpr std::size_t kInFlightUnanswered = 2;
  static constexpr std::size_t kInFlightOfOwner = 32;

  explicit Schedule(std::size_t max_in_flight) : max_in_flight_(max_in_flight) {}

  struct Item {
    EndpointId endpoint;
    DeliveryId id;
    std::string object;
    bool first = true;  ///< no attempt was made yet
    Time due;
    std::string event = {};  ///< raw id
    std::string owner = {};  ///< of the endpoint, always the same; empty: one without a limit
  };
  struct Start {
    EndpointId endpoint;
    DeliveryId id;
  };

  void add(Item item);

  /// The next attempt to start at `now`, counted as under way from here on.
  std::optional<Start> next(Time now);
  /// When `next` is worth asking again if nothing else happens: nothing where only the end of an
  /// attempt can help.
  std::optional<Time> next_due() const;

  /// The attempt has ended; another follows at `due`. REQUIRES: it was under way.
  void retry(const Start& start, Time due, bool answered);
  /// The attempt has ended, and the delivery with it. REQUIRES: it was under way.
  void end(const Start& start, bool answered);
  bool is_under_way(const Start& start) const;
  /// Forgets what is not under way, and returns it.
  std::vector<DeliveryId> drop(const EndpointId& endpoint);

  std::size_t pending(const EndpointId& endpoint) const;  ///< those under way among it
  /// Whether a delivery of the event to the endpoint has not ended. Looks at all that it has
  /// pending.
  bool has_pending(const EndpointId& endpoint, std::string_view event) const;
  std::size_t pending() const { return pending_; }
  std::size_t in_flight() const { return in_flight_; }
  /// When the oldest pending delivery was queued.
  std::optional<Time> oldest() const;

 private:
  struct Entry {
    std::string object;
    bool first = true;
    bool under_way = false;
    Time due;
    std::string event;
  };
  struct Endpoint {
    std::map<DeliveryId, Entry> entries;
    std::map<std::string, std::deque<DeliveryId>> lanes;  // first attempts, by object
    std::set<std::pair<Time, DeliveryId>> startable;
    std::size_t in_flight = 0;
    bool unanswered = false;
    std::string owner;
    std::optional<Time> listed;  // the key in agenda_
  };

  struct Owner {
    std::size_t in_flight = 0;
    std::set<EndpointId> endpoints;
  };

  bool owner_is_full(const Endpoint& endpoint) const;
  void count_of_owner(const Endpoint& endpoint, bool starts);
  void forget(const EndpointId& id);
  void land(Endpoint& endpoint, const DeliveryId& id, Entry& entry, bool answered);
  void list(const EndpointId& id, Endpoint& endpoint);

  std::size_t max_in_flight_;
  std::size_t in_flight_ = 0;
  std::size_t pending_ = 0;
  std::map<EndpointId, Endpoint> endpoints_;
  std::map<std::string, Owner> owners_;           // those with a name
  std::set<std::pair<Time, EndpointId>> agenda_;  // endpoints that may start something
};

}  // namespace settled::daemon::webhooks
