#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "ledger/types/bytes.hpp"

namespace settled::wallet::tests {

/// A file of public test vectors, from `$SETTLED_VECTORS` or ../shared/vectors. Prints
/// "skipped: no vectors" and returns nothing where it is missing.
std::optional<std::string> load_vectors_text(const std::string& path);
std::optional<nlohmann::json> load_vectors(const std::string& path);

/// The bytes of a vector's hexadecimal field, with or without 0x; fails the test if it is none.
Bytes hex(const nlohmann::json& value);
/// A vector's text field.
std::string text(const nlohmann::json& value);

}  // namespace settled::wallet::tests
