#include "daemon/api/query.hpp"

#include <algorithm>
#include <charconv>

namespace settled::daemon::api {
namespace {

constexpr std::size_t kDefaultLimit = 20;
constexpr std::uint64_t kMaxLimit = 100;

}  // namespace

std::unexpected<Error> Query::invalid(std::string_view name, std::string detail) {
  return fail(Errc::Invalid, "invalid_parameter", std::move(detail), std::string(name));
}

std::unexpected<Error> Query::unknown_cursor(std::string_view name) {
  return fail(Errc::Invalid, "invalid_cursor", "no such object", std::string(name));
}

std::unexpected<Error> Query::both_cursors() {
  return fail(Errc::Invalid, "invalid_cursor",
              "starting_after and ending_before exclude each other", "ending_before");
}

Result<std::optional<std::string>> Query::text(std::string_view name) {
  read_.emplace_back(name);
  std::optional<std::string> found;
  for (const auto& [given, value] : request_.query) {
    if (given != name) continue;
    if (found) {
      return fail(Errc::Invalid, "duplicate_parameter", "is given twice", std::string(name));
    }
    found = value;
  }
  return found;
}

Result<std::optional<Time>> Query::time(std::string_view name) {
  TRY(const auto given, text(name));
  if (!given) return std::nullopt;
  const auto parsed = parse_rfc3339(*given);
  if (!parsed) return invalid(name, "must be a time such as 2026-11-21T01:37:52Z (RFC 3339)");
  return *parsed;
}

Result<std::optional<std::uint64_t>> Query::integer(std::string_view name, std::uint64_t min,
                                                    std::uint64_t max) {
  TRY(const auto given, text(name));
  if (!given) return std::nullopt;
  std::uint64_t value = 0;
  const char* end = given->data() + given->size();
  const auto [stop, error] = std::from_chars(given->data(), end, value);
  if (given->empty() || error != std::errc{} || stop != end || value < min || value > max) {
    return invalid(name, "must be a whole number between " + std::to_string(min) + " and " +
                             std::to_string(max));
  }
  return value;
}

Result<std::size_t> Query::limit() {
  TRY(const auto given, integer("limit", 1, kMaxLimit));
  return given ? static_cast<std::size_t>(*given) : kDefaultLimit;
}

Result<Query::Period> Query::created() {
  Period period;
  TRY(const auto gte, time("created[gte]"));
  TRY(const auto gt, time("created[gt]"));
  TRY(const auto lte, time("created[lte]"));
  TRY(const auto lt, time("created[lt]"));
  if (gte) period.from_ms = to_ms(*gte);
  if (gt) period.from_ms = std::max(period.from_ms, to_ms(*gt) + 1);
  if (lte) period.to_ms = to_ms(*lte);
  if (lt) period.to_ms = std::min(period.to_ms, to_ms(*lt) - 1);
  return period;
}

Status Query::done() const {
  for (const auto& [name, unused] : request_.query) {
    if (std::ranges::find(read_, name) == read_.end()) {
      return fail(Errc::Invalid, "unknown_parameter", "there is no such parameter here", name);
    }
  }
  return {};
}

}  // namespace settled::daemon::api
