#include "daemon/exports/exports.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <vector>

#include <nlohmann/json.hpp>

#include "daemon/exports/csv.hpp"
#include "daemon/exports/hledger.hpp"
#include "ledger/accounts.hpp"
#include "ledger/keys.hpp"
#include "ledger/reports.hpp"
#include "ledger/state.hpp"
#include "ledger/statement.hpp"
#include "ledger/types/hex.hpp"

namespace settled::daemon::exports {
namespace {

namespace keys = ledger::keys;
namespace pb = ledger::pb;
namespace reports = ledger::reports;
namespace store = ledger::store;

struct FormatWords {
  Format format;
  std::string_view word;
  std::string_view content_type;
  std::string_view file_name;
};
constexpr std::array kFormats = {
    FormatWords{Format::Csv, "csv", "text/csv; charset=utf-8; header=present", "journal.csv"},
    FormatWords{Format::Hledger, "hledger", "text/plain; charset=utf-8", "journal.hledger"},
    FormatWords{Format::JsonLines, "jsonl", "application/jsonl", "entries.jsonl"},
    FormatWords{Format::Statement, "statement", "text/csv; charset=utf-8; header=present",
                "statement.csv"},
};

const FormatWords& words_of(Format format) {
  const auto found = std::ranges::find(kFormats, format, &FormatWords::format);
  INVARIANT(found != kFormats.end());
  return *found;
}

/// Prefix of the accounts whose lines are shown.
std::string account_prefix(const Request& request) {
  if (request.merchant.empty()) return {};
  return ledger::chart::merchant_prefix(MerchantId::from_raw(request.merchant).to_string());
}

/// Rows of a table as records, at most `limit`.
template <typename Record>
Result<std::vector<Record>> records(const store::Reader& reader, const std::string& from,
                                    const std::string& to, std::size_t limit) {
  std::vector<Record> out;
  Status failed;
  TRY_OK(reader.scan(from, to, [&](std::string_view, std::string_view value) {
    auto record = ledger::parse_record<Record>(value);
    if (!record) {
      failed = std::unexpected(record.error());
      return false;
    }
    out.push_back(*std::move(record));
    return out.size() < limit;
  }));
  TRY_OK(failed);
  return out;
}

/// The next entries of the whole book.
Result<std::vector<pb::Entry>> all_entries(const store::Reader& reader, const Request& request,
                                           const Place& place, std::size_t limit) {
  std::string from = keys::entry(place.after);
  if (place.after.empty()) {
    // An entry's id begins with its time.
    constexpr std::size_t kTimeBytes = 6;
    std::string time;
    keys::append_u64(time, static_cast<std::uint64_t>(to_ms(request.from)));
    from += time.substr(time.size() - kTimeBytes);
  } else {
    from.push_back('\0');
  }
  return records<pb::Entry>(reader, from, store::prefix_end(keys::entry({})), limit);
}

/// The next entries of some accounts, by their histories.
Result<std::vector<pb::Entry>> entries_of(const store::Reader& reader, const Request& request,
                                          const Place& place, std::size_t limit) {
  std::optional<pb::Entry> last;
  if (!place.after.empty()) {
    TRY(last, ledger::read_record<pb::Entry>(reader, keys::entry(place.after)));
    if (!last) return fail(Errc::Invalid, "invalid_place", "the export names no entry");
  }
  TRY(const auto accounts, reports::accounts(reader, account_prefix(request)));
  std::set<std::string> ids;
  for (const pb::Account& account : accounts) {
    if (!request.currency.empty() && account.currency() != request.currency) continue;
    const std::string& code = account.code();
    const std::string from =
        last ? keys::account_history(code, from_ms(last->created()), last->sequence() + 1)
             : keys::account_history(code, request.from, 0);
    TRY(const auto rows, records<pb::HistoryRow>(
                             reader, from, store::prefix_end(keys::account_history(code)), limit));
    for (const pb::HistoryRow& row : rows) ids.insert(row.entry());
  }
  std::vector<pb::Entry> out;
  for (const std::string& id : ids) {
    if (out.size() == limit) break;
    TRY(auto entry, ledger::read_record<pb::Entry>(reader, keys::entry(id)));
    if (!entry) return fail(Errc::Corrupt, "corrupt_record", "an index names no entry");
    out.push_back(*std::move(entry));
  }
  return out;
}

/// With the lines that the request shows alone.
pb::Entry visible(const pb::Entry& entry, const Request& request, std::string_view prefix) {
  pb::Entry out = entry;
  out.clear_lines();
  for (const pb::Line& line : entry.lines()) {
    if (!line.account().starts_with(prefix)) continue;
    if (!request.currency.empty() && line.currency() != request.currency) continue;
    *out.add_lines() = line;
  }
  return out;
}

void add_entry(std::string& out, Format format, const pb::Entry& entry,
               const render::Context& context) {
  switch (format) {
    case Format::Csv:
      return add_journal_rows(out, entry);
    case Format::Hledger:
      return add_transaction(out, entry);
    case Format::JsonLines:
      out.append(render::text(render::entry(entry, context))).append("\n");
      return;
    case Format::Statement:
      break;
  }
  INVARIANT(false);
}

Result<Piece> entries_piece(const store::Reader& reader, const Request& request, const Place& place,
                            const render::Context& context, const PieceLimits& limits) {
  const auto read = request.merchant.empty() ? all_entries : entries_of;
  TRY(const auto entries, read(reader, request, place, limits.rows));
  const std::string prefix = account_prefix(request);
  Piece piece;
  Place next = place;
  bool more = entries.size() == limits.rows;
  for (const pb::Entry& entry : entries) {
    if (entry.sequence() > place.last_entry || entry.created() >= place.until_ms) {
      more = false;
      break;
    }
    if (piece.text.size() >= limits.bytes) {
      more = true;
      break;
    }
    next.after = entry.id();
    const pb::Entry shown = visible(entry, request, prefix);
    if (shown.lines_size() > 0) add_entry(piece.text, request.format, shown, context);
  }
  if (more) piece.next = std::move(next);
  return piece;
}

/// Declarations: the merchants' currencies are those of other accounts too, since what a merchant
/// is owed came from somewhere.
Result<Piece> accounts_piece(const store::Reader& reader, const Request& request,
                             const Place& place, const PieceLimits& limits) {
  const std::string prefix = keys::account(account_prefix(request));
  std::string from = prefix;
  if (!place.after.empty()) from = keys::account(place.after) + '\0';
  TRY(const auto accounts,
      records<pb::Account>(reader, from, store::prefix_end(prefix), limits.rows));
  Piece piece;
  for (const pb::Account& account : accounts) {
    if (!request.currency.empty() && account.currency() != request.currency) continue;
    const bool merchants = account.code().starts_with("liability:merchants:");
    // Said again with each account, since nothing is remembered from piece to piece.
    if (!merchants || !request.merchant.empty()) add_commodity(piece.text, account.currency());
    add_account(piece.text, account);
  }
  piece.next = place;
  if (accounts.size() == limits.rows) {
    piece.next->after = accounts.back().code();
  } else {
    if (!request.merchant.empty()) add_elsewhere(piece.text);
    piece.text.append("\n");
    piece.next->stage = Place::Stage::Entries;
    piece.next->after.clear();
  }
  return piece;
}

Result<Piece> statement_piece(const store::Reader& reader, const Request& request,
                              const Place& place, const PieceLimits& limits) {
  reports::StatementRequest asked;
  asked.account = account_prefix(request) + request.currency;
  asked.from = std::min(request.from, from_ms(place.until_ms));
  asked.until = from_ms(place.until_ms);
  asked.limit = std::min(limits.rows, reports::kMaxStatementEntries);
  if (!place.after.empty()) asked.after = place.after;
  TRY(const auto page, reports::statement(reader, asked));
  Piece piece;
  if (place.after.empty()) {
    add_statement_balance(piece.text, "opening", to_rfc3339(asked.from), page.opening,
                          request.currency);
  }
  for (const auto& line : page.lines) add_statement_row(piece.text, line, request.currency);
  if (page.next) {
    piece.next = place;
    piece.next->after = page.next->raw();
  } else {
    add_statement_balance(piece.text, "closing", to_rfc3339(asked.until), page.closing,
                          request.currency);
  }
  return piece;
}

Piece first_piece(const Request& request, const Place& place) {
  Piece piece;
  piece.next = place;
  piece.next->stage = Place::Stage::Entries;
  switch (request.format) {
    case Format::Csv:
      piece.text = journal_header();
      break;
    case Format::Statement:
      piece.text = statement_header();
      break;
    case Format::Hledger:
      piece.text = hledger_header();
      piece.next->stage = Place::Stage::Accounts;
      break;
    case Format::JsonLines:
      break;
  }
  return piece;
}

template <typename Number>
Result<Number> number(std::string_view text) {
  Number value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stop != end) {
    return fail(Errc::Invalid, "invalid_place", "not a place of an export");
  }
  return value;
}

std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

}  // namespace

std::optional<Format> parse_format(std::string_view word) {
  const auto found = std::ranges::find(kFormats, word, &FormatWords::word);
  if (found == kFormats.end()) return std::nullopt;
  return found->format;
}

std::string_view content_type(Format format) {
  return words_of(format).content_type;
}

std::string_view file_name(Format format) {
  return words_of(format).file_name;
}

Status check(const Request& request) {
  if (request.format == Format::Statement) {
    for (const auto& [name, value] :
         {std::pair{"merchant", &request.merchant}, {"currency", &request.currency}}) {
      if (value->empty()) {
        return fail(Errc::Invalid, "missing_parameter",
                    "a statement is of one merchant and one currency", name);
      }
    }
  }
  if (request.from < from_ms(0)) {
    return fail(Errc::Invalid, "invalid_parameter", "must not be before 1970", "from");
  }
  if (request.from > request.until) {
    return fail(Errc::Invalid, "invalid_parameter", "must not be before from", "until");
  }
  return {};
}

std::string Place::to_text() const {
  return std::to_string(static_cast<int>(stage)) + " " + std::to_string(last_entry) + " " +
         std::to_string(until_ms) + " " + to_hex(as_bytes(after));
}

Result<Place> Place::parse(std::string_view text) {
  Place place;
  TRY(const auto stage, number<std::uint8_t>(take_word(text)));
  if (stage > static_cast<std::uint8_t>(Stage::Entries)) {
    return fail(Errc::Invalid, "invalid_place", "not a place of an export");
  }
  place.stage = static_cast<Stage>(stage);
  TRY(place.last_entry, number<std::uint64_t>(take_word(text)));
  TRY(place.until_ms, number<std::int64_t>(take_word(text)));
  TRY(const Bytes after, from_hex(text));
  place.after = as_text(after);
  return place;
}

Result<Place> begin(const store::Reader& reader, const Request& request) {
  TRY(const auto head, ledger::read_record<pb::Head>(reader, keys::head()));
  Place place;
  place.last_entry = head ? head->entry_sequence() : 0;
  const std::int64_t now = head ? head->time() : 0;
  place.until_ms = std::min(to_ms(request.until), now + 1);
  return place;
}

Result<Piece> next_piece(const store::Reader& reader, const Request& request, const Place& place,
                         const render::Context& context, const PieceLimits& limits) {
  switch (place.stage) {
    case Place::Stage::Begin:
      return first_piece(request, place);
    case Place::Stage::Accounts:
      return accounts_piece(reader, request, place, limits);
    case Place::Stage::Entries:
      break;
  }
  if (request.format == Format::Statement) return statement_piece(reader, request, place, limits);
  return entries_piece(reader, request, place, context, limits);
}

}  // namespace settled::daemon::exports
