#pragma once

#include <nlohmann/json_fwd.hpp>

#include "ledger/store/store.hpp"
#include "ledger/types/result.hpp"

namespace settled::daemon::process {

/// One piece of an export, for the command line: {"command": "export", "format", "merchant",
/// "currency", "from", "until" (texts, empty: not narrowed), "livemode", "place" (empty: the
/// beginning)} ->
/// {"text", "place" (empty: that was all)}. Errors: Invalid `invalid_request`, `missing_parameter`,
/// `invalid_parameter`, `invalid_place`; NotFound for a merchant that there is not.
Result<nlohmann::json> export_piece(const nlohmann::json& request,
                                    const ledger::store::Reader& reader);

}  // namespace settled::daemon::process
