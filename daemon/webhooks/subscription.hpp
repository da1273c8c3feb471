#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/records.pb.h"
#include "ledger/store/store.hpp"
#include "ledger/types/id.hpp"
#include "ledger/types/result.hpp"

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
  struct Changes {
    std::vector<EndpointId> removed;
    std::vector<EndpointId> disabled;  ///< new or changed, and disabled
  };
  /// Brings all up to date; only those that changed are parsed. Error: Corrupt `corrupt_record`.
  Result<Changes> refresh(const ledger::store::Reader& reader);

  /// Nothing where there is none. Valid until the next `refresh`.
  const ledger::pb::Endpoint* find(const EndpointId& id) const;

  /// Those that hear the event.
  std::vector<EndpointId> hearers(const ledger::pb::Event& event) const;
  /// The enabled ones that subscribe to it, whenever it was raised.
  std::vector<EndpointId> subscribed(const ledger::pb::Event& event) const;

 private:
  struct Known {
    std::string raw;
    ledger::pb::Endpoint record;
  };
  void index();
  template <typename Match>
  std::vector<EndpointId> matching(const ledger::pb::Event& event, Match match) const;

  std::map<EndpointId, Known> endpoints_;
  std::map<std::string, std::vector<EndpointId>> by_merchant_;
};

}  // namespace settled::daemon::webhooks
