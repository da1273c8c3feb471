#include "daemon/webhooks/delivery_form.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "ledger/types/id.hpp"

namespace settled::daemon::webhooks::pb {
namespace {

/// Far beyond what a clock and a schedule come to, far below what can wrap.
constexpr std::int64_t kTimes = std::int64_t{1} << 60U;

bool is_time(std::int64_t ms) {
  return ms > -kTimes && ms < kTimes;
}

bool is_id(const std::string& bytes) {
  return bytes.size() == IdBytes::kSize;
}

}  // namespace

bool is_whole(const Delivery& record) {
  return is_id(record.id()) && is_id(record.endpoint()) && is_id(record.event()) &&
         DeliveryState_IsValid(record.state()) && is_time(record.next_attempt()) &&
         record.attempts_made() < std::numeric_limits<std::uint32_t>::max() &&
         std::ranges::all_of(
             record.attempts(), [](const Attempt& attempt) { return is_time(attempt.at()); });
}

}  // namespace settled::daemon::webhooks::pb
