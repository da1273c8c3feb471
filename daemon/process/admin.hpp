#pragma once

#include <functional>
#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "ledger/commands.pb.h"
#include "ledger/records.pb.h"
#include "ledger/store/store.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/result.hpp"

namespace settled::daemon::process {

/// What the command line may ask of the books, whether it opens them itself or asks the daemon that
/// has them open: {"command": "keys.create", "name", "merchant"?, "scopes": [..]},
/// {"command": "keys.list"}, {"command": "keys.revoke", "id"}, {"command": "verify"},
/// {"command": "export", ...}: export_piece.hpp.
struct AdminRequest {
  std::optional<ledger::pb::Command> command;  ///< to be applied first, where there is one
  /// The answer, from the applied command's reply (empty where there was none).
  std::function<Result<nlohmann::json>(const ledger::pb::Reply&)> answer;
};

/// Errors: Invalid `invalid_request`, `unknown_scope`. `reader` is used by `answer` too.
Result<AdminRequest> interpret(const nlohmann::json& request, const ledger::store::Reader& reader,
                               Random& random);

}  // namespace settled::daemon::process
