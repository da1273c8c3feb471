#pragma once

#include <filesystem>
#include <memory>

#include "ledger/store/store.hpp"

namespace settled::ledger::store {

/// Opens what is still readable of damaged engine files, for reading alone. REQUIRES: `copy` is a
/// copy that nobody else needs: the engine's repair rewrites it, and puts what it cannot read aside
/// there.
///
/// What comes back is a set of rows that were written once, each with a checksum that fits; which
/// rows are gone, nobody knows. An erased row, or an older value of a rewritten one, may be back.
/// Errors: Corrupt `store_beyond_repair`; those of `open_leveldb`.
Result<std::unique_ptr<Store>> open_salvaged(const std::filesystem::path& copy);

}  // namespace settled::ledger::store
