#pragma once

#include <string_view>

#include "ledger/store/store.hpp"
#include "ledger/types/result.hpp"

namespace settled::ledger::store {

/// Calls `check(key, value)`, which returns a Status, for keys in [from, to) in ascending order.
/// The first row that it refuses ends the scan, with its error. Errors also: those of the scan.
template <typename Check>
Status each_row(const Reader& reader, std::string_view from, std::string_view to, Check check) {
  Status result;
  TRY_OK(reader.scan(from, to, [&](std::string_view key, std::string_view value) {
    result = check(key, value);
    return result.has_value();
  }));
  return result;
}

}  // namespace settled::ledger::store
