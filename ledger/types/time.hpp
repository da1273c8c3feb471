#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/types/result.hpp"

namespace settled {

/// UTC, in milliseconds since 1970.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// RFC 3339 with milliseconds and `Z`: "2026-11-21T01:37:52.123Z".
std::string to_rfc3339(Time time);
/// RFC 3339 date-time with `Z` or a numeric offset; more than milliseconds is cut off.
/// Error: Invalid `invalid_time`.
Result<Time> parse_rfc3339(std::string_view text);

inline std::int64_t to_ms(Time time) {
  return time.time_since_epoch().count();
}
inline Time from_ms(std::int64_t ms) {
  return Time{std::chrono::milliseconds{ms}};
}

/// Wall-clock time. One of the five virtual seams; tests and the simulation hold their own.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

/// The machine's clock. Thread-safe.
class SystemClock final : public Clock {
 public:
  Time now() const override;
};

}  // namespace settled
