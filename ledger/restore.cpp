#include "ledger/restore.hpp"

#include <utility>

#include "ledger/store/files.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "ledger/store/scratch.hpp"
#include "ledger/verify.hpp"

namespace settled::ledger {
namespace {

namespace fs = std::filesystem;

/// The books in `directory` are those of the manifest, and are what their log makes.
Status prove(const fs::path& directory, const fs::path& scratch_directory, const Manifest& manifest,
             std::vector<proof::Checkpoint> checkpoints, const Watch& watch) {
  const auto damaged = [](const std::string& why) {
    return fail(Errc::Corrupt, "backup_damaged", "the backup is not what it was: " + why);
  };
  const auto opened = store::open_leveldb(directory, {});
  if (!opened) return damaged(opened.error().detail);
  const store::Store& books = **opened;
  const auto rows = digest_rows(books, watch);
  if (!rows && rows.error().code == Errc::Corrupt) return damaged(rows.error().detail);
  if (!rows) return std::unexpected(rows.error());
  if (*rows != manifest.rows) return damaged("other rows than the manifest says");
  TRY(const auto scratch, store::ScratchStore::create(scratch_directory));
  VerifyOptions options;
  options.empty = &scratch->store();
  options.checkpoints = std::move(checkpoints);
  options.watch = watch;
  TRY(const Verified verified, verify(books, std::move(options)));
  if (verified.commands != manifest.sequence || verified.log_hash != manifest.hash ||
      verified.state_hash != manifest.state) {
    return damaged("its log ends elsewhere than the manifest says");
  }
  return {};
}

}  // namespace

Status allow_loss(const Manifest& backup, std::uint64_t known,
                  std::optional<std::uint64_t> accepted) {
  const std::string last = std::to_string(backup.sequence);
  if (accepted && *accepted != backup.sequence) {
    return fail(Errc::Invalid, "wrong_accept_loss",
                "the backup ends with command " + last + ", not with " + std::to_string(*accepted) +
                    ": --accept-loss names the backup's last command");
  }
  if (accepted || known <= backup.sequence) return {};
  return fail(Errc::Rejected, "restore_would_lose",
              "the backup ends with command " + last + " of " + to_rfc3339(backup.time) +
                  ", and command " + std::to_string(known) +
                  " was acknowledged: " + std::to_string(known - backup.sequence) +
                  " commands would be lost. Look for a later backup, or a repair, first; if this "
                  "is the best there is, add --accept-loss " +
                  last);
}

fs::path book_directory(const fs::path& data_dir) {
  return data_dir / "book";
}

Result<Restore> Restore::prepare(RestoreSource source, const Watch& watch) {
  TRY(Manifest manifest, read_manifest(source.from));
  TRY(auto part, PartDirectory::create(book_directory(source.data_dir)));
  TRY_OK(store::copy_tree(backup_book(source.from), part->path()));
  TRY_OK(prove(part->path(), part->aside(), manifest, std::move(source.checkpoints), watch));
  if (!source.rows.empty()) {
    TRY(const auto books, store::open_leveldb(part->path(), {}));
    TRY_OK(books->write(source.rows, store::Durability::Synced));
  }
  return Restore(std::move(part), std::move(manifest));
}

}  // namespace settled::ledger
