#include "chains/rpc/document.hpp"

#include <cstddef>
#include <utility>

#include "chains/http/transport.hpp"
#include "chains/rpc/fields.hpp"

namespace settled::chains::rpc {
namespace {

constexpr std::size_t kMaxDepth = 64;
/// Of the text that a spare parser has room for; its own memory is some ten times as much address
/// space, and as much of it in use as the largest text needed.
constexpr std::size_t kMostSpare = std::size_t{8} << 20U;

using Parser = simdjson::dom::parser;

/// The largest parser that this thread has let go. The memory of a new one is asked of the kernel
/// page by page, which took as long as half of the parsing.
thread_local std::unique_ptr<Parser> spare_parser;

void keep(Parser* parser) {
  std::unique_ptr<Parser> owned(parser);
  if (owned->capacity() > kMostSpare) return;
  if (!spare_parser || spare_parser->capacity() < owned->capacity()) {
    spare_parser = std::move(owned);
  }
}

/// Nothing where it has no room for `size` bytes.
std::shared_ptr<Parser> parser_for(std::size_t size) {
  auto parser = spare_parser ? std::move(spare_parser) : std::make_unique<Parser>();
  if (parser->capacity() < size && parser->allocate(size, kMaxDepth) != simdjson::SUCCESS) {
    return nullptr;
  }
  return {parser.release(), keep};
}

}  // namespace

Document::Document(std::unique_ptr<Tree> tree) : tree_(std::move(tree)) {}
Document::Document(Document&& other) noexcept = default;
Document& Document::operator=(Document&& other) noexcept = default;
Document::~Document() = default;

Result<Document> Document::parse(std::string_view text, bool copy) {
  auto tree = std::make_unique<Tree>();
  tree->parser = parser_for(text.size());
  if (!tree->parser ||
      tree->parser->parse(text.data(), text.size(), copy).get(tree->root) != simdjson::SUCCESS) {
    return fields::bad("JSON");
  }
  return Document(std::move(tree));
}

Result<Document> Document::parse(std::string_view text) {
  return parse(text, true);
}

Result<Document> Document::parse_in_place(std::string& text) {
  static_assert(http::kRoomBehind >= simdjson::SIMDJSON_PADDING);
  text.reserve(text.size() + http::kRoomBehind);
  return parse(text, false);
}

bool Document::is_null() const {
  return tree_->root.is_null();
}

std::optional<std::vector<Document>> Document::elements() const {
  simdjson::dom::array array;
  if (tree_->root.get(array) != simdjson::SUCCESS) return std::nullopt;
  std::vector<Document> out;
  out.reserve(array.size());
  for (const simdjson::dom::element element : array) {
    auto tree = std::make_unique<Tree>();
    tree->parser = tree_->parser;
    tree->root = element;
    out.push_back(Document(std::move(tree)));
  }
  return out;
}

Status Document::descend(std::string_view name) {
  TRY(const fields::Object object, fields::object(tree_->root, "object"));
  TRY(tree_->root, fields::member(object, name));
  return {};
}

}  // namespace settled::chains::rpc
