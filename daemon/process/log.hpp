#pragma once

#include <string_view>

namespace settled::daemon {

/// One line on standard error: time, level, text. Thread-safe. Secrets never reach it: callers log
/// reasons, ids and public names.
void log_info(std::string_view text);
void log_error(std::string_view text);

}  // namespace settled::daemon
