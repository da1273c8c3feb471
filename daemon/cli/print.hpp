#pragma once

#include <cstdio>
#include <string>

#include "config/load.hpp"
#include "daemon/cli/commands.hpp"
#include "ledger/types/result.hpp"

namespace settled::daemon::cli {

inline void print(const std::string& line) {
  std::printf("%s\n", line.c_str());
}

/// Tells the error on standard error; the exit code that belongs to it.
inline int report(const Error& error) {
  std::fprintf(stderr, "settled: %s\n", error.detail.c_str());
  return error.reason == "bad_settings" ? kBadSettings : kFailed;
}

}  // namespace settled::daemon::cli
