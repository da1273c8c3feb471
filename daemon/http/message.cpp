#include "daemon/http/message.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace settled::daemon::http {
namespace {

std::optional<std::string_view> find(const Pairs& pairs, std::string_view name) {
  const auto found = std::ranges::find(pairs, name, &Pairs::value_type::first);
  if (found == pairs.end()) return std::nullopt;
  return found->second;
}

struct ReasonStatus {
  std::string_view reason;
  unsigned status;
};

/// Where HTTP has a status of its own for a reason.
constexpr std::array kByReason = {
    ReasonStatus{"unauthenticated", 401},    ReasonStatus{"forbidden", 403},
    ReasonStatus{"maker_is_checker", 403},   ReasonStatus{"method_not_allowed", 405},
    ReasonStatus{"request_timeout", 408},    ReasonStatus{"idempotency_in_flight", 409},
    ReasonStatus{"body_too_large", 413},     ReasonStatus{"unsupported_media_type", 415},
    ReasonStatus{"expectation_failed", 417}, ReasonStatus{"idempotency_mismatch", 422},
    ReasonStatus{"too_many_requests", 429},  ReasonStatus{"header_too_large", 431},
};

}  // namespace

std::optional<std::string_view> Request::header(std::string_view name) const {
  return find(headers, name);
}

std::optional<std::string_view> Request::query_value(std::string_view name) const {
  return find(query, name);
}

unsigned http_status(const Error& error) {
  const auto by_reason = std::ranges::find(kByReason, error.reason, &ReasonStatus::reason);
  if (by_reason != kByReason.end()) return by_reason->status;
  switch (error.code) {
    case Errc::Invalid:
      return 400;
    case Errc::NotFound:
      return 404;
    case Errc::Conflict:
      return 409;
    case Errc::Rejected:
      return 422;
    case Errc::Unavailable:
      return 503;
    case Errc::Timeout:
      return 504;
    case Errc::Corrupt:
    case Errc::Internal:
      return 500;
  }
  return 500;
}

std::string_view status_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unknown";
  }
}

Response problem(unsigned status, const Error& error, std::string_view request_id) {
  nlohmann::json body = {
      {"type", "about:blank"},  {"title", status_phrase(status)}, {"status", status},
      {"detail", error.detail}, {"code", error.reason},           {"request_id", request_id},
  };
  if (!error.param.empty()) body["param"] = error.param;
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  // Details may quote what a client or node sent, cut anywhere.
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace settled::daemon::http
