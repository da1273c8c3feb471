#include "daemon/webhooks/retry.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace settled::daemon::webhooks {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestWait = std::chrono::hours{24};
constexpr std::int64_t kJitterShare = 10;  // a tenth

bool asks_to_wait(unsigned status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

milliseconds clamp_wait(milliseconds wait) {
  return std::clamp(wait, milliseconds::zero(), kLongestWait);
}

// "Sun, 06 Nov 1994 08:49:37 GMT": fixed places, so that it can be read as RFC 3339 reads.
std::optional<Time> parse_imf_fixdate(std::string_view text) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return {};
  const auto month = std::ranges::find(kMonths, text.substr(8, 3));
  if (month == kMonths.end() || text[7] != ' ' || text[11] != ' ' || text[16] != ' ') return {};
  const auto number = static_cast<std::size_t>(month - kMonths.begin() + 1);
  std::string rfc3339(text.substr(12, 4));
  rfc3339.append(number < 10 ? "-0" : "-").append(std::to_string(number)).append("-");
  rfc3339.append(text.substr(5, 2)).append("T").append(text.substr(17, 8)).append("Z");
  const auto time = parse_rfc3339(rfc3339);
  return time ? std::optional(*time) : std::nullopt;
}

}  // namespace

Outcome judge(const Result<chains::http::Response>& response, Time now) {
  Outcome outcome;
  if (!response) {
    outcome.error = response.error().reason;
    return outcome;
  }
  outcome.status_code = response->status;
  if (response->status >= 200 && response->status < 300) {
    outcome.verdict = Verdict::Delivered;
  } else if (response->status == 410) {
    outcome.verdict = Verdict::Gone;
  } else if (asks_to_wait(response->status)) {
    outcome.retry_after = parse_retry_after(response->header("retry-after"), now);
  }
  return outcome;
}

std::optional<milliseconds> parse_retry_after(std::string_view value, Time now) {
  if (value.empty()) return std::nullopt;
  if (std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; })) {
    std::uint32_t seconds = 0;
    const auto end = value.data() + value.size();
    if (std::from_chars(value.data(), end, seconds).ec != std::errc{}) return kLongestWait;
    return clamp_wait(std::chrono::seconds{seconds});
  }
  const auto date = parse_imf_fixdate(value);
  if (!date) return std::nullopt;
  return clamp_wait(*date - now);
}

std::optional<milliseconds> next_wait(std::span<const milliseconds> schedule,
                                      std::uint32_t attempts_made,
                                      std::optional<milliseconds> retry_after,
                                      std::uint32_t random) {
  INVARIANT(attempts_made > 0);
  if (attempts_made > schedule.size()) return std::nullopt;
  const milliseconds wait = schedule[attempts_made - 1];
  const std::int64_t spread = wait.count() / kJitterShare + 1;
  const milliseconds jittered = wait + milliseconds{static_cast<std::int64_t>(random) % spread};
  return std::max(jittered, retry_after.value_or(milliseconds::zero()));
}

}  // namespace settled::daemon::webhooks
