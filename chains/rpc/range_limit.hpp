#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace settled::chains::rpc {

/// How many blocks, the first and the last included, the words of a refused eth_getLogs allow: a
/// number, a range that "should work", or what that provider is known to allow. Nothing where they
/// name no number of blocks, such as for too many results. Some providers name one more than they
/// take; where that many are refused as well, one fewer is worth a question. Any letter case; the
/// detail of `classify` (error.hpp) may be given as it is. Pure.
std::optional<std::uint64_t> blocks_allowed(std::string_view said);

}  // namespace settled::chains::rpc
