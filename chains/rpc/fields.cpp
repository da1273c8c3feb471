#include "chains/rpc/fields.hpp"

#include <limits>
#include <string>

namespace settled::chains::rpc::fields {
namespace {

template <typename Out>
Result<Out> as(const Value& value, std::string_view what) {
  Out out;
  if (value.get(out) != simdjson::SUCCESS) return bad(what);
  return out;
}

}  // namespace

std::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::Corrupt, "bad_answer", "the node's answer has no valid " + std::string(what));
}

const Value& root(const Document& document) {
  return document.tree().root;
}

Result<Object> object(const Value& value, std::string_view what) {
  TRY(const simdjson::dom::object fields, as<simdjson::dom::object>(value, what));
  Object out;
  for (const auto field : fields) {
    if (out.size() == kMostFields) return bad(what);
    out.push_back({field.key, field.value});
  }
  return out;
}

Result<Array> array(const Value& value, std::string_view what) {
  return as<Array>(value, what);
}

Result<Value> member(const Object& object, std::string_view name) {
  const Field* out = nullptr;
  for (const Field& field : object) {
    if (field.name != name) continue;
    if (out) return bad(std::string("single ") + std::string(name));
    out = &field;
  }
  if (!out) return bad(name);
  return out->value;
}

Result<Array> array_at(const Object& object, std::string_view name) {
  TRY(const Value value, member(object, name));
  return array(value, name);
}

bool is_absent(const Object& object, std::string_view name) {
  std::size_t times = 0;
  bool is_null = true;
  for (const Field& field : object) {
    if (field.name != name) continue;
    ++times;
    is_null = field.value.is_null();
  }
  return times == 0 || (times == 1 && is_null);
}

Result<std::string_view> digits(const Value& value, std::string_view what) {
  TRY(const std::string_view text, as<std::string_view>(value, what));
  if (!text.starts_with("0x")) return bad(what);
  return text;
}

Result<Bytes> data_at(const Object& object, std::string_view name) {
  TRY(const Value value, member(object, name));
  TRY(const std::string_view text, digits(value, name));
  auto out = from_hex(text);
  if (!out) return bad(name);
  return out;
}

Result<evm::U256> quantity_at(const Object& object, std::string_view name) {
  TRY(const Value value, member(object, name));
  TRY(const std::string_view text, digits(value, name));
  auto out = evm::parse_quantity(text);
  if (!out) return bad(name);
  return out;
}

Result<std::uint64_t> quantity64_at(const Object& object, std::string_view name) {
  TRY(const Value value, member(object, name));
  TRY(const std::string_view text, digits(value, name));
  auto out = evm::parse_quantity64(text);
  if (!out) return bad(name);
  return out;
}

Result<std::uint32_t> index_at(const Object& object, std::string_view name) {
  TRY(const std::uint64_t value, quantity64_at(object, name));
  if (value > std::numeric_limits<std::int32_t>::max()) return bad(name);
  return static_cast<std::uint32_t>(value);
}

Result<std::uint64_t> number_at(const Object& object, std::string_view name) {
  TRY(const Value value, member(object, name));
  return as<std::uint64_t>(value, name);
}

Result<std::string_view> text_at(const Object& object, std::string_view name) {
  TRY(const Value value, member(object, name));
  return as<std::string_view>(value, name);
}

Result<bool> flag_at(const Object& object, std::string_view name) {
  if (is_absent(object, name)) return false;
  TRY(const Value value, member(object, name));
  return as<bool>(value, name);
}

}  // namespace settled::chains::rpc::fields
