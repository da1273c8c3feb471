#include "ledger/backup.hpp"

#include <array>
#include <map>
#include <system_error>
#include <utility>

#include "ledger/keys.hpp"
#include "ledger/records.pb.h"
#include "ledger/state.hpp"
#include "ledger/store/each_row.hpp"
#include "ledger/store/files.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "ledger/types/amount.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/hex.hpp"

namespace settled::ledger {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTitle = "settled backup 1";
constexpr std::size_t kManifestLimit = 4'096;

std::unexpected<Error> bad_manifest(const std::string& why) {
  return fail(Errc::Corrupt, "bad_manifest", "the backup's manifest " + why);
}

/// The lines of a manifest by their names.
class Fields {
 public:
  static Result<Fields> parse(std::string_view text) {
    Fields fields;
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      const std::size_t space = text.find(' ');
      if (end == std::string_view::npos || space >= end) return bad_manifest("has a broken line");
      fields.values_.emplace(text.substr(0, space), text.substr(space + 1, end - space - 1));
      text.remove_prefix(end + 1);
    }
    return fields;
  }

  Result<std::string> text(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return bad_manifest("has no " + name);
    return found->second;
  }
  Result<std::uint64_t> number(const std::string& name) const {
    TRY(const std::string value, text(name));
    const auto parsed = parse_uint128(value);
    if (!parsed || *parsed > UINT64_MAX) return bad_manifest("has a bad " + name);
    return static_cast<std::uint64_t>(*parsed);
  }
  Result<Hash256> hash(const std::string& name) const {
    TRY(const std::string value, text(name));
    const auto parsed = fixed_from_hex<Hash256>(value);
    if (!parsed) return bad_manifest("has a bad " + name);
    return *parsed;
  }
  Result<Time> time(const std::string& name) const {
    TRY(const std::string value, text(name));
    const auto parsed = parse_rfc3339(value);
    if (!parsed) return bad_manifest("has a bad " + name);
    return *parsed;
  }

 private:
  std::map<std::string, std::string> values_;
};

/// Fills a store in batches of a bounded size.
class RowWriter {
 public:
  explicit RowWriter(store::Store& to) : to_(to) {}

  Status put(std::string_view key, std::string_view value) {
    constexpr std::size_t kBytes = std::size_t{1} << 20U;
    batch_.put(std::string(key), std::string(value));
    bytes_ += key.size() + value.size();
    return bytes_ < kBytes ? Status{} : flush();
  }
  Status flush() {
    bytes_ = 0;
    return to_.write(std::exchange(batch_, {}), store::Durability::Written);
  }

 private:
  store::Store& to_;
  store::Batch batch_;
  std::size_t bytes_ = 0;
};

Result<RowDigest> copy_rows(const store::Reader& from, store::Store& to, const Watch& watch) {
  RowDigest digest;
  RowWriter writer(to);
  const auto copy = [&](std::string_view key, std::string_view value) -> Status {
    digest.add(key, value);
    TRY_OK(writer.put(key, value));
    return tell(watch, {"rows copied", digest.rows, 0});
  };
  TRY_OK(store::each_row(from, "", "\xFF", copy));
  TRY_OK(writer.flush());
  return digest;
}

}  // namespace

void RowDigest::add(std::string_view key, std::string_view value) {
  std::string lengths;
  keys::append_u64(lengths, key.size());
  keys::append_u64(lengths, value.size());
  hash = sha256({hash.view(), as_bytes(lengths), as_bytes(key), as_bytes(value)});
  ++rows;
  bytes += key.size() + value.size();
}

Result<RowDigest> digest_rows(const store::Reader& reader, const Watch& watch) {
  RowDigest digest;
  TRY_OK(store::each_row(reader, "", "\xFF", [&](std::string_view key, std::string_view value) {
    digest.add(key, value);
    return tell(watch, {"rows read back", digest.rows, 0});
  }));
  return digest;
}

std::string Manifest::text() const {
  std::string out(kTitle);
  out += "\nformat " + format;
  out += "\nsequence " + std::to_string(sequence);
  out += "\nhash " + to_hex(hash.view());
  out += "\nstate " + to_hex(state.view());
  out += "\ntime " + to_rfc3339(time);
  out += "\nmade " + to_rfc3339(made);
  out += "\nrows " + std::to_string(rows.rows);
  out += "\nbytes " + std::to_string(rows.bytes);
  out += "\nrows-hash " + to_hex(rows.hash.view());
  out += "\n";
  return out + "sha256 " + to_hex(sha256(as_bytes(out)).view()) + "\n";
}

Result<Manifest> Manifest::parse(std::string_view text) {
  if (!text.starts_with(kTitle)) return bad_manifest("is not one of this program");
  const std::size_t last = text.rfind("sha256 ");
  if (last == std::string_view::npos) return bad_manifest("is cut off");
  TRY(const Fields fields, Fields::parse(text));
  TRY(const Hash256 sum, fields.hash("sha256"));
  if (sum != sha256(as_bytes(text.substr(0, last)))) return bad_manifest("was changed");
  Manifest out;
  TRY(out.format, fields.text("format"));
  TRY(out.sequence, fields.number("sequence"));
  TRY(out.hash, fields.hash("hash"));
  TRY(out.state, fields.hash("state"));
  TRY(out.time, fields.time("time"));
  TRY(out.made, fields.time("made"));
  TRY(out.rows.rows, fields.number("rows"));
  TRY(out.rows.bytes, fields.number("bytes"));
  TRY(out.rows.hash, fields.hash("rows-hash"));
  return out;
}

Result<std::unique_ptr<PartDirectory>> PartDirectory::create(const fs::path& target) {
  fs::path clean = target.lexically_normal();
  if (!clean.has_filename()) clean = clean.parent_path();
  TRY(const bool free, store::absent_or_empty(clean));
  if (!free) {
    return fail(Errc::Conflict, "target_not_empty",
                clean.string() + " is there and not an empty directory; it is left as it is");
  }
  const fs::path part = clean.string() + ".part";
  TRY_OK(store::create_private_directory(part));
  TRY(auto lock, store::DirectoryLock::take(part));
  std::unique_ptr<PartDirectory> out(new PartDirectory(clean, part, std::move(lock)));
  std::error_code error;
  for (const fs::directory_entry& left : fs::directory_iterator(part, error)) {
    TRY_OK(store::remove_tree(left.path()));
  }
  return out;
}

PartDirectory::~PartDirectory() {
  std::error_code ignored;  // what stays behind is removed by the next one here
  fs::remove_all(part_, ignored);
}

Status PartDirectory::finish() {
  TRY_OK(store::sync_tree(path()));
  return store::rename_durably(path(), target_);
}

Result<Manifest> manifest_of(const store::Reader& books, const RowDigest& rows, Time made) {
  TRY(const auto head, read_record<pb::Head>(books, keys::head()));
  TRY(const auto format, books.get(keys::format_version()));
  if (!head || !format || head->hash().size() != Hash256::kSize) {
    return fail(Errc::NotFound, "no_books", "there are no books: no head record, or no format");
  }
  Manifest out;
  out.format = *format;
  out.sequence = head->sequence();
  out.hash = fixed_from<Hash256>(head->hash());
  if (head->state_hash().size() == Hash256::kSize) {
    out.state = fixed_from<Hash256>(head->state_hash());
  }
  out.time = from_ms(head->time());
  out.made = made;
  out.rows = rows;
  return out;
}

fs::path backup_book(const fs::path& backup) {
  return backup / "book";
}

fs::path backup_manifest(const fs::path& backup) {
  return backup / "manifest";
}

Result<Manifest> read_manifest(const fs::path& backup) {
  TRY(const std::string text, store::read_file(backup_manifest(backup), kManifestLimit));
  return Manifest::parse(text);
}

Result<Manifest> backup(const store::Reader& snapshot, const fs::path& to, Time made,
                        const Watch& watch) {
  TRY(const auto part, PartDirectory::create(to));
  const fs::path directory = backup_book(part->path());
  RowDigest rows;
  {
    TRY(const auto copy, store::open_leveldb(directory, {}));
    TRY(rows, copy_rows(snapshot, *copy, watch));
  }
  {
    // Opened again, so that what is read went through the files.
    TRY(const auto copy, store::open_leveldb(directory, {}));
    TRY(const RowDigest read_back, digest_rows(*copy, watch));
    if (read_back != rows) {
      return fail(Errc::Corrupt, "copy_differs",
                  directory.string() + " does not hold what was written to it");
    }
  }
  TRY(Manifest manifest, manifest_of(snapshot, rows, made));
  TRY_OK(store::write_file(backup_manifest(part->path()), manifest.text()));
  TRY_OK(part->finish());
  return manifest;
}

}  // namespace settled::ledger
