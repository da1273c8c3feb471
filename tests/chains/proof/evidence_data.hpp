#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "chains/proof/block.hpp"

namespace settled::chains::proof::tests {

/// A file of tests/data/evidence (its README.md has the sources).
nlohmann::json evidence_file(std::string_view name);

/// What a node answers about one block.
struct Answers {
  nlohmann::json block;
  nlohmann::json receipts;

  Result<ProvenBlock> prove() const;
  /// The reason for which they are refused; empty where they are not.
  std::string refusal() const;
};
Answers answers(std::string_view name);

/// `prove_header` and `prove_block` of texts.
Result<ProvenHeader> prove_header(std::string_view block);
Result<ProvenBlock> prove_block(std::string_view block, std::string_view receipts);

inline constexpr const char* kMainnet = "mainnet_21925176.json";
inline constexpr const char* kTypes = "anvil_types.json";

/// Another digit in the place of the last one; what is no hexadecimal text is made null.
void flip(nlohmann::json& value);

}  // namespace settled::chains::proof::tests
