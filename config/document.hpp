#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/types/result.hpp"

namespace settled::config {

/// A value of a settings file with its place: the little of TOML 1.0 that settings use.
struct Value {
  enum class Kind : std::uint8_t { String, Integer, Boolean, Array, Table, Other };

  Kind kind = Kind::Table;
  std::uint32_t line = 1;  ///< of the key, or of the table's header
  std::string text = {};   ///< of a String
  std::int64_t integer = 0;
  bool boolean = false;
  std::vector<Value> items = {};                            ///< of an Array
  std::vector<std::pair<std::string, Value>> members = {};  ///< of a Table, in no order
  std::string_view other_name = {};  ///< of an Other: "a number with a point"
};

/// What a value is, with its article, for messages: "a string".
std::string_view describe(const Value& value);

/// Parses a whole TOML document into its root table. `file` goes into the message alone.
/// Error: Invalid `bad_settings`, "FILE:LINE: what is wrong", at the first syntax error.
Result<Value> parse_document(std::string_view text, std::string_view file);

}  // namespace settled::config
