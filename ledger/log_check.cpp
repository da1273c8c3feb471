#include "ledger/log_check.hpp"

#include "ledger/keys.hpp"
#include "ledger/tree.hpp"

namespace settled::ledger {
namespace {

constexpr std::string_view kAdvice =
    ". Keep the data directory as it is for the inquiry and restore the newest backup";

std::unexpected<Error> damaged(std::string reason, const std::string& what) {
  return fail(Errc::Corrupt, std::move(reason), what + std::string(kAdvice));
}

std::string number(std::uint64_t sequence) {
  return "log record " + std::to_string(sequence);
}

std::unexpected<Error> missing(std::uint64_t first, std::uint64_t last) {
  return damaged("log_record_missing", first == last
                                           ? number(first) + " is missing"
                                           : "log records " + std::to_string(first) + " to " +
                                                 std::to_string(last) + " are missing");
}

/// The number inside an envelope: field 1, which its bytes begin with. 0: they do not.
std::uint64_t inner_number(std::string_view envelope) {
  constexpr char kFieldOneVarint = 0x08;
  constexpr unsigned kMostBits = 63;
  if (!envelope.starts_with(kFieldOneVarint)) return 0;
  std::uint64_t value = 0;
  unsigned shift = 0;
  for (const char c : envelope.substr(1)) {
    const auto byte = static_cast<std::uint8_t>(c);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if ((byte & 0x80U) == 0) return value;
    shift += 7;
    if (shift > kMostBits) return 0;
  }
  return 0;
}

/// Whose fault it is that `record` does not follow from the one before.
std::unexpected<Error> edited(const store::Reader& reader, LogLayout layout,
                              std::uint64_t sequence) {
  std::uint64_t culprit = sequence;
  if (sequence > 1) {
    TRY(const LogRecord before, read_log(reader, layout, sequence - 1));
    TRY(const auto tiled, LogTree(reader, layout).tiled_leaf(sequence - 1));
    if (tiled && *tiled != proof::leaf_hash(before.leaf(sequence - 1).bytes())) --culprit;
  }
  return damaged("log_record_edited",
                 number(culprit) +
                     " is not what was committed: its content does not give the hash "
                     "that the chain has for it");
}

}  // namespace

Result<LogLayout> layout_before_open(const store::Reader& reader) {
  TRY(const auto format, reader.get(keys::format_version()));
  if (format != "1") return read_layout(reader);
  TRY(const std::uint64_t end, log_end(reader));
  return LogLayout{end};
}

Result<std::uint64_t> log_end(const store::Reader& reader) {
  const std::string prefix = keys::Key(keys::Table::Log);
  Result<std::uint64_t> end = 0;
  TRY_OK(reader.scan_reverse(prefix, store::prefix_end(prefix),
                             [&](std::string_view key, std::string_view) {
                               end = keys::last_u64(key, prefix.size());
                               return false;
                             }));
  return end;
}

Result<LogRecord> read_log(const store::Reader& reader, LogLayout layout, std::uint64_t sequence) {
  TRY(const auto stored, reader.get(keys::log(sequence)));
  if (!stored) return missing(sequence, sequence);
  return LogRecord::parse(*stored, layout.is_format_1(sequence));
}

Result<Hash256> check_log(const store::Reader& reader, LogLayout layout, std::uint64_t from,
                          std::uint64_t to) {
  Hash256 hash;
  if (from > 1) {
    TRY(const LogRecord before, read_log(reader, layout, from - 1));
    hash = before.hash;
  }
  std::uint64_t next = from;
  Status walked;
  const auto visit = [&](std::string_view key, std::string_view value) -> Status {
    TRY(const std::uint64_t place, keys::last_u64(key, 1));
    if (place != next) return missing(next, place - 1);
    TRY(const LogRecord record, LogRecord::parse(value, layout.is_format_1(next)));
    const std::uint64_t inner = inner_number(record.envelope);
    if (inner != next && inner != 0) {
      return damaged("log_records_reordered",
                     "in the place of " + number(next) + " stands " + number(inner));
    }
    if (inner == 0 || chain_hash(hash.raw(), next, record) != record.hash) {
      return edited(reader, layout, next);
    }
    hash = record.hash;
    ++next;
    return {};
  };
  TRY_OK(reader.scan(keys::log(from), keys::log(to + 1),
                     [&](std::string_view key, std::string_view value) {
                       walked = visit(key, value);
                       return walked.has_value();
                     }));
  TRY_OK(walked);
  if (next != to + 1) return missing(next, to);
  return hash;
}

}  // namespace settled::ledger
