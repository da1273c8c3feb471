#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace settled::daemon::json {

/// One text for one value: keys sorted by their bytes, no blanks, no needless escapes. Two bodies
/// that `parse_strict` reads as the same value have the same canonical form, whatever their layout;
/// idempotency fingerprints hash it. REQUIRES: a value from `parse_strict`.
std::string canonical(const nlohmann::json& value);

}  // namespace settled::daemon::json
