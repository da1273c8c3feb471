#include "tests/wallet/vectors.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include <catch2/catch.hpp>

#include "ledger/types/hex.hpp"

namespace settled::wallet::tests {

std::optional<std::string> load_vectors_text(const std::string& path) {
  const char* const chosen = std::getenv("SETTLED_VECTORS");
  const std::filesystem::path root =
      chosen != nullptr ? std::filesystem::path(chosen)
                        : std::filesystem::path(SETTLED_SOURCE_DIR) / ".." / "shared" / "vectors";
  std::ifstream file(root / path, std::ios::binary);
  if (!file) {
    std::cout << "skipped: no vectors " << path << '\n';
    return std::nullopt;
  }
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::optional<nlohmann::json> load_vectors(const std::string& path) {
  const auto text = load_vectors_text(path);
  if (!text) return std::nullopt;
  return nlohmann::json::parse(*text);
}

Bytes hex(const nlohmann::json& value) {
  auto bytes = from_hex(value.get<std::string>());
  REQUIRE(bytes);
  return *std::move(bytes);
}

std::string text(const nlohmann::json& value) {
  return value.get<std::string>();
}

}  // namespace settled::wallet::tests
