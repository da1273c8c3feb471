#include "daemon/http/response_head.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <span>

namespace settled::daemon::http {
namespace {

bool safe_in_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

void field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string RequestIds::next() {
  if (used_ + kEntropyBytes > pool_.size()) {
    random_.fill(pool_);
    used_ = 0;
  }
  const BytesView entropy = std::span(pool_).subspan(used_, kEntropyBytes);
  used_ += kEntropyBytes;
  return "req_" + encode_id(sequence_.next(clock_.now(), entropy));
}

std::string_view DateText::at(Time now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  if (seconds.time_since_epoch().count() == second_) return text_;
  second_ = seconds.time_since_epoch().count();

  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(seconds - day);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[std::chrono::weekday(day).c_encoding()], unsigned{date.day()},
                kMonths[unsigned{date.month()} - 1], int{date.year()},
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  text_ = text.data();
  return text_;
}

Status write_head(const Response& response, const HeadContext& context, std::string& out) {
  bool caches = false;
  for (const auto& [name, value] : response.headers) {
    if (!safe_in_line(name) || !safe_in_line(value) || name.empty()) {
      return fail(Errc::Internal, "invalid_response_header", "a header of an answer ends its line");
    }
    caches = caches || name == "Cache-Control";
  }
  if (!safe_in_line(response.content_type)) {
    return fail(Errc::Internal, "invalid_response_header", "a content type ends its line");
  }

  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(status_phrase(response.status)).append("\r\n");
  const bool has_body = !response.body.empty() || context.framing != Framing::Length;
  if (has_body && !response.content_type.empty()) {
    field(out, "Content-Type", response.content_type);
  }
  const bool bodyless = response.status == 204 || response.status == 304;
  if (context.framing == Framing::Length && !bodyless) {
    field(out, "Content-Length", std::to_string(response.body.size()));
  }
  if (context.framing == Framing::Chunked) field(out, "Transfer-Encoding", "chunked");
  if (!context.keep_alive) {
    field(out, "Connection", "close");
  } else if (!context.http_1_1) {
    field(out, "Connection", "keep-alive");
  }
  field(out, "Date", context.date);
  field(out, "Request-Id", context.request_id);
  if (!caches) field(out, "Cache-Control", "no-store");
  field(out, "X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) field(out, name, value);
  out.append("\r\n");
  return {};
}

}  // namespace settled::daemon::http
