#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "ledger/types/amount.hpp"
#include "ledger/types/result.hpp"

namespace settled::daemon::json {

/// Reads a JSON object field by field, by type, and in the end refuses what nobody asked for.
///
///     Fields fields(body);
///     TRY(const Amount amount, fields.amount("amount"));
///     TRY(const auto reference, fields.optional_text("reference", 255));
///     TRY_OK(fields.done());
///
/// Every error is Invalid and its `param` names the field, with the path of the object in front:
/// "accept[0].chain". Common to all: `missing_field`, `invalid_type`. In the `optional_` forms
/// `null` means absent; in the others it is `invalid_type`. If the value is no object, every call
/// fails with `invalid_type`.
class Fields {
 public:
  /// `object` outlives this. `path`: where the object stands in the body, "" for the body itself.
  explicit Fields(const nlohmann::json& object, std::string path = {});

  /// At least one code point, at most `max_code_points`. Errors: `empty_value`, `too_long`.
  Result<std::string> text(std::string_view name, std::size_t max_code_points);
  /// May be empty. Error: `too_long`.
  Result<std::optional<std::string>> optional_text(std::string_view name,
                                                   std::size_t max_code_points);

  /// Money: a string of at most 6 decimals, more than zero. Errors: `invalid_amount` (also for any
  /// other JSON type), `amount_too_precise`, `amount_too_large`.
  Result<Amount> amount(std::string_view name);
  Result<std::optional<Amount>> optional_amount(std::string_view name);

  /// Error: `out_of_range`.
  Result<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
  Result<std::optional<std::int64_t>> optional_integer(std::string_view name, std::int64_t min,
                                                       std::int64_t max);

  Result<bool> boolean(std::string_view name);
  Result<std::optional<bool>> optional_boolean(std::string_view name);

  /// Between 1 and `max_items` strings as of `text`. Error: `too_many_items`, `empty_value`.
  Result<std::vector<std::string>> string_list(std::string_view name, std::size_t max_items,
                                               std::size_t max_code_points);
  Result<std::optional<std::vector<std::string>>> optional_string_list(std::string_view name,
                                                                       std::size_t max_items,
                                                                       std::size_t max_code_points);

  /// The field "metadata", sorted by key; empty where absent. At most 50 keys of 1..40 code points,
  /// values are strings of at most 500. Error: `invalid_metadata`.
  Result<std::vector<std::pair<std::string, std::string>>> metadata();

  /// An object inside, to be read to its end as this one: TRY(Fields inner, fields.object("x")).
  Result<Fields> object(std::string_view name);
  Result<std::optional<Fields>> optional_object(std::string_view name);
  /// An array of objects, at most `max_items`; may be empty. Error: `too_many_items`.
  Result<std::vector<Fields>> objects(std::string_view name, std::size_t max_items);
  Result<std::optional<std::vector<Fields>>> optional_objects(std::string_view name,
                                                              std::size_t max_items);

  /// Whether the field is there and not `null`; does not count as reading it.
  bool has(std::string_view name) const;

  /// `unknown_field` with the first key, in byte order, that was not asked for.
  Status done() const;

 private:
  using Value = const nlohmann::json*;
  Result<Value> required(std::string_view name);
  Result<Value> optional(std::string_view name);
  std::string param(std::string_view name) const;

  const nlohmann::json* object_;
  std::string path_;
  std::vector<std::string> read_;
};

}  // namespace settled::daemon::json
