#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "chains/http/transport.hpp"
#include "ledger/records.pb.h"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::daemon::webhooks {

/// One signature of Standard Webhooks 1.0.0: `v1,` and the base 64 of HMAC-SHA256, keyed by the
/// bytes that `whsec_` stands before in base 64, over `id.timestamp.body`.
/// Error: Corrupt `bad_webhook_secret`.
Result<std::string> sign(std::string_view secret, std::string_view id, std::int64_t timestamp_s,
                         std::string_view body);

/// The POST of one attempt at `now`. While the previous secret is valid both sign, the new one
/// first. Error: as `sign`.
Result<chains::http::Request> make_request(const ledger::pb::Endpoint& endpoint,
                                           std::string_view event_id, std::string body, Time now);

}  // namespace settled::daemon::webhooks
