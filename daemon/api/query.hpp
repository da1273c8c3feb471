#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/message.hpp"
#include "ledger/reports.hpp"
#include "ledger/types/id.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::daemon::api {

/// Reads query parameters by name and in the end refuses what nobody asked for. Every error is
/// Invalid and its `param` names the parameter.
class Query {
 public:
  /// `request` outlives this.
  explicit Query(const http::Request& request) : request_(request) {}

  /// Error: `duplicate_parameter`, common to all.
  Result<std::optional<std::string>> text(std::string_view name);
  /// Errors: `invalid_parameter`, as of `time`, `integer` and `choice`.
  Result<std::optional<Time>> time(std::string_view name);
  Result<std::optional<std::uint64_t>> integer(std::string_view name, std::uint64_t min,
                                               std::uint64_t max);
  /// `parse` is a table of words: text to optional value.
  template <typename Parse>
  auto choice(std::string_view name, Parse parse) -> Result<decltype(parse(std::string_view{}))> {
    TRY(const auto given, text(name));
    if (!given) return decltype(parse(std::string_view{})){};
    auto value = parse(*given);
    if (!value) return invalid(name, "there is no " + std::string(name) + " \"" + *given + "\"");
    return value;
  }

  /// An object's id to compare stored ones with: raw, or empty where the parameter is absent.
  /// Error: `invalid_parameter`.
  template <typename Id>
  Result<std::string> id(std::string_view name) {
    TRY(const auto given, text(name));
    if (!given) return std::string();
    const auto id = Id::parse(*given);
    if (!id) return invalid(name, "that is no id of such an object");
    return id->raw();
  }

  /// `limit` 1..100, or 20.
  Result<std::size_t> limit();
  /// `limit`, and `starting_after` or `ending_before` as ids of `Id`, not looked up yet.
  /// Error: `invalid_cursor`.
  template <typename Id>
  Result<ledger::reports::PageRequest> page() {
    ledger::reports::PageRequest request;
    TRY(request.limit, limit());
    TRY(const auto after, text("starting_after"));
    TRY(const auto before, text("ending_before"));
    if (after && before) return both_cursors();
    if (after) {
      TRY(request.starting_after, cursor<Id>("starting_after", *after));
    }
    if (before) {
      TRY(request.ending_before, cursor<Id>("ending_before", *before));
    }
    return request;
  }

  /// `created[gte]` and the like.
  struct Period {
    std::int64_t from_ms = 0;
    std::int64_t to_ms = INT64_MAX;
    /// A page reads no others.
    void narrow(ledger::reports::PageRequest& page) const {
      page.from_ms = from_ms;
      page.to_ms = to_ms;
    }
  };
  Result<Period> created();

  /// `unknown_parameter`.
  Status done() const;

  static std::unexpected<Error> invalid(std::string_view name, std::string detail);
  static std::unexpected<Error> unknown_cursor(std::string_view name);
  static std::unexpected<Error> both_cursors();

 private:
  template <typename Id>
  Result<std::string> cursor(std::string_view name, std::string_view text) {
    const auto id = Id::parse(text);
    if (!id) return unknown_cursor(name);
    return id->raw();
  }

  const http::Request& request_;
  std::vector<std::string> read_;
};

}  // namespace settled::daemon::api
