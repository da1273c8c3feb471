#include "daemon/webhooks/retry.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace settled::daemon::webhooks {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

Outcome judged(unsigned status, std::string retry_after = {}) {
  chains::http::Response response{.status = status, .headers = {}, .body = {}};
  if (!retry_after.empty()) response.headers.emplace_back("retry-after", std::move(retry_after));
  return judge(response, Time{});
}

}  // namespace

TEST_CASE("Only 2xx is delivered, only 410 is gone, a redirect failed") {
  for (const unsigned status : {200U, 201U, 202U, 204U, 299U}) {
    CHECK(judged(status).verdict == Verdict::Delivered);
  }
  CHECK(judged(410).verdict == Verdict::Gone);
  for (const unsigned status : {199U, 301U, 302U, 307U, 308U, 400U, 404U, 429U, 500U, 503U}) {
    CHECK(judged(status).verdict == Verdict::Failed);
    CHECK(judged(status).status_code == status);
  }
}

TEST_CASE("Without an answer the transport's reason is kept") {
  const auto outcome = judge(fail(Errc::Timeout, "timeout", "too slow"), Time{});
  CHECK(outcome.verdict == Verdict::Failed);
  CHECK_FALSE(outcome.answered());
  CHECK(outcome.error == "timeout");
}

TEST_CASE("Retry-After counts with 429, 502, 503 and 504 alone") {
  for (const unsigned status : {429U, 502U, 503U, 504U}) {
    CHECK(judged(status, "7").retry_after == milliseconds(7'000));
  }
  for (const unsigned status : {200U, 301U, 500U}) CHECK_FALSE(judged(status, "7").retry_after);
}

TEST_CASE("Retry-After is seconds or a date, between nothing and a day") {
  const Time now = parse_rfc3339("1994-11-06T08:49:00Z").value();
  struct Case {
    const char* value;
    std::optional<milliseconds> expected;
  };
  const std::vector<Case> cases = {
      {"0", milliseconds(0)},
      {"120", seconds(120)},
      {"86401", hours(24)},
      {"99999999999999999999", hours(24)},
      {"Sun, 06 Nov 1994 08:49:37 GMT", seconds(37)},
      {"Sun, 06 Nov 1994 08:48:59 GMT", milliseconds(0)},
      {"Tue, 06 Dec 1994 08:49:37 GMT", hours(24)},
      {"", {}},
      {"-1", {}},
      {"1.5", {}},
      {"soon", {}},
      {"Sun, 06 Nov 1994 08:49:37 UTC", {}},
      {"Sun, 06 Foo 1994 08:49:37 GMT", {}},
      {"Sun, 99 Nov 1994 08:49:37 GMT", {}},
      {"Sunday, 06-Nov-94 08:49:37 GMT", {}},
  };
  for (const Case& one : cases) {
    INFO(one.value);
    CHECK(parse_retry_after(one.value, now) == one.expected);
  }
}

TEST_CASE("The wait is the schedule's with up to a tenth more, and then no more") {
  const std::vector<milliseconds> schedule = {seconds(5), seconds(300)};
  CHECK(next_wait(schedule, 1, {}, 0) == milliseconds(5'000));
  CHECK(next_wait(schedule, 1, {}, 500) == milliseconds(5'500));
  CHECK(next_wait(schedule, 1, {}, 501) == milliseconds(5'000));
  CHECK(next_wait(schedule, 1, {}, 0xFFFFFFFF) <= milliseconds(5'500));
  CHECK(next_wait(schedule, 2, {}, 0) == milliseconds(300'000));
  CHECK_FALSE(next_wait(schedule, 3, {}, 0));
  CHECK_FALSE(next_wait({}, 1, {}, 0));
}

TEST_CASE("A receiver can ask for a longer wait, not for a shorter one or for another attempt") {
  const std::vector<milliseconds> schedule = {seconds(5)};
  CHECK(next_wait(schedule, 1, seconds(60), 0) == seconds(60));
  CHECK(next_wait(schedule, 1, seconds(1), 0) == seconds(5));
  CHECK_FALSE(next_wait(schedule, 2, seconds(60), 0));
}

}  // namespace settled::daemon::webhooks
