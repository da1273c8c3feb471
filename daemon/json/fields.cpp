#include "daemon/json/fields.hpp"

#include <algorithm>
#include <limits>

#include <nlohmann/json.hpp>

#include "ledger/types/utf8.hpp"

namespace settled::daemon::json {
namespace {

using nlohmann::json;

constexpr int kMoneyDecimals = 6;
constexpr std::size_t kMaxMetadata = 50;
constexpr std::size_t kMaxMetadataKey = 40;
constexpr std::size_t kMaxMetadataValue = 500;

std::unexpected<Error> wrong_type(std::string_view wanted, std::string param) {
  return fail(Errc::Invalid, "invalid_type", "must be " + std::string(wanted), std::move(param));
}

Result<std::string> bounded_text(const json& value, std::size_t max_code_points,
                                 std::string param) {
  if (!value.is_string()) return wrong_type("a string", std::move(param));
  const auto& text = value.get_ref<const std::string&>();
  if (count_code_points(text) > max_code_points) {
    return fail(Errc::Invalid, "too_long",
                "at most " + std::to_string(max_code_points) + " characters", std::move(param));
  }
  return text;
}

Result<std::string> filled_text(const json& value, std::size_t max_code_points, std::string param) {
  TRY(std::string text, bounded_text(value, max_code_points, param));
  if (text.empty()) {
    return fail(Errc::Invalid, "empty_value", "must not be empty", std::move(param));
  }
  return text;
}

Result<Amount> to_amount(const json& value, std::string param) {
  if (!value.is_string()) {
    return fail(Errc::Invalid, "invalid_amount", "must be a string such as \"25.00\"",
                std::move(param));
  }
  auto amount = Amount::parse(value.get_ref<const std::string&>(), kMoneyDecimals);
  if (!amount) {
    amount.error().param = std::move(param);
    return amount;
  }
  if (amount->is_zero()) {
    return fail(Errc::Invalid, "invalid_amount", "must be more than zero", std::move(param));
  }
  return amount;
}

Result<std::int64_t> to_integer(const json& value, std::int64_t min, std::int64_t max,
                                std::string param) {
  if (!value.is_number_integer()) return wrong_type("a whole number", std::move(param));
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const bool fits = !value.is_number_unsigned() || value.get<std::uint64_t>() <= kLargest;
  const std::int64_t number = fits ? value.get<std::int64_t>() : 0;
  if (!fits || number < min || number > max) {
    return fail(Errc::Invalid, "out_of_range",
                "must be between " + std::to_string(min) + " and " + std::to_string(max),
                std::move(param));
  }
  return number;
}

Result<bool> to_boolean(const json& value, std::string param) {
  if (!value.is_boolean()) return wrong_type("true or false", std::move(param));
  return value.get<bool>();
}

Result<std::vector<std::string>> to_strings(const json& value, std::size_t max_items,
                                            std::size_t max_code_points, std::string param) {
  if (!value.is_array()) return wrong_type("a list of strings", std::move(param));
  if (value.empty()) {
    return fail(Errc::Invalid, "empty_value", "must not be empty", std::move(param));
  }
  if (value.size() > max_items) {
    return fail(Errc::Invalid, "too_many_items", "at most " + std::to_string(max_items),
                std::move(param));
  }
  std::vector<std::string> strings;
  strings.reserve(value.size());
  for (const json& item : value) {
    const std::string place = param + "[" + std::to_string(strings.size()) + "]";
    TRY(std::string text, filled_text(item, max_code_points, place));
    strings.push_back(std::move(text));
  }
  return strings;
}

Result<Fields> to_fields(const json& value, std::string param) {
  if (!value.is_object()) return wrong_type("an object", std::move(param));
  return Fields(value, std::move(param));
}

Result<std::vector<Fields>> to_objects(const json& value, std::size_t max_items,
                                       std::string param) {
  if (!value.is_array()) return wrong_type("a list of objects", std::move(param));
  if (value.size() > max_items) {
    return fail(Errc::Invalid, "too_many_items", "at most " + std::to_string(max_items),
                std::move(param));
  }
  std::vector<Fields> objects;
  objects.reserve(value.size());
  for (const json& item : value) {
    TRY(Fields fields, to_fields(item, param + "[" + std::to_string(objects.size()) + "]"));
    objects.push_back(std::move(fields));
  }
  return objects;
}

/// Lifts one of the readers above over an absent value.
template <typename Read>
auto when_present(const json* value, Read read)
    -> Result<std::optional<typename decltype(read(*value))::value_type>> {
  if (value == nullptr) return std::nullopt;
  TRY(auto present, read(*value));
  return present;
}

}  // namespace

Fields::Fields(const json& object, std::string path) : object_(&object), path_(std::move(path)) {}

std::string Fields::param(std::string_view name) const {
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

Result<Fields::Value> Fields::optional(std::string_view name) {
  if (!object_->is_object()) return wrong_type("an object", path_);
  read_.emplace_back(name);
  const auto found = object_->find(name);
  if (found == object_->end() || found->is_null()) return nullptr;
  return &*found;
}

Result<Fields::Value> Fields::required(std::string_view name) {
  TRY(const Value value, optional(name));
  if (value != nullptr) return value;
  if (object_->contains(name)) return wrong_type("given, not null", param(name));
  return fail(Errc::Invalid, "missing_field", "is required", param(name));
}

Result<std::string> Fields::text(std::string_view name, std::size_t max_code_points) {
  TRY(const Value value, required(name));
  return filled_text(*value, max_code_points, param(name));
}

Result<std::optional<std::string>> Fields::optional_text(std::string_view name,
                                                         std::size_t max_code_points) {
  TRY(const Value value, optional(name));
  return when_present(
      value, [&](const json& text) { return bounded_text(text, max_code_points, param(name)); });
}

Result<Amount> Fields::amount(std::string_view name) {
  TRY(const Value value, required(name));
  return to_amount(*value, param(name));
}

Result<std::optional<Amount>> Fields::optional_amount(std::string_view name) {
  TRY(const Value value, optional(name));
  return when_present(value, [&](const json& amount) { return to_amount(amount, param(name)); });
}

Result<std::int64_t> Fields::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  TRY(const Value value, required(name));
  return to_integer(*value, min, max, param(name));
}

Result<std::optional<std::int64_t>> Fields::optional_integer(std::string_view name,
                                                             std::int64_t min, std::int64_t max) {
  TRY(const Value value, optional(name));
  return when_present(
      value, [&](const json& number) { return to_integer(number, min, max, param(name)); });
}

Result<bool> Fields::boolean(std::string_view name) {
  TRY(const Value value, required(name));
  return to_boolean(*value, param(name));
}

Result<std::optional<bool>> Fields::optional_boolean(std::string_view name) {
  TRY(const Value value, optional(name));
  return when_present(value, [&](const json& flag) { return to_boolean(flag, param(name)); });
}

Result<std::vector<std::string>> Fields::string_list(std::string_view name, std::size_t max_items,
                                                     std::size_t max_code_points) {
  TRY(const Value value, required(name));
  return to_strings(*value, max_items, max_code_points, param(name));
}

Result<std::optional<std::vector<std::string>>> Fields::optional_string_list(
    std::string_view name, std::size_t max_items, std::size_t max_code_points) {
  TRY(const Value value, optional(name));
  return when_present(value, [&](const json& list) {
    return to_strings(list, max_items, max_code_points, param(name));
  });
}

Result<std::vector<std::pair<std::string, std::string>>> Fields::metadata() {
  constexpr std::string_view kName = "metadata";
  std::vector<std::pair<std::string, std::string>> pairs;
  TRY(const Value value, optional(kName));
  if (value == nullptr) return pairs;
  if (!value->is_object()) return wrong_type("an object", param(kName));
  if (value->size() > kMaxMetadata) {
    return fail(Errc::Invalid, "invalid_metadata", "at most 50 keys", param(kName));
  }
  pairs.reserve(value->size());
  for (const auto& [key, item] : value->items()) {
    if (key.empty() || count_code_points(key) > kMaxMetadataKey) {
      return fail(Errc::Invalid, "invalid_metadata", "a key has 1 to 40 characters", param(kName));
    }
    if (!item.is_string() ||
        count_code_points(item.get_ref<const std::string&>()) > kMaxMetadataValue) {
      return fail(Errc::Invalid, "invalid_metadata",
                  "a value is a string of at most 500 characters", param(kName) + "." + key);
    }
    pairs.emplace_back(key, item.get<std::string>());
  }
  return pairs;
}

Result<Fields> Fields::object(std::string_view name) {
  TRY(const Value value, required(name));
  return to_fields(*value, param(name));
}

Result<std::optional<Fields>> Fields::optional_object(std::string_view name) {
  TRY(const Value value, optional(name));
  return when_present(value, [&](const json& inner) { return to_fields(inner, param(name)); });
}

Result<std::vector<Fields>> Fields::objects(std::string_view name, std::size_t max_items) {
  TRY(const Value value, required(name));
  return to_objects(*value, max_items, param(name));
}

Result<std::optional<std::vector<Fields>>> Fields::optional_objects(std::string_view name,
                                                                    std::size_t max_items) {
  TRY(const Value value, optional(name));
  return when_present(value,
                      [&](const json& list) { return to_objects(list, max_items, param(name)); });
}

bool Fields::has(std::string_view name) const {
  if (!object_->is_object()) return false;
  const auto found = object_->find(name);
  return found != object_->end() && !found->is_null();
}

Status Fields::done() const {
  if (!object_->is_object()) return wrong_type("an object", path_);
  for (const auto& [key, item] : object_->items()) {
    if (std::ranges::find(read_, key) == read_.end()) {
      return fail(Errc::Invalid, "unknown_field", "is not a field of this request", param(key));
    }
  }
  return {};
}

}  // namespace settled::daemon::json
