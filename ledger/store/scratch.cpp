#include "ledger/store/scratch.hpp"

#include <system_error>

#include "ledger/store/files.hpp"
#include "ledger/store/leveldb_store.hpp"

namespace settled::ledger::store {

Result<std::unique_ptr<ScratchStore>> ScratchStore::create(const std::filesystem::path& directory) {
  TRY_OK(create_private_directory(directory));
  TRY(DirectoryLock lock, DirectoryLock::take(directory));
  std::unique_ptr<ScratchStore> scratch(new ScratchStore(directory, std::move(lock)));
  TRY_OK(remove_tree(directory / "store"));
  TRY(scratch->store_, open_leveldb(directory / "store", {}));
  return scratch;
}

ScratchStore::~ScratchStore() {
  store_.reset();
  std::error_code ignored;  // what stays behind is removed by the next one here
  std::filesystem::remove_all(directory_, ignored);
}

}  // namespace settled::ledger::store
