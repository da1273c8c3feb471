#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/backup.hpp"
#include "ledger/proof/checkpoint.hpp"
#include "ledger/records.pb.h"
#include "ledger/watch.hpp"

namespace settled::ledger {

struct RepairSource {
  std::filesystem::path books;  ///< the damaged store's directory; nothing in it is changed
  /// Signed ones, their signatures proven: what is repaired must reach the last of them.
  std::vector<proof::Checkpoint> checkpoints;
  std::uint64_t acknowledged = 0;  ///< the last command that is known to have been answered, or 0
  /// What becomes of a row outside the log ('O') in the repaired books, of which the head and a
  /// reader are given: its value, or nothing where it cannot be kept. Without one all are kept.
  std::function<Result<std::optional<std::string>>(std::string_view key, std::string_view value,
                                                   const pb::Head& head,
                                                   const store::Reader& repaired)>
      keep;
  Time made;  ///< for the manifest
};

struct Repaired {
  Manifest manifest;               ///< of the backup that was made: its last command is the cut
  std::uint64_t last_known = 0;    ///< the last command of which there is a trace
  std::uint64_t rows_kept = 0;     ///< outside the log
  std::uint64_t rows_dropped = 0;  ///< outside the log
};

/// Makes a backup out of damaged books. On a copy of their files: reads what is readable, takes the
/// longest beginning of the log whose chain is whole, and replays it into new books, so that tables
/// are made again and never patched. Only the end of the log may be cut, and never below the last
/// checkpoint: what comes out is books that once were, with a known number of commands missing.
///
/// Errors: Conflict `nothing_to_repair` where the books are whole and nothing of them is known to
/// be missing; Conflict `store_locked` while they are in use; Rejected `repair_below_checkpoint`
/// where the readable log ends before the last checkpoint, `nothing_readable` where it has no
/// beginning; Corrupt `checkpoint_contradicts`, `replay_diverged`, `store_beyond_repair`; those of
/// PartDirectory and of files; what `watch` returns.
Result<Repaired> repair(const RepairSource& source, const std::filesystem::path& to,
                        const Watch& watch = {});

}  // namespace settled::ledger
