#include "ledger/types/time.hpp"

#include <array>
#include <cstdio>

namespace settled {
namespace {

std::unexpected<Error> malformed() {
  return fail(Errc::Invalid, "invalid_time",
              "a time is RFC 3339, such as \"2026-01-31T12:00:00Z\"");
}

/// Reads `count` digits at `at`, or -1.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

struct Tail {
  std::int64_t milliseconds = 0;
  std::int64_t offset_minutes = 0;
};

/// What follows the seconds: a fraction, then `Z` or an offset.
Result<Tail> parse_tail(std::string_view text) {
  Tail tail;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    std::int64_t weight = 100;
    std::size_t length = 0;
    while (length < text.size() && text[length] >= '0' && text[length] <= '9') {
      tail.milliseconds += weight * (text[length] - '0');
      weight /= 10;
      ++length;
    }
    if (length == 0) return malformed();
    text.remove_prefix(length);
  }
  if (text == "Z" || text == "z") return tail;
  const int hours = digits(text, 1, 2);
  const int minutes = digits(text, 4, 2);
  const bool sign = text.starts_with('+') || text.starts_with('-');
  if (text.size() != 6 || !sign || text[3] != ':' || hours < 0 || hours > 23 || minutes < 0 ||
      minutes > 59) {
    return malformed();
  }
  tail.offset_minutes = (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
  return tail;
}

}  // namespace

std::string to_rfc3339(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

Result<Time> parse_rfc3339(std::string_view text) {
  using std::chrono::days;
  const int year = digits(text, 0, 4);
  const int month = digits(text, 5, 2);
  const int day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (text.size() < 20 || year < 0 || month < 0 || day < 0 || hour < 0 || hour > 23 || minute < 0 ||
      minute > 59 || second < 0 || second > 60) {
    return malformed();
  }
  const bool separators = text[4] == '-' && text[7] == '-' && text[13] == ':' && text[16] == ':' &&
                          (text[10] == 'T' || text[10] == 't' || text[10] == ' ');
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!separators || !date.ok()) return malformed();
  TRY(const Tail tail, parse_tail(text.substr(19)));
  const std::int64_t seconds = std::chrono::sys_days{date}.time_since_epoch().count() * 86'400LL +
                               hour * 3'600LL + minute * 60LL + second - tail.offset_minutes * 60;
  return from_ms(seconds * 1'000 + tail.milliseconds);
}

Time SystemClock::now() const {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace settled
