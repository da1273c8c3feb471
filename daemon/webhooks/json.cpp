#include "daemon/webhooks/json.hpp"

#include <string>

#include <nlohmann/json.hpp>

#include "daemon/webhooks/schedule.hpp"
#include "ledger/types/id.hpp"
#include "ledger/types/time.hpp"

namespace settled::daemon::webhooks {
namespace {

std::string status_word(pb::DeliveryState state) {
  switch (state) {
    case pb::DELIVERED:
      return "delivered";
    case pb::FAILED:
      return "failed";
    default:  // protobuf adds enumerators of its own
      return "pending";
  }
}

}  // namespace

nlohmann::json to_json(const pb::Delivery& delivery) {
  nlohmann::json attempts = nlohmann::json::array();
  for (const pb::Attempt& attempt : delivery.attempts()) {
    nlohmann::json one = {
        {"at", to_rfc3339(from_ms(attempt.at()))}, {"status_code", nullptr}, {"error", nullptr}};
    if (attempt.status_code() != 0) one["status_code"] = attempt.status_code();
    if (!attempt.error().empty()) one["error"] = attempt.error();
    attempts.push_back(std::move(one));
  }
  const auto id = DeliveryId::from_raw(delivery.id());
  nlohmann::json out = {{"object", "delivery"},
                        {"id", id.to_string()},
                        {"created", to_rfc3339(id.created())},
                        {"event", EventId::from_raw(delivery.event()).to_string()},
                        {"event_type", delivery.event_type()},
                        {"status", status_word(delivery.state())},
                        {"attempt_count", delivery.attempts_made()},
                        {"attempts", std::move(attempts)},
                        {"next_attempt_at", nullptr}};
  if (delivery.state() == pb::PENDING) {
    out["next_attempt_at"] = to_rfc3339(from_ms(delivery.next_attempt()));
  }
  return out;
}

}  // namespace settled::daemon::webhooks
