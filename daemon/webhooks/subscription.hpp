#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/records.pb.h"
#include "ledger/types/id.hpp"

namespace settled::daemon::webhooks {

/// Whether the event is one of those that the endpoint may hear (its merchant's, or any for a
/// platform endpoint) and has subscribed to ("*" or the exact type). Pure.
bool subscribes(const ledger::pb::Endpoint& endpoint, const ledger::pb::Event& event);

/// `subscribes`, and the event was raised while the endpoint was there and enabled. Pure.
bool hears(const ledger::pb::Endpoint& endpoint, const ledger::pb::Event& event);

/// The raw id of the object that an event is about; the event's own id where there is none.
std::string_view object_of(const ledger::pb::Event& event);

/// The endpoints as last read, found by whose events they hear.
class Subscribers {
 public:
  void put(ledger::pb::Endpoint endpoint);
  void erase(const EndpointId& id);
  const ledger::pb::Endpoint* find(const EndpointId& id) const;
  std::vector<EndpointId> ids() const;

  /// Ids of those that hear the event, in ascending order.
  std::vector<EndpointId> hearers(const ledger::pb::Event& event) const;
  /// Ids of the enabled ones that subscribe to it, whenever it was raised.
  std::vector<EndpointId> subscribed(const ledger::pb::Event& event) const;

 private:
  template <typename Match>
  std::vector<EndpointId> matching(const ledger::pb::Event& event, Match match) const;

  std::map<EndpointId, ledger::pb::Endpoint> endpoints_;
  std::map<std::string, std::vector<EndpointId>, std::less<>> by_merchant_;
};

}  // namespace settled::daemon::webhooks
