#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "daemon/process/outside.hpp"
#include "ledger/commands.pb.h"
#include "ledger/records.pb.h"
#include "ledger/store/store.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"
#include "ledger/watch.hpp"

namespace settled::daemon::process {

/// What the command line may ask of the books, whether it opens them itself or asks the daemon that
/// has them open: {"command": "keys.create", "name", "merchant"?, "scopes": [..]},
/// {"command": "keys.list"}, {"command": "keys.revoke", "id"}, {"command": "payouts.release"},
/// {"command": "export", ...}: export_piece.hpp.
struct AdminRequest {
  std::optional<ledger::pb::Command> command;  ///< to be applied first, where there is one
  ledger::store::Batch rows;  ///< outside the log, to be written first, where there are any
  /// The answer, from the applied command's reply (empty where there was none).
  std::function<Result<nlohmann::json>(const ledger::pb::Reply&)> answer;
};

/// Errors: Invalid `invalid_request`, `unknown_scope`. `reader` is used by `answer` too.
Result<AdminRequest> interpret(const nlohmann::json& request, const ledger::store::Reader& reader,
                               Random& random);

/// What the command line may ask to be done with all of the books, which takes as long as they are
/// large: {"command": "verify"}, {"command": "backup", "to": absolute path}.
using BookWork = std::function<Result<nlohmann::json>(const ledger::store::Reader& snapshot,
                                                      const ledger::Watch& watch)>;

/// Where such work is done.
struct WorkPlace {
  std::filesystem::path data_dir;        ///< where a verify may replay
  std::filesystem::path checkpoint_dir;  ///< only read
  Key key;                               ///< who signs checkpoints
};

/// Nothing where it is no such request. To be called before the snapshot is taken: what the
/// checkpoint directory knows now, the snapshot must have. `clock` must outlive the work. Errors:
/// Invalid `invalid_request`; those of `notes_outside`.
Result<std::optional<BookWork>> interpret_work(const nlohmann::json& request,
                                               const WorkPlace& place, const Clock& clock);

}  // namespace settled::daemon::process
