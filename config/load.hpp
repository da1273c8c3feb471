#pragma once

#include <filesystem>

#include "config/settings.hpp"
#include "ledger/types/result.hpp"

namespace settled::config {

/// Reads and checks a settings file (TOML 1.0; README.md lists its keys). Reads the small files
/// that it names (xpub, node headers) and makes sure that keystores and passphrases can be read,
/// without opening them. Relative paths are relative to the file; `${ENV}` is not expanded.
///
/// Error: Invalid `bad_settings`. The detail holds everything that is wrong, one problem a line:
///   settled.toml:12: unknown key `poll_intervall_ms` in [[chain]] (did you mean
///   `poll_interval_ms`?)
/// or, where the TOML itself is malformed, the first syntax error alone. Secrets are not quoted.
Result<Settings> load(const std::filesystem::path& file);

}  // namespace settled::config
