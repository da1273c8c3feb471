#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/types/result.hpp"

namespace settled::chains::rpc {

/// A large answer, parsed: blocks, receipts. Its tree is read by fields.hpp, so that who only
/// carries it need not know the parser. Owns all that it holds; may move between threads.
class Document {
 public:
  struct Tree;

  /// Any JSON text (RFC 8259) of valid UTF-8, nested at most 64 deep, whose numbers fit 64 bits.
  /// Corrupt `bad_answer`.
  static Result<Document> parse(std::string_view text);
  /// The same, and without a copy, since it gives the text the room behind it that the parser looks
  /// into (http::kRoomBehind). Its content stays as it is.
  static Result<Document> parse_in_place(std::string& text);
  Document(Document&& other) noexcept;
  Document& operator=(Document&& other) noexcept;
  ~Document();

  const Tree& tree() const { return *tree_; }
  bool is_null() const;
  /// Each element of an array, which keep what was parsed alive together; nothing where the root is
  /// no array.
  std::optional<std::vector<Document>> elements() const;
  /// What stands under `name` becomes the root. Corrupt `bad_answer` where nothing does, or twice.
  Status descend(std::string_view name);

 private:
  explicit Document(std::unique_ptr<Tree> tree);
  static Result<Document> parse(std::string_view text, bool copy);

  std::unique_ptr<Tree> tree_;
};

}  // namespace settled::chains::rpc
