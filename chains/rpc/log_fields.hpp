#pragma once

#include "chains/rpc/fields.hpp"
#include "chains/rpc/types.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::rpc {

/// One log of an answer. Corrupt `removed_log` for one that the node has taken back. Pure; internal
/// to the .cpp files that decode answers.
Result<Log> read_log(const fields::Value& log);

}  // namespace settled::chains::rpc
