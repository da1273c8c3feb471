#pragma once

#include <vector>

#include "chains/rpc/fields.hpp"
#include "chains/rpc/types.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::rpc {

/// One log of an answer. Corrupt `removed_log` for one that the node has taken back. Pure; internal
/// to the .cpp files that decode answers.
Result<Log> read_log(const fields::Value& log);
/// A list of them, as eth_getLogs answers it.
Result<std::vector<Log>> read_logs(const fields::Value& logs);
/// A block's header, of eth_getBlockByNumber.
Result<Header> read_header(const fields::Value& block);
/// The header of the block that was asked for. NotFound `no_such_block` for null, Corrupt
/// `another_block`.
Result<Header> read_header_of(const Document& answer, const BlockTag& asked);

}  // namespace settled::chains::rpc
