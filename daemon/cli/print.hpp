#pragma once

#include <chrono>
#include <cstdio>
#include <string>

#include "config/load.hpp"
#include "daemon/cli/commands.hpp"
#include "daemon/process/long_work.hpp"
#include "ledger/types/result.hpp"
#include "ledger/watch.hpp"

namespace settled::daemon::cli {

inline void print(const std::string& line) {
  std::printf("%s\n", line.c_str());
}

/// Tells the error on standard error; the exit code that belongs to it.
inline int report(const Error& error) {
  std::fprintf(stderr, "settled: %s: %s\n", error.reason.c_str(), error.detail.c_str());
  return error.reason == "bad_settings" ? kBadSettings : kFailed;
}

/// How far long work is, on standard error.
inline void print_progress(const std::string& line) {
  std::fprintf(stderr, "settled: %s\n", line.c_str());
}

/// Prints every two seconds where work here is.
inline ledger::Watch tell_progress() {
  using Clock = std::chrono::steady_clock;
  return [next = Clock::now() + std::chrono::seconds{2}](const ledger::Progress& now) mutable {
    if (Clock::now() >= next) {
      print_progress(process::describe(now));
      next = Clock::now() + std::chrono::seconds{2};
    }
    return Status{};
  };
}

}  // namespace settled::daemon::cli
