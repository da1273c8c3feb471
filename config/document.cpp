#include "config/document.hpp"

#include <algorithm>
#include <string>

// An error is a value here, not an exception; and the header alone is used, since the shared
// library is built the other way.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace settled::config {
namespace {

Value convert(const toml::node& node);

Value convert_table(const toml::table& table) {
  Value out{.kind = Value::Kind::Table};
  for (const auto& [key, node] : table) {
    Value member = convert(node);
    // A table's own region begins at its header, which is what a missing key is reported at.
    if (member.kind != Value::Kind::Table) member.line = key.source().begin.line;
    out.members.emplace_back(std::string(key.str()), std::move(member));
  }
  return out;
}

Value convert_array(const toml::array& array) {
  Value out{.kind = Value::Kind::Array};
  for (const toml::node& node : array) out.items.push_back(convert(node));
  return out;
}

std::string_view name_of(toml::node_type type) {
  switch (type) {
    case toml::node_type::floating_point:
      return "a number with a point";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
    case toml::node_type::none:
    case toml::node_type::table:
    case toml::node_type::array:
    case toml::node_type::string:
    case toml::node_type::integer:
    case toml::node_type::boolean:
      break;
  }
  return "something else";
}

Value convert(const toml::node& node) {
  Value out;
  if (const toml::table* table = node.as_table()) {
    out = convert_table(*table);
  } else if (const toml::array* array = node.as_array()) {
    out = convert_array(*array);
  } else if (const toml::value<std::string>* text = node.as_string()) {
    out.kind = Value::Kind::String;
    out.text = text->get();
  } else if (const toml::value<std::int64_t>* integer = node.as_integer()) {
    out.kind = Value::Kind::Integer;
    out.integer = integer->get();
  } else if (const toml::value<bool>* boolean = node.as_boolean()) {
    out.kind = Value::Kind::Boolean;
    out.boolean = boolean->get();
  } else {
    out.kind = Value::Kind::Other;
    out.other_name = name_of(node.type());
  }
  out.line = std::max<std::uint32_t>(node.source().begin.line, 1);
  return out;
}

}  // namespace

std::string_view describe(const Value& value) {
  switch (value.kind) {
    case Value::Kind::String:
      return "a string";
    case Value::Kind::Integer:
      return "an integer";
    case Value::Kind::Boolean:
      return "true or false";
    case Value::Kind::Array:
      return "a list";
    case Value::Kind::Table:
      return "a table";
    case Value::Kind::Other:
      break;
  }
  return value.other_name;
}

Result<Value> parse_document(std::string_view text, std::string_view file) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const std::uint32_t line = std::max<std::uint32_t>(parsed.error().source().begin.line, 1);
    return fail(Errc::Invalid, "bad_settings",
                std::string(file) + ":" + std::to_string(line) + ": " +
                    std::string(parsed.error().description()));
  }
  Value root = convert_table(parsed.table());
  root.line = 1;
  return root;
}

}  // namespace settled::config
