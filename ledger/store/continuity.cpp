#include "ledger/store/continuity.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <leveldb/env.h>

namespace settled::ledger::store {
namespace {

// The formats of LevelDB's logs and of the edits in its manifest (doc/log_format.md,
// db/version_edit.cc, db/write_batch.cc of LevelDB 1.23).
constexpr std::size_t kBlockBytes = 32'768;
constexpr std::size_t kHeaderBytes = 7;        // checksum:4 length:2 type:1, little-endian
constexpr std::size_t kBatchHeaderBytes = 12;  // first operation's number:8 operations:4
enum RecordType : std::uint8_t { kZero = 0, kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };
enum EditTag : std::uint8_t {
  kComparator = 1,
  kLogNumber = 2,
  kNextFile = 3,
  kLastSequence = 4,
  kCompactPointer = 5,
  kDeletedFile = 6,
  kNewFile = 7,
  kPreviousLog = 9,
};

std::unexpected<Error> hole(const std::string& directory, const std::string& what) {
  return fail(Errc::Corrupt, "store_corrupt", directory + ": " + what);
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (auto at = bytes.rbegin(); at != bytes.rend(); ++at) {
    value = (value << 8U) | static_cast<std::uint8_t>(*at);
  }
  return value;
}

enum class Stop {
  End,       // the end, or what the engine takes for a torn last record
  Reported,  // something that the engine itself refuses
  Zeroes,    // a header of zeroes with something else behind it
};

/// Visits the records that the engine would replay.
Stop each_record(std::string_view file, const std::function<void(std::string_view)>& visit) {
  std::optional<std::string> whole;
  for (std::size_t start = 0; start < file.size(); start += kBlockBytes) {
    std::string_view block = file.substr(start, kBlockBytes);
    while (block.size() >= kHeaderBytes) {
      const std::size_t length = little_endian(block.substr(4, 2));
      const auto type = static_cast<std::uint8_t>(block[6]);
      if (type == kZero && length == 0) {
        const std::size_t at = start + std::min(kBlockBytes, file.size() - start) - block.size();
        const bool only_zeroes = file.find_first_not_of('\0', at) == std::string_view::npos;
        return only_zeroes ? Stop::End : Stop::Zeroes;
      }
      if (kHeaderBytes + length > block.size()) return Stop::End;
      const std::string_view fragment = block.substr(kHeaderBytes, length);
      block.remove_prefix(kHeaderBytes + length);
      if (type == kFull) {
        visit(fragment);
        whole.reset();
      } else if (type == kFirst) {
        whole = std::string(fragment);
      } else if ((type == kMiddle || type == kLast) && whole) {
        whole->append(fragment);
        if (type == kLast) visit(*std::exchange(whole, std::nullopt));
      } else {
        return Stop::Reported;
      }
    }
  }
  return Stop::End;
}

/// Reads the fields of an edit one after the other; `ok` turns false at the first that is not one.
class EditReader {
 public:
  explicit EditReader(std::string_view bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto byte = static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if ((byte & 0x80U) == 0) return value;
    }
    ok_ = false;
    return 0;
  }
  void skip_text() {
    const std::uint64_t size = varint();
    ok_ = ok_ && size <= rest_.size();
    if (ok_) rest_.remove_prefix(size);
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

/// What the manifest says of the logs.
struct Manifest {
  std::uint64_t log_number = 0;  // older logs are in tables; 0: none was begun
  std::uint64_t last_sequence = 0;
  // Of the opening that began the manifest: up to it all is in tables, since no log is reused.
  std::optional<std::uint64_t> in_tables = std::nullopt;
};

/// False where the edit is none, which the engine refuses.
bool add_edit(Manifest& manifest, std::string_view edit) {
  EditReader reader(edit);
  while (reader.ok() && !reader.at_end()) {
    switch (reader.varint()) {
      case kComparator:
        reader.skip_text();
        break;
      case kLogNumber:
        manifest.log_number = reader.varint();
        break;
      case kLastSequence:
        manifest.last_sequence = reader.varint();
        break;
      case kNextFile:
      case kPreviousLog:
        reader.varint();
        break;
      case kCompactPointer:
        reader.varint();
        reader.skip_text();
        break;
      case kDeletedFile:
        reader.varint();
        reader.varint();
        break;
      case kNewFile:
        reader.varint();
        reader.varint();
        reader.varint();
        reader.skip_text();
        reader.skip_text();
        break;
      default:
        return false;
    }
  }
  if (manifest.log_number != 0 && !manifest.in_tables) manifest.in_tables = manifest.last_sequence;
  return reader.ok();
}

/// Nothing where the engine will refuse by itself, or where the store is new.
std::optional<Manifest> read_manifest(leveldb::Env& env, const std::string& directory) {
  std::string name;
  if (!leveldb::ReadFileToString(&env, directory + "/CURRENT", &name).ok()) return std::nullopt;
  if (name.empty() || name.back() != '\n') return std::nullopt;
  name.pop_back();
  std::string bytes;
  if (!leveldb::ReadFileToString(&env, directory + "/" + name, &bytes).ok()) return std::nullopt;
  Manifest manifest;
  bool readable = true;
  const Stop stop = each_record(
      bytes, [&](std::string_view edit) { readable = readable && add_edit(manifest, edit); });
  if (!readable || stop != Stop::End) return std::nullopt;
  return manifest;
}

/// The logs that the engine would replay, by number.
std::map<std::uint64_t, std::string> logs_from(leveldb::Env& env, const std::string& directory,
                                               std::uint64_t oldest) {
  std::vector<std::string> names;
  std::map<std::uint64_t, std::string> logs;
  if (!env.GetChildren(directory, &names).ok()) return logs;
  for (const std::string& name : names) {
    std::uint64_t number = 0;
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data(), end, number);
    if (parsed.ec != std::errc{} || std::string_view(parsed.ptr, end) != ".log") continue;
    if (number >= oldest) logs.emplace(number, name);
  }
  return logs;
}

}  // namespace

Status check_continuity(leveldb::Env& env, const std::string& directory) {
  const auto manifest = read_manifest(env, directory);
  if (!manifest || manifest->log_number == 0) return {};
  const auto logs = logs_from(env, directory, manifest->log_number);
  if (!logs.contains(manifest->log_number)) {
    return hole(directory, "log number " + std::to_string(manifest->log_number) +
                               ", which its manifest names, is missing");
  }
  std::optional<std::uint64_t> next;  // what the next batch must begin with
  for (const auto& [number, name] : logs) {
    std::string bytes;
    if (!leveldb::ReadFileToString(&env, directory + "/" + name, &bytes).ok()) return {};
    std::optional<std::uint64_t> gap;
    std::optional<std::uint64_t> replayed_twice;
    const Stop stop = each_record(bytes, [&](std::string_view batch) {
      if (batch.size() < kBatchHeaderBytes) return;
      const std::uint64_t first = little_endian(batch.substr(0, 8));
      if (!next && first <= manifest->in_tables) replayed_twice = first;
      const bool fits = next ? first == *next : first <= manifest->last_sequence + 1;
      if (!fits && !gap) gap = first;
      next = first + little_endian(batch.substr(8, 4));
    });
    if (stop == Stop::Reported) return {};
    if (stop == Stop::Zeroes) return hole(directory, name + " has zeroes in its middle");
    if (replayed_twice) {
      return hole(directory, name + " begins with operation number " +
                                 std::to_string(*replayed_twice) +
                                 ", which is in tables: it is another day's");
    }
    if (gap) {
      return hole(directory, "operations before number " + std::to_string(*gap) + " are missing, " +
                                 name + " goes on with it");
    }
  }
  return {};
}

}  // namespace settled::ledger::store
