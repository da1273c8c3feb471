#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "ledger/types/result.hpp"

namespace settled::daemon::json {

/// Objects and arrays inside one another, the outermost counted.
inline constexpr std::size_t kMaxDepth = 32;

/// RFC 8259 and nothing else: no byte order mark, comment, trailing comma, NaN or lone surrogate.
/// Refused beyond that, since two readers could understand them differently: a key twice in one
/// object, numbers that are not 64-bit integers, U+0000.
/// Errors, all Invalid: `invalid_json` (with the byte's place), `invalid_utf8`, `json_too_deep`,
/// `duplicate_key` (param: the key), `invalid_number` (param: the key it stands under).
/// Iterative: the depth of the input costs no stack.
Result<nlohmann::json> parse_strict(std::string_view body);

}  // namespace settled::daemon::json
