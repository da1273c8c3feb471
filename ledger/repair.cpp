#include "ledger/repair.hpp"

#include <algorithm>
#include <utility>

#include "ledger/keys.hpp"
#include "ledger/log.hpp"
#include "ledger/replay.hpp"
#include "ledger/state.hpp"
#include "ledger/store/each_row.hpp"
#include "ledger/store/files.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "ledger/store/salvage.hpp"
#include "ledger/store/scratch.hpp"
#include "ledger/verify.hpp"

namespace settled::ledger {
namespace {

namespace fs = std::filesystem;

std::uint64_t last_checkpoint(const RepairSource& source) {
  std::uint64_t last = 0;
  for (const proof::Checkpoint& each : source.checkpoints) last = std::max(last, each.sequence);
  return last;
}

/// Opens the copy as the daemon would, and proves it. True if there is nothing that a repair could
/// do: whole, and with all that is known to have been acknowledged.
Result<bool> is_whole(const fs::path& copy, const fs::path& scratch_directory,
                      const RepairSource& source, const Watch& watch) {
  const auto opened = store::open_leveldb(copy, {});
  if (!opened) {
    if (opened.error().code != Errc::Corrupt) return std::unexpected(opened.error());
    return false;
  }
  TRY(const auto scratch, store::ScratchStore::create(scratch_directory));
  VerifyOptions options;
  options.empty = &scratch->store();
  options.checkpoints = source.checkpoints;
  options.watch = watch;
  const auto verified = verify(**opened, std::move(options));
  if (verified) return verified->commands >= source.acknowledged;
  if (verified.error().code == Errc::Corrupt) return false;
  return std::unexpected(verified.error());
}

/// How much of a salvaged log can be used.
struct Prefix {
  std::uint64_t until = 0;       ///< the last record whose chain is whole from the first
  std::uint64_t last_known = 0;  ///< the last record that is there at all
  LogLayout layout;
};

/// The row that named the last record of format 1 may be lost; the chain tells as well: a record
/// has the hash of its own format and of no other, and none of format 1 follows one of format 2.
Result<Prefix> longest_prefix(const store::Reader& salvaged, const Watch& watch) {
  const std::string prefix = keys::Key(keys::Table::Log);
  Prefix out;
  Hash256 hash;
  bool whole = true;
  const auto fits = [&](std::string_view value, std::uint64_t sequence, bool format_1) {
    const auto record = LogRecord::parse(value, format_1);
    if (!record || chain_hash(hash.raw(), sequence, *record) != record->hash) return false;
    pb::Envelope envelope;
    if (!envelope.ParseFromString(record->envelope) || envelope.sequence() != sequence) {
      return false;
    }
    hash = record->hash;
    return true;
  };
  const auto take = [&](std::string_view key, std::string_view value) -> Status {
    constexpr std::size_t kKeyBytes = 1 + sizeof(std::uint64_t);
    if (key.size() != kKeyBytes) return {};
    out.last_known = keys::read_u64(key, 1);
    if (!whole) return {};
    const std::uint64_t next = out.until + 1;
    const bool only_format_1 = out.layout.format_1_until == out.until;
    if (out.last_known != next) {
      whole = false;
    } else if (only_format_1 && fits(value, next, true)) {
      out.layout.format_1_until = out.until = next;
    } else if (fits(value, next, false)) {
      out.until = next;
    } else {
      whole = false;
    }
    return tell(watch, {"records checked", out.until, 0});
  };
  TRY_OK(store::each_row(salvaged, prefix, store::prefix_end(prefix), take));
  return out;
}

Status replay_prefix(const store::Reader& salvaged, const Prefix& prefix, store::Store& books,
                     const Watch& watch) {
  Replay replay(books);
  bool enough = false;
  const auto add = [&](const LogRecord& record, const pb::Envelope& envelope) -> Status {
    TRY_OK(replay.add(record, envelope));
    TRY_OK(tell(watch, {"commands replayed", envelope.sequence(), prefix.until}));
    enough = envelope.sequence() == prefix.until;
    // The walk would stumble over what comes behind; its error is not one.
    return enough ? fail(Errc::Conflict, "enough", "the end of what is whole") : Status{};
  };
  const Status walked = walk_log(salvaged, prefix.layout, add);
  if (!walked && !enough) return walked;
  return replay.finish("2", prefix.layout);
}

/// Brings the rows outside the log over. The Merkle tree's are made again by their owner.
Status keep_operational(const store::Reader& salvaged, const RepairSource& source,
                        store::Store& books, Repaired& out) {
  TRY(const auto head, read_record<pb::Head>(books, keys::head()));
  INVARIANT(head);
  const std::string prefix = keys::Key(keys::Table::Operational);
  constexpr std::size_t kBatchRows = 1'024;
  store::Batch batch;
  const auto flush = [&] {
    return books.write(std::exchange(batch, {}), store::Durability::Written);
  };
  const auto take = [&](std::string_view key, std::string_view value) -> Status {
    std::optional<std::string> kept = std::string(value);
    if (source.keep) {
      TRY(kept, source.keep(key, value, *head, books));
    }
    if (!kept) {
      ++out.rows_dropped;
      return {};
    }
    ++out.rows_kept;
    batch.put(std::string(key), *std::move(kept));
    return batch.size() < kBatchRows ? Status{} : flush();
  };
  TRY_OK(store::each_row(salvaged, prefix, store::prefix_end(prefix), take));
  return flush();
}

Result<Repaired> build(const fs::path& copy, const fs::path& books_directory,
                       const RepairSource& source, const Watch& watch) {
  TRY(const auto salvaged, store::open_salvaged(copy));
  TRY(const Prefix prefix, longest_prefix(*salvaged, watch));
  Repaired out;
  out.last_known =
      std::max({prefix.last_known, prefix.until, source.acknowledged, last_checkpoint(source)});
  if (prefix.until == 0) {
    return fail(Errc::Rejected, "nothing_readable",
                "the beginning of the log cannot be read; restore a backup");
  }
  if (prefix.until < last_checkpoint(source)) {
    return fail(Errc::Rejected, "repair_below_checkpoint",
                "the log can be read up to command " + std::to_string(prefix.until) +
                    ", which is below the last checkpoint at " +
                    std::to_string(last_checkpoint(source)) + "; restore a backup");
  }
  TRY(const auto books, store::open_leveldb(books_directory, {}));
  TRY_OK(replay_prefix(*salvaged, prefix, *books, watch));
  TRY_OK(keep_operational(*salvaged, source, *books, out));
  return out;
}

/// From here on they are books like any other.
Result<Manifest> prove(const fs::path& directory, const fs::path& scratch_directory,
                       const RepairSource& source, const Watch& watch) {
  TRY(const auto books, store::open_leveldb(directory, {}));
  TRY(const auto scratch, store::ScratchStore::create(scratch_directory));
  VerifyOptions options;
  options.empty = &scratch->store();
  options.checkpoints = source.checkpoints;
  options.watch = watch;
  TRY_OK(verify(*books, std::move(options)));
  TRY(const RowDigest rows, digest_rows(*books, watch));
  return manifest_of(*books, rows, source.made);
}

}  // namespace

Result<Repaired> repair(const RepairSource& source, const fs::path& to, const Watch& watch) {
  if (!fs::exists(source.books)) {
    return fail(Errc::NotFound, "no_books", "there are no books in " + source.books.string());
  }
  TRY(const auto part, PartDirectory::create(to));
  const fs::path aside = part->aside();
  TRY_OK(store::create_private_directory(aside));
  // Whoever has the books open would change them while they are copied.
  TRY(const auto lock, store::DirectoryLock::take(source.books));
  TRY_OK(store::copy_tree(source.books, aside / "asked"));
  TRY(const bool whole, is_whole(aside / "asked", aside / "scratch", source, watch));
  if (whole) {
    return fail(Errc::Conflict, "nothing_to_repair",
                "the books are whole, and hold every command that is known to have been answered");
  }
  TRY_OK(store::remove_tree(aside / "asked"));
  TRY_OK(store::copy_tree(source.books, aside / "salvaged"));
  const fs::path made = backup_book(part->path());
  TRY(Repaired out, build(aside / "salvaged", made, source, watch));
  TRY_OK(store::remove_tree(aside / "salvaged"));
  TRY(out.manifest, prove(made, aside / "scratch", source, watch));
  TRY_OK(store::write_file(backup_manifest(part->path()), out.manifest.text()));
  TRY_OK(part->finish());
  return out;
}

}  // namespace settled::ledger
