#pragma once

#include <nlohmann/json_fwd.hpp>

#include "daemon/webhooks/delivery.pb.h"

namespace settled::daemon::webhooks {

/// `{object:"delivery", id, created, event, event_type, status: "pending"|"delivered"|"failed",
/// attempts:[{at, status_code|null, error|null}], attempt_count, next_attempt_at|null}`; `attempts`
/// holds the newest of them, oldest first.
nlohmann::json to_json(const pb::Delivery& delivery);

}  // namespace settled::daemon::webhooks
