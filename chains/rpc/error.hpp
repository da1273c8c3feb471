#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ledger/types/result.hpp"

namespace settled::chains::rpc {

/// What a node's error object means for us. Nodes agree on few codes, so their words decide, in any
/// letter case. Code and message are kept in the detail, cut to a length fit for a log. Pure.
///   Rejected `range_refused`: eth_getLogs of fewer blocks may work
///   Rejected `already_known`, `nonce_too_low`, `underpriced`, `insufficient_funds`: a transaction
///   Rejected `reverted`, `method_not_found`, and `rpc_error` for all else
///   Unavailable `throttled`: too many requests; `lagging_backend`: it lacks the block or its
///   state yet; `pruned`: it has thrown it away; `node_unready`: it says so itself
Error classify(std::int64_t code, std::string_view message);

/// What a node said, at most `most` bytes of it, with a blank for each that is not printable ASCII:
/// fit for a log, and for a text that is stored. Pure.
std::string printable(std::string_view said, std::size_t most);

}  // namespace settled::chains::rpc
