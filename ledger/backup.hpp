#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "ledger/store/directory.hpp"
#include "ledger/store/store.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"
#include "ledger/watch.hpp"

namespace settled::ledger {

/// All rows of a store in one hash: each row's key and value, with their lengths, upon the hash of
/// the rows before, in the order of the keys.
struct RowDigest {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;  ///< of keys and values
  Hash256 hash;

  void add(std::string_view key, std::string_view value);
  bool operator==(const RowDigest&) const = default;
};

/// Reads every row. Errors: those of the store; what `watch` returns.
Result<RowDigest> digest_rows(const store::Reader& reader, const Watch& watch = {});

/// What a backup says of itself: the file `manifest`, lines of `name value`, the last of them a
/// SHA-256 over the others.
struct Manifest {
  std::string format;          ///< of the books: FORMAT.md
  std::uint64_t sequence = 0;  ///< of the last command
  Hash256 hash;                ///< of its log record
  Hash256 state;               ///< its state hash; zero before the first record of format 2
  Time time;                   ///< of the last command, by the book's clock
  Time made;                   ///< when the backup was made
  RowDigest rows;

  std::string text() const;
  /// Error: Corrupt `bad_manifest`.
  static Result<Manifest> parse(std::string_view text);
};

/// A directory that is built within `DIR.part` and becomes `DIR` in one step when it is whole:
/// nothing else is ever seen there. What is not finished goes with this; what a killed process left
/// behind is removed by the next one.
class PartDirectory {
 public:
  /// Errors: Conflict `target_not_empty`, `store_locked` where another process builds there; those
  /// of store/files.hpp.
  static Result<std::unique_ptr<PartDirectory>> create(const std::filesystem::path& target);
  ~PartDirectory();
  PartDirectory(const PartDirectory&) = delete;
  PartDirectory& operator=(const PartDirectory&) = delete;

  /// Where to build; not there yet.
  std::filesystem::path path() const { return part_ / "whole"; }
  /// Where there is room for what does not belong to it.
  std::filesystem::path aside() const { return part_ / "aside"; }
  /// Syncs all that is in it and renames. Nothing in it may be open any more.
  Status finish();

 private:
  PartDirectory(std::filesystem::path target, std::filesystem::path part, store::DirectoryLock lock)
      : target_(std::move(target)), part_(std::move(part)), lock_(std::move(lock)) {}

  std::filesystem::path target_;
  std::filesystem::path part_;
  store::DirectoryLock lock_;
};

/// Of books whose rows are these. Error: NotFound `no_books`; those of the store.
Result<Manifest> manifest_of(const store::Reader& books, const RowDigest& rows, Time made);

/// Where everything is in a backup.
std::filesystem::path backup_book(const std::filesystem::path& backup);
std::filesystem::path backup_manifest(const std::filesystem::path& backup);
/// Errors: Corrupt `bad_manifest`, NotFound `no_file`, those of store/files.hpp.
Result<Manifest> read_manifest(const std::filesystem::path& backup);

/// Makes a backup of one moment: `book/`, a store with every row, and `manifest`. May run beside a
/// live book, on any thread, with memory that does not grow with the book. Where it fails nothing
/// is left of it. Errors: Corrupt `copy_differs`; those of PartDirectory, `manifest_of` and of both
/// stores; what `watch` returns.
Result<Manifest> backup(const store::Reader& snapshot, const std::filesystem::path& to, Time made,
                        const Watch& watch = {});

}  // namespace settled::ledger
