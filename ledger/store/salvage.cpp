#include "ledger/store/salvage.hpp"

#include <leveldb/db.h>
#include <leveldb/options.h>

#include "ledger/store/leveldb_store.hpp"

namespace settled::ledger::store {

Result<std::unique_ptr<Store>> open_salvaged(const std::filesystem::path& copy) {
  leveldb::Options options;
  // Blocks whose checksum is wrong are left out. Without it they would be taken as they are.
  options.paranoid_checks = true;
  options.compression = leveldb::kNoCompression;
  const leveldb::Status repaired = leveldb::RepairDB(copy.string(), options);
  if (!repaired.ok()) {
    return fail(Errc::Corrupt, "store_beyond_repair", copy.string() + ": " + repaired.ToString());
  }
  return open_leveldb(copy, {});
}

}  // namespace settled::ledger::store
