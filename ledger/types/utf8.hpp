#pragma once

#include <cstddef>
#include <string_view>

namespace settled {

/// Well-formed UTF-8 (RFC 3629): no overlong form, surrogate, or value above U+10FFFF.
bool is_utf8(std::string_view bytes);

/// REQUIRES: well-formed UTF-8.
std::size_t count_code_points(std::string_view text);

}  // namespace settled
