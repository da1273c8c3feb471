#include "chains/rpc/document.hpp"

#include <cstddef>
#include <utility>

#include "chains/rpc/fields.hpp"

namespace settled::chains::rpc {
namespace {

constexpr std::size_t kMaxDepth = 64;

}  // namespace

Document::Document(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
Document::Document(Document&& other) noexcept = default;
Document& Document::operator=(Document&& other) noexcept = default;
Document::~Document() = default;

Result<Document> Document::parse(std::string_view text) {
  auto tree = std::make_unique<Tree>();
  if (tree->parser.allocate(text.size(), kMaxDepth) != simdjson::SUCCESS ||
      tree->parser.parse(text.data(), text.size()).get(tree->root) != simdjson::SUCCESS) {
    return fields::bad("JSON");
  }
  return Document(std::move(tree));
}

bool Document::is_null() const {
  return tree_->root.is_null();
}

Status Document::descend(std::string_view name) {
  TRY(const fields::Object object, fields::object(tree_->root, "object"));
  TRY(tree_->root, fields::member(object, name));
  return {};
}

}  // namespace settled::chains::rpc
