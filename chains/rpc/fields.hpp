#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <simdjson.h>
#include <span>
#include <string_view>

#include <boost/container/small_vector.hpp>

// The library's flag changes the parser's size: a file compiled without it would destroy another
// layout than the one that was made. Link PkgConfig::SIMDJSON.
#ifndef SIMDJSON_THREADS_ENABLED
#error "simdjson's own compile flags are missing"
#endif

#include "chains/evm/u256.hpp"
#include "chains/rpc/document.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/hex.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains::rpc {

struct Document::Tree {
  std::shared_ptr<simdjson::dom::parser> parser;  // owns what `root` is a view of
  simdjson::dom::element root;
};

}  // namespace settled::chains::rpc

/// Fields of answers that are large: logs, blocks, receipts. The text is parsed by simdjson, whose
/// tree takes a tenth of the time of the one that small answers are read from (decode.hpp).
/// Whatever is missing, malformed or there twice is Corrupt `bad_answer`: of two values under
/// one name, two readers could take different ones. Internal to the .cpp files that decode answers.
namespace settled::chains::rpc::fields {

using Value = simdjson::dom::element;
using Array = simdjson::dom::array;

struct Field {
  std::string_view name;
  Value value;
};

/// The fields of an object, side by side: each is asked for by name, and walking the parser's tree
/// once for every name took longer than decoding what was found.
using Object = boost::container::small_vector<Field, 16>;

std::unexpected<Error> bad(std::string_view what);

/// Where a document is read from; views it.
const Value& root(const Document& document);

/// At most `kMostFields` of them: no answer has as many.
inline constexpr std::size_t kMostFields = 256;
Result<Object> object(const Value& value, std::string_view what);
Result<Array> array(const Value& value, std::string_view what);
Result<Value> member(const Object& object, std::string_view name);
Result<Array> array_at(const Object& object, std::string_view name);
/// Missing, or null. What is there twice is not absent.
bool is_absent(const Object& object, std::string_view name);

/// The values of an object under `names`, in their order, found in one walk and without memory of
/// their own: for what an answer holds thousands of. The first `required` must be there; the others
/// are nothing where they are missing or null.
Status pick(const Value& value, std::span<const std::string_view> names, std::size_t required,
            std::span<std::optional<Value>> out, std::string_view what);

/// Hexadecimal with its `0x`, as a node's always has.
Result<std::string_view> digits(const Value& value, std::string_view what);
/// As many bytes as `out` has.
Status fixed(const Value& value, std::string_view what, std::span<std::uint8_t> out);
Status data(const Value& value, std::string_view what, Bytes& out);
Result<Bytes> data_at(const Object& object, std::string_view name);
Result<evm::U256> quantity_at(const Object& object, std::string_view name);
Result<std::uint64_t> quantity64(const Value& value, std::string_view what);
Result<std::uint64_t> quantity64_at(const Object& object, std::string_view name);
/// Up to 2^31 - 1: nodes have answered negative indexes as huge ones.
Result<std::uint32_t> index(const Value& value, std::string_view what);
Result<std::uint32_t> index_at(const Object& object, std::string_view name);
/// A number of JSON itself.
Result<std::uint64_t> number_at(const Object& object, std::string_view name);
Result<std::string_view> text_at(const Object& object, std::string_view name);
Result<bool> flag(const Value& value, std::string_view what);

template <typename T>
Result<T> fixed(const Value& value, std::string_view what) {
  T out;
  TRY_OK(fixed(value, what, out.bytes));
  return out;
}

template <typename T>
Result<T> fixed_at(const Object& object, std::string_view name) {
  TRY(const Value value, member(object, name));
  return fixed<T>(value, name);
}

}  // namespace settled::chains::rpc::fields
