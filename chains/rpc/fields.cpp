#include "chains/rpc/fields.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace settled::chains::rpc::fields {
namespace {

constexpr std::string_view kPrefix = "0x";

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

Status pick(const Value& value, std::span<const std::string_view> names, std::size_t required,
            std::span<std::optional<Value>> out, std::string_view what) {
  TRY(const simdjson::dom::object object, as<simdjson::dom::object>(value, what));
  for (const auto field : object) {
    const auto name = std::ranges::find(names, field.key);
    if (name == names.end()) continue;
    auto& slot = out[static_cast<std::size_t>(name - names.begin())];
    if (slot) return bad(std::string("single ") + std::string(*name));
    slot = field.value;
  }
  for (std::size_t i = 0; i < required; ++i) {
    if (!out[i]) return bad(names[i]);
  }
  for (std::optional<Value>& slot : out.subspan(required)) {
    if (slot && slot->is_null()) slot.reset();
  }
  return {};
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
  if (!text.starts_with(kPrefix)) return bad(what);
  return text;
}

Status fixed(const Value& value, std::string_view what, std::span<std::uint8_t> out) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS || !text.starts_with(kPrefix) ||
      !decode_hex(text.substr(kPrefix.size()), out)) {
    return bad(what);
  }
  return {};
}

Status data(const Value& value, std::string_view what, Bytes& out) {
  TRY(const std::string_view text, digits(value, what));
  const std::string_view bare = text.substr(kPrefix.size());
  out.resize(bare.size() / 2);
  if (!decode_hex(bare, out)) return bad(what);
  return {};
}

Result<Bytes> data_at(const Object& object, std::string_view name) {
  TRY(const Value value, member(object, name));
  Bytes out;
  TRY_OK(data(value, name, out));
  return out;
}

Result<evm::U256> quantity_at(const Object& object, std::string_view name) {
  TRY(const Value value, member(object, name));
  TRY(const std::string_view text, digits(value, name));
  auto out = evm::parse_quantity(text);
  if (!out) return bad(name);
  return out;
}

Result<std::uint64_t> quantity64(const Value& value, std::string_view what) {
  TRY(const std::string_view text, digits(value, what));
  auto out = evm::parse_quantity64(text);
  if (!out) return bad(what);
  return out;
}

Result<std::uint64_t> quantity64_at(const Object& object, std::string_view name) {
  TRY(const Value value, member(object, name));
  return quantity64(value, name);
}

Result<std::uint32_t> index(const Value& value, std::string_view what) {
  TRY(const std::uint64_t number, quantity64(value, what));
  if (number > std::numeric_limits<std::int32_t>::max()) return bad(what);
  return static_cast<std::uint32_t>(number);
}

Result<std::uint32_t> index_at(const Object& object, std::string_view name) {
  TRY(const Value value, member(object, name));
  return index(value, name);
}

Result<std::uint64_t> number_at(const Object& object, std::string_view name) {
  TRY(const Value value, member(object, name));
  return as<std::uint64_t>(value, name);
}

Result<std::string_view> text_at(const Object& object, std::string_view name) {
  TRY(const Value value, member(object, name));
  return as<std::string_view>(value, name);
}

Result<bool> flag(const Value& value, std::string_view what) {
  return as<bool>(value, what);
}

}  // namespace settled::chains::rpc::fields
