#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "ledger/types/result.hpp"

namespace settled::ledger {

/// How far a long piece of work has come.
struct Progress {
  std::string_view stage;  ///< what is done, in words: "replayed"
  std::uint64_t done = 0;  ///< records or rows
  std::uint64_t of = 0;    ///< 0: not known
};

/// Told now and then by long work, on its thread; an error ends the work with that error. May be
/// empty.
using Watch = std::function<Status(const Progress&)>;

/// Tells `watch` of every 1,024th step.
inline Status tell(const Watch& watch, const Progress& progress) {
  constexpr std::uint64_t kEvery = 1'024;
  if (!watch || progress.done % kEvery != 0) return {};
  return watch(progress);
}

}  // namespace settled::ledger
