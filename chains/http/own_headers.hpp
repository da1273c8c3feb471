#pragma once

#include <string_view>

namespace settled::chains::http {

/// Whether the client sets the header itself and takes it from nobody else, in whatever case.
bool is_own_header(std::string_view name);

}  // namespace settled::chains::http
