#include "config/reader.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace settled::config {
namespace {

std::string quoted(std::string_view key) {
  return "`" + std::string(key) + "`";
}

std::string range(std::int64_t min, std::int64_t max) {
  if (max == std::numeric_limits<std::int64_t>::max()) {
    return "an integer of at least " + std::to_string(min);
  }
  return "an integer from " + std::to_string(min) + " to " + std::to_string(max);
}

/// Levenshtein's distance.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

void Problems::add(std::uint32_t line, std::string message) {
  found_.emplace_back(line, std::move(message));
}

Error Problems::error() const {
  auto sorted = found_;
  std::ranges::sort(sorted);
  std::string detail;
  for (const auto& [line, message] : sorted) {
    if (!detail.empty()) detail += '\n';
    detail += file_ + ":" + std::to_string(line) + ": " + message;
  }
  return Error{.code = Errc::Invalid, .reason = "bad_settings", .detail = std::move(detail)};
}

std::string_view nearest(std::string_view wrong, const std::vector<std::string_view>& known) {
  constexpr std::size_t kLongest = 64;
  if (wrong.size() > kLongest) return {};
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, wrong.size() / 3) + 1;
  for (const std::string_view name : known) {
    // A unit that was left out is the commonest slip, and many edits: `timeout` for `timeout_s`.
    const bool prefix = wrong.size() >= 4 && name.starts_with(wrong);
    const std::size_t distance = prefix ? 1 : edits(wrong, name);
    if (distance < least && distance < name.size()) {
      best = name;
      least = distance;
    }
  }
  return best;
}

TableReader::TableReader(Problems& problems, const Value& table, std::string title)
    : problems_(problems), table_(table), title_(std::move(title)) {
  INVARIANT(table.kind == Value::Kind::Table);
}

TableReader::~TableReader() {
  for (const auto& [key, value] : table_.members) {
    if (std::ranges::find(asked_, key) != asked_.end()) continue;
    std::string message = "unknown key " + quoted(key) + " in " + title_;
    const std::string_view meant = nearest(key, asked_);
    if (!meant.empty()) message += " (did you mean " + quoted(meant) + "?)";
    problems_.add(value.line, std::move(message));
  }
}

const Value* TableReader::find(std::string_view key) const {
  for (const auto& [name, value] : table_.members) {
    if (name == key) return &value;
  }
  return nullptr;
}

void TableReader::refuse(std::string_view key, const std::string& message) {
  const Value* value = find(key);
  problems_.add(value != nullptr ? value->line : table_.line,
                quoted(key) + " in " + title_ + " " + message);
}

const Value* TableReader::any(std::string_view key, Presence presence) {
  asked_.push_back(key);
  const Value* value = find(key);
  if (value == nullptr && presence == Presence::Required) {
    problems_.add(table_.line, "missing key " + quoted(key) + " in " + title_);
  }
  return value;
}

const Value* TableReader::expect(std::string_view key, Presence presence, Value::Kind kind,
                                 std::string_view wanted) {
  const Value* value = any(key, presence);
  if (value == nullptr || value->kind == kind) return value;
  refuse(key, "must be " + std::string(wanted) + ", not " + std::string(describe(*value)));
  return nullptr;
}

std::optional<std::string> TableReader::text(std::string_view key, Presence presence) {
  const Value* value = expect(key, presence, Value::Kind::String, "a string");
  if (value == nullptr) return std::nullopt;
  if (value->text.empty() || value->text.find('\0') != std::string::npos) {
    refuse(key, value->text.empty() ? "is empty" : "holds a zero byte");
    return std::nullopt;
  }
  return value->text;
}

std::optional<std::int64_t> TableReader::integer(std::string_view key, std::int64_t min,
                                                 std::int64_t max, Presence presence) {
  const Value* value = expect(key, presence, Value::Kind::Integer, range(min, max));
  if (value == nullptr) return std::nullopt;
  if (value->integer < min || value->integer > max) {
    refuse(key, "must be " + range(min, max) + ", not " + std::to_string(value->integer));
    return std::nullopt;
  }
  return value->integer;
}

std::optional<bool> TableReader::boolean(std::string_view key, Presence presence) {
  const Value* value = expect(key, presence, Value::Kind::Boolean, "true or false");
  if (value == nullptr) return std::nullopt;
  return value->boolean;
}

std::optional<Amount> TableReader::money(std::string_view key) {
  constexpr int kDecimals = 6;
  const Value* value =
      expect(key, Presence::Optional, Value::Kind::String, "an amount in quotes such as \"25.00\"");
  if (value == nullptr) return std::nullopt;
  const Result<Amount> amount = Amount::parse(value->text, kDecimals);
  if (!amount) {
    refuse(key, "must be an amount such as \"25.00\": " + amount.error().detail);
    return std::nullopt;
  }
  return *amount;
}

std::optional<std::chrono::seconds> TableReader::seconds(std::string_view key, std::int64_t min,
                                                         std::int64_t max) {
  const std::optional<std::int64_t> count = integer(key, min, max);
  if (!count) return std::nullopt;
  return std::chrono::seconds{*count};
}

std::optional<std::vector<std::string>> TableReader::texts(std::string_view key,
                                                           Presence presence) {
  const Value* value = expect(key, presence, Value::Kind::Array, "a list of strings");
  if (value == nullptr) return std::nullopt;
  std::vector<std::string> out;
  for (const Value& item : value->items) {
    if (item.kind != Value::Kind::String) {
      refuse(key, "must be a list of strings; one of them is " + std::string(describe(item)));
      return std::nullopt;
    }
    if (std::ranges::find(out, item.text) != out.end()) {
      refuse(key, "names \"" + item.text + "\" twice");
      return std::nullopt;
    }
    out.push_back(item.text);
  }
  if (out.empty()) {
    refuse(key, "must name at least one");
    return std::nullopt;
  }
  return out;
}

const Value* TableReader::table(std::string_view key, Presence presence) {
  asked_.push_back(key);
  const Value* value = find(key);
  if (value == nullptr) {
    if (presence == Presence::Required) {
      problems_.add(table_.line, "missing table " + child_title(key, false));
    }
    return nullptr;
  }
  if (value->kind == Value::Kind::Table) return value;
  refuse(key, "must be written as the table " + child_title(key, false));
  return nullptr;
}

std::vector<const Value*> TableReader::tables(std::string_view key) {
  asked_.push_back(key);
  const Value* value = find(key);
  if (value == nullptr) return {};
  std::vector<const Value*> out;
  if (value->kind == Value::Kind::Array) {
    for (const Value& item : value->items) {
      if (item.kind == Value::Kind::Table) out.push_back(&item);
    }
  }
  if (out.empty() || out.size() != value->items.size()) {
    refuse(key, "must be written as " + child_title(key, true) + ", once for each");
    return {};
  }
  return out;
}

std::string TableReader::child_title(std::string_view key, bool list) const {
  const std::size_t begin = title_.find_first_not_of('[');
  const std::size_t end = title_.find_last_not_of(']');
  std::string path;
  if (title_.starts_with('[')) path = title_.substr(begin, end + 1 - begin) + ".";
  path += key;
  return list ? "[[" + path + "]]" : "[" + path + "]";
}

}  // namespace settled::config
