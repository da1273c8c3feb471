#include "daemon/http/target.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "ledger/types/utf8.hpp"

namespace settled::daemon::http {
namespace {

std::unexpected<Error> invalid(std::string detail) {
  return fail(Errc::Invalid, "invalid_target", std::move(detail));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum class Plus { Literal, Blank };

Result<std::string> decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::Blank) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return invalid("a '%' is not followed by two hexadecimal digits");
      if (high == 0 && low == 0) return invalid("U+0000 is not taken");
      out += static_cast<char>(static_cast<std::uint8_t>(high * 16 + low));
      i += 2;
    }
  }
  if (!is_utf8(out)) return invalid("the target does not decode to UTF-8");
  return out;
}

/// Takes the text up to `separator` off the front of `rest`.
std::string_view split_front(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view piece = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return piece;
}

Result<std::vector<std::string>> parse_segments(std::string_view path) {
  std::vector<std::string> segments;
  if (path == "/") return segments;
  segments.reserve(static_cast<std::size_t>(std::ranges::count(path, '/')));
  for (std::size_t start = 1; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    TRY(std::string segment, decode(path.substr(start, end - start), Plus::Literal));
    if (segment == "." || segment == "..") return invalid("relative segments are not taken");
    segments.push_back(std::move(segment));
    start = end + 1;
  }
  return segments;
}

Result<Pairs> parse_query(std::string_view query) {
  Pairs pairs;
  while (!query.empty()) {
    std::string_view value = split_front(query, '&');
    if (value.empty()) continue;
    const std::string_view name = split_front(value, '=');
    TRY(std::string decoded_name, decode(name, Plus::Blank));
    TRY(std::string decoded_value, decode(value, Plus::Blank));
    pairs.emplace_back(std::move(decoded_name), std::move(decoded_value));
  }
  return pairs;
}

/// What stands behind "http://authority", "/" where nothing does.
Result<std::string_view> without_authority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    const bool matches = std::ranges::equal(
        target.substr(0, scheme.size()), scheme,
        [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
    if (!matches) continue;
    const std::size_t end = std::min(target.find_first_of("/?", scheme.size()), target.size());
    if (end == scheme.size()) return invalid("an absolute target names a host");
    return target.substr(end);
  }
  return invalid("a target starts with '/', \"http://\" or \"https://\"");
}

}  // namespace

Result<Target> parse_target(std::string_view target) {
  if (target == "*") return Target{.path = "*", .segments = {"*"}, .query = {}};
  const bool visible =
      std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7F && c != '#'; });
  if (!visible) return invalid("a target is visible ASCII without a fragment");
  if (!target.starts_with('/')) {
    TRY(target, without_authority(target));
  }
  std::string_view query = target;
  std::string_view path = split_front(query, '?');
  if (path.empty()) path = "/";
  TRY(auto segments, parse_segments(path));
  TRY(auto pairs, parse_query(query));
  return Target{std::string(path), std::move(segments), std::move(pairs)};
}

}  // namespace settled::daemon::http
