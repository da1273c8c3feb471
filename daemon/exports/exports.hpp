#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/render/render.hpp"
#include "ledger/store/store.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

/// The books as files for others to read, made piece by piece: README.md.
namespace settled::daemon::exports {

enum class Format { Csv, Hledger, JsonLines, Statement };

/// "csv", "hledger", "jsonl", "statement".
std::optional<Format> parse_format(std::string_view word);
std::string_view content_type(Format format);
/// What a browser may call the file: "journal.csv".
std::string_view file_name(Format format);

struct Request {
  Format format = Format::Csv;
  std::string merchant;    ///< raw id: the lines of its accounts alone; empty: all
  std::string currency;    ///< lines of that currency alone; empty: all
  Time from = from_ms(0);  ///< included
  Time until = from_ms(std::numeric_limits<std::int64_t>::max());  ///< not included
};
/// Invalid `missing_parameter` where a statement names no merchant or no currency,
/// `invalid_parameter` where `from` is after `until`.
Status check(const Request& request);

/// How far an export has come. It ends with the entry that was the newest when it began.
struct Place {
  enum class Stage : std::uint8_t { Begin, Accounts, Entries };
  Stage stage = Stage::Begin;
  std::uint64_t last_entry = 0;  ///< sequence
  std::int64_t until_ms = 0;
  std::string after;  ///< the last account's code, or the last entry's raw id

  std::string to_text() const;
  /// Error: Invalid `invalid_place`.
  static Result<Place> parse(std::string_view text);
  bool operator==(const Place&) const = default;
};
Result<Place> begin(const ledger::store::Reader& reader, const Request& request);

struct PieceLimits {
  std::size_t rows = 500;         ///< accounts or entries that are looked at
  std::size_t bytes = 64 * 1024;  ///< no further row is added beyond
};
struct Piece {
  std::string text;           ///< whole rows; may be empty before the end
  std::optional<Place> next;  ///< nothing: that was all
};
/// REQUIRES: `check(request)`. All that is read never changes, so the pieces fit together without
/// a snapshot, and what a slow reader holds up is nothing. Errors: Corrupt, as of the reports.
Result<Piece> next_piece(const ledger::store::Reader& reader, const Request& request,
                         const Place& place, const render::Context& context,
                         const PieceLimits& limits = {});

}  // namespace settled::daemon::exports
