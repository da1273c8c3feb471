#pragma once

#include <string_view>
#include <vector>

#include "chains/rpc/types.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::rpc {

/// What eth_getLogs answers, from its text: an array of logs. The same values and errors as
/// `decode_logs` (decode.hpp), in a fraction of the time. Pure.
Result<std::vector<Log>> parse_logs(std::string_view json);

}  // namespace settled::chains::rpc
