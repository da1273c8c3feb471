#include "tests/chains/proof/evidence_data.hpp"

#include <filesystem>
#include <fstream>

namespace settled::chains::proof::tests {

nlohmann::json evidence_file(std::string_view name) {
  const auto path = std::filesystem::path(SETTLED_SOURCE_DIR) / "tests/data/evidence" / name;
  std::ifstream stream(path);
  INVARIANT(stream.good());
  return nlohmann::json::parse(stream);
}

Result<ProvenHeader> prove_header(std::string_view block) {
  TRY(const rpc::Document document, rpc::Document::parse(block));
  return proof::prove_header(document);
}

Result<ProvenBlock> prove_block(std::string_view block, std::string_view receipts) {
  TRY(const rpc::Document block_document, rpc::Document::parse(block));
  TRY(const rpc::Document receipts_document, rpc::Document::parse(receipts));
  return proof::prove_block(block_document, receipts_document);
}

Result<ProvenBlock> Answers::prove() const {
  return prove_block(block.dump(), receipts.dump());
}

std::string Answers::refusal() const {
  const auto proven = prove();
  return proven ? "" : proven.error().reason;
}

Answers answers(std::string_view name) {
  nlohmann::json file = evidence_file(name);
  return {std::move(file["block"]), std::move(file["receipts"])};
}

void flip(nlohmann::json& value) {
  if (!value.is_string() || value.get_ref<std::string&>().size() < 3) {
    value = nullptr;
    return;
  }
  char& last = value.get_ref<std::string&>().back();
  last = last == '1' ? '0' : '1';
}

}  // namespace settled::chains::proof::tests
