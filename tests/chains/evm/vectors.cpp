#include "tests/chains/evm/vectors.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include <catch2/catch.hpp>

#include "ledger/types/hex.hpp"

namespace settled::chains::evm::tests {
namespace {

std::filesystem::path vectors_root() {
  const char* chosen = std::getenv("SETTLED_VECTORS");
  return chosen != nullptr ? std::filesystem::path(chosen)
                           : std::filesystem::path(SETTLED_SOURCE_DIR) / "../shared/vectors";
}

bool present(const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) return true;
  std::cout << "skipped: no vectors (" << path.filename().string() << ")\n";
  return false;
}

}  // namespace

nlohmann::json load_json(const std::filesystem::path& file) {
  std::ifstream stream(file);
  REQUIRE(stream);
  return nlohmann::json::parse(stream);
}

std::optional<nlohmann::json> load_vectors(std::string_view file) {
  const auto path = vectors_root() / file;
  if (!present(path)) return {};
  return load_json(path);
}

std::vector<std::filesystem::path> vector_files(std::string_view folder) {
  const auto path = vectors_root() / folder;
  std::vector<std::filesystem::path> files;
  if (!present(path)) return files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::string text(const nlohmann::json& value) {
  REQUIRE(value.is_string());
  return value.get<std::string>();
}

Bytes unhex(const nlohmann::json& digits) {
  return unhex(std::string_view(text(digits)));
}

Bytes unhex(std::string_view digits) {
  const auto bytes = from_hex(digits);
  REQUIRE(bytes.has_value());
  return *bytes;
}

}  // namespace settled::chains::evm::tests
