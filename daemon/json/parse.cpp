#include "daemon/json/parse.hpp"

#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "ledger/types/utf8.hpp"

namespace settled::daemon::json {
namespace {

using nlohmann::json;

/// Builds the value from the parser's events. The open containers are a list of pointers: a
/// container's address is stable while it is open, since nothing is added to its parent meanwhile.
class Builder {
 public:
  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(json::number_integer_t value) { return add(value); }
  bool number_unsigned(json::number_unsigned_t value) { return add(value); }
  bool number_float(json::number_float_t, const json::string_t& text) {
    return refuse("invalid_number", "only whole numbers of 64 bits are taken, not " + clip(text),
                  key_);
  }
  bool string(json::string_t& value) { return without_nul(value) && add(std::move(value)); }
  bool binary(json::binary_t&) { return refuse("invalid_json", "binary data is not JSON", {}); }

  bool start_object(std::size_t) { return open(json::value_t::object); }
  bool start_array(std::size_t) { return open(json::value_t::array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(json::string_t& name) {
    if (!without_nul(name)) return false;
    json& object = *open_.back();
    if (object.contains(name)) {
      return refuse("duplicate_key", "the same key stands twice in one object", name);
    }
    key_ = name;
    slot_ = &object[std::move(name)];
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token, const json::exception& error) {
    constexpr int kNumberOverflow = 406;  // 1e999: the lexer's, before there is an event
    if (error.id == kNumberOverflow) return number_float({}, token);
    return refuse("invalid_json", "not JSON at byte " + std::to_string(position), {});
  }

  Result<json> take() {
    if (error_) return std::unexpected(*std::move(error_));
    return std::move(root_);
  }

 private:
  static std::string clip(const std::string& text) {
    return text.size() <= 40 ? text : text.substr(0, 40) + "...";
  }

  bool refuse(std::string reason, std::string detail, std::string param) {
    error_ = Error{Errc::Invalid, std::move(reason), std::move(detail), std::move(param)};
    return false;
  }

  bool without_nul(const std::string& text) {
    if (text.find('\0') == std::string::npos) return true;
    return refuse("invalid_json", "U+0000 is not taken in strings", key_);
  }

  json* place(json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (open_.back()->is_array()) return &open_.back()->emplace_back(std::move(value));
    *slot_ = std::move(value);
    return slot_;
  }

  bool add(json value) {
    place(std::move(value));
    return true;
  }

  bool open(json::value_t type) {
    if (open_.size() == kMaxDepth) {
      return refuse("json_too_deep",
                    "more than " + std::to_string(kMaxDepth) + " levels of objects and arrays", {});
    }
    open_.push_back(place(json(type)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  json root_;
  std::vector<json*> open_;
  json* slot_ = nullptr;  ///< the value of the key read last
  std::string key_;
  std::optional<Error> error_;
};

}  // namespace

Result<json> parse_strict(std::string_view body) {
  if (body.empty()) return fail(Errc::Invalid, "invalid_json", "the body is empty");
  if (!is_utf8(body)) return fail(Errc::Invalid, "invalid_utf8", "the body is not UTF-8");
  // The library skips a byte order mark and takes a NUL byte for the end of the input.
  if (body.starts_with("\xEF\xBB\xBF")) {
    return fail(Errc::Invalid, "invalid_json", "the body starts with a byte order mark");
  }
  if (const auto at = body.find('\0'); at != std::string_view::npos) {
    return fail(Errc::Invalid, "invalid_json", "NUL at byte " + std::to_string(at));
  }
  Builder builder;
  json::sax_parse(body, &builder, json::input_format_t::json, /*strict=*/true,
                  /*ignore_comments=*/false);
  return builder.take();
}

}  // namespace settled::daemon::json
