#pragma once

#include <concepts>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "ledger/types/bytes.hpp"

namespace settled::chains::evm::tests {

/// A file of the public test vectors: below `$SETTLED_VECTORS`, or beside the checkout. Nothing,
/// and a line that says so, where the vectors are not there.
std::optional<nlohmann::json> load_vectors(std::string_view file);
/// The .json files below a folder of the vectors, in order; empty where they are not there.
std::vector<std::filesystem::path> vector_files(std::string_view folder);
nlohmann::json load_json(const std::filesystem::path& file);

/// Fails the test on what is no text.
std::string text(const nlohmann::json& value);
/// Fails the test on what is no hex.
Bytes unhex(std::string_view digits);
template <std::same_as<nlohmann::json> Json>
Bytes unhex(const Json& digits) {
  return unhex(text(digits));
}

}  // namespace settled::chains::evm::tests
