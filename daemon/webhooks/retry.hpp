#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "chains/http/transport.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::daemon::webhooks {

enum class Verdict {
  Delivered,  ///< 2xx
  Gone,       ///< 410: the receiver wants nothing more
  Failed,     ///< anything else, redirects among it
};

/// What one attempt came to.
struct Outcome {
  Verdict verdict = Verdict::Failed;
  unsigned status_code = 0;  ///< 0: no answer
  std::string error;         ///< the transport's reason word, where there was no answer
  std::optional<std::chrono::milliseconds> retry_after;  ///< of a 429, 502, 503 or 504
  bool answered() const { return status_code != 0; }
};

/// Pure. `now`: for a Retry-After that is a date.
Outcome judge(const Result<chains::http::Response>& response, Time now);

/// Delay-seconds or an IMF-fixdate (RFC 9110 sections 10.2.3 and 5.6.7), at most a day, at least
/// nothing. Nothing where it is neither.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view value, Time now);

/// The wait before the next attempt: the schedule's, lengthened by up to 10 %, and not less than
/// the receiver asked for. Nothing when `attempts_made` used the schedule up. Pure; `random` is
/// uniform.
std::optional<std::chrono::milliseconds> next_wait(
    std::span<const std::chrono::milliseconds> schedule, std::uint32_t attempts_made,
    std::optional<std::chrono::milliseconds> retry_after, std::uint32_t random);

}  // namespace settled::daemon::webhooks
