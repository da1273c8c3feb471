#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "ledger/backup.hpp"
#include "ledger/proof/checkpoint.hpp"
#include "ledger/store/store.hpp"
#include "ledger/watch.hpp"

namespace settled::ledger {

struct RestoreSource {
  std::filesystem::path from;      ///< a backup; only read
  std::filesystem::path data_dir;  ///< where `book` is to be
  /// Those that the backup's log must agree with; none of them may be above its end.
  std::vector<proof::Checkpoint> checkpoints;
  store::Batch rows = {};  ///< outside the log ('O'): written once all is proven
};

/// Books that were built beside their place from a backup and proven, and not put there yet. Goes,
/// with what it built, unless it is swapped in.
class Restore {
 public:
  /// Copies the books of the backup, compares every row with the manifest, and verifies them, with
  /// a replay. Errors: Conflict `target_not_empty` where the data directory has books; Corrupt
  /// `bad_manifest`, `backup_damaged`, and those of `verify`; NotFound `no_file`; those of
  /// PartDirectory; what `watch` returns.
  static Result<Restore> prepare(RestoreSource source, const Watch& watch = {});

  const Manifest& manifest() const { return manifest_; }
  /// Where the books are until they are swapped in; closed.
  std::filesystem::path built() const { return part_->path(); }
  /// Puts the books in their place, in one durable step. To be called once.
  Status swap() { return part_->finish(); }

 private:
  Restore(std::unique_ptr<PartDirectory> part, Manifest manifest)
      : part_(std::move(part)), manifest_(std::move(manifest)) {}

  std::unique_ptr<PartDirectory> part_;
  Manifest manifest_;
};

/// Whether a backup may be put in place where more was known: `known` is the last command of which
/// a witness knows, `accepted` the one that the operator names as the last that there will be.
/// Errors: Rejected `restore_would_lose`, saying how many commands; Invalid `wrong_accept_loss`
/// where `accepted` is not the backup's last command.
Status allow_loss(const Manifest& backup, std::uint64_t known,
                  std::optional<std::uint64_t> accepted);

/// The books of a data directory.
std::filesystem::path book_directory(const std::filesystem::path& data_dir);

}  // namespace settled::ledger
