#pragma once

#include <cstdint>
#include <memory>
#include <simdjson.h>
#include <string_view>

// The library's flag changes the parser's size: a file compiled without it would destroy another
// layout than the one that was made. Link PkgConfig::SIMDJSON.
#ifndef SIMDJSON_THREADS_ENABLED
#error "simdjson's own compile flags are missing"
#endif

#include "chains/evm/u256.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/hex.hpp"
#include "ledger/types/result.hpp"

/// Fields of answers that are large: logs, blocks, receipts. The text is parsed by simdjson, whose
/// tree takes a tenth of the time of the one that small answers are read from (decode.hpp).
/// Whatever is missing or malformed is Corrupt `bad_answer`. Of a key that is there twice the first
/// counts. Internal to the .cpp files that decode answers.
namespace settled::chains::rpc::fields {

using Value = simdjson::dom::element;
using Object = simdjson::dom::object;
using Array = simdjson::dom::array;

std::unexpected<Error> bad(std::string_view what);

/// A parsed text and the tree within it.
class Document {
 public:
  /// Any JSON text (RFC 8259) of valid UTF-8, nested at most 64 deep.
  static Result<Document> parse(std::string_view text);
  const Value& root() const { return root_; }

 private:
  std::unique_ptr<simdjson::dom::parser> parser_;  // owns the tree
  Value root_;
};

Result<Object> object(const Value& value, std::string_view what);
Result<Array> array(const Value& value, std::string_view what);
Result<Value> member(const Object& object, std::string_view name);
Result<Array> array_at(const Object& object, std::string_view name);
/// Missing, or null.
bool is_absent(const Object& object, std::string_view name);

/// Hexadecimal with its `0x`, as a node's always has.
Result<std::string_view> digits(const Value& value, std::string_view what);
Result<Bytes> data_at(const Object& object, std::string_view name);
Result<evm::U256> quantity_at(const Object& object, std::string_view name);
Result<std::uint64_t> quantity64_at(const Object& object, std::string_view name);
/// Up to 2^31 - 1: nodes have answered negative indexes as huge ones.
Result<std::uint32_t> index_at(const Object& object, std::string_view name);
/// False where it is absent.
Result<bool> flag_at(const Object& object, std::string_view name);

template <typename T>
Result<T> fixed(const Value& value, std::string_view what) {
  TRY(const std::string_view text, digits(value, what));
  auto out = fixed_from_hex<T>(text);
  if (!out) return bad(what);
  return *out;
}

template <typename T>
Result<T> fixed_at(const Object& object, std::string_view name) {
  TRY(const Value value, member(object, name));
  return fixed<T>(value, name);
}

}  // namespace settled::chains::rpc::fields
