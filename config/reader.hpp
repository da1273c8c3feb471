#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/document.hpp"
#include "ledger/types/amount.hpp"
#include "ledger/types/result.hpp"

namespace settled::config {

/// Everything that is wrong with a settings file, gathered while it is read.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}

  void add(std::uint32_t line, std::string message);
  bool none() const { return found_.empty(); }
  /// Invalid `bad_settings`, one "FILE:LINE: message" a line, in the order of lines.
  Error error() const;

 private:
  std::string file_;
  std::vector<std::pair<std::uint32_t, std::string>> found_;
};

/// Of `known`, the name that `wrong` most likely meant; empty where none is near.
std::string_view nearest(std::string_view wrong, const std::vector<std::string_view>& known);

enum class Presence : std::uint8_t { Optional, Required };

/// Reads one table. Each accessor asks for one key; a key that is missing although required, or
/// that has another type or range, is reported and answered with nullopt. At its end the reader
/// reports every key that nobody asked for, so all keys of a table are asked for on every path.
class TableReader {
 public:
  /// `title` as it stands in the file: "[daemon]", "[[chain]]"; "the settings" for the root.
  /// `problems` and `table` outlive the reader.
  TableReader(Problems& problems, const Value& table, std::string title);
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;
  ~TableReader();

  /// The value whatever its type; null where it is missing.
  const Value* any(std::string_view key, Presence presence = Presence::Optional);
  std::optional<std::string> text(std::string_view key, Presence presence = Presence::Optional);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max,
                                      Presence presence = Presence::Optional);
  std::optional<bool> boolean(std::string_view key, Presence presence = Presence::Optional);
  /// Money is a string: a TOML number with a point would already have been rounded.
  std::optional<Amount> money(std::string_view key);
  std::optional<std::chrono::seconds> seconds(std::string_view key, std::int64_t min,
                                              std::int64_t max);
  /// Strings, at least one.
  std::optional<std::vector<std::string>> texts(std::string_view key,
                                                Presence presence = Presence::Optional);
  /// The table under a key, or null.
  const Value* table(std::string_view key, Presence presence = Presence::Optional);
  /// The tables of `[[key]]`; empty where there are none, or where something else is there, which
  /// is reported.
  std::vector<const Value*> tables(std::string_view key);

  /// "`key` in [title] MESSAGE", at the key's line, or at the table's where the key is missing.
  void refuse(std::string_view key, const std::string& message);
  std::uint32_t line() const { return table_.line; }

 private:
  const Value* find(std::string_view key) const;
  const Value* expect(std::string_view key, Presence presence, Value::Kind kind,
                      std::string_view wanted);
  std::string child_title(std::string_view key, bool list) const;

  Problems& problems_;
  const Value& table_;
  std::string title_;
  std::vector<std::string_view> asked_;
};

}  // namespace settled::config
