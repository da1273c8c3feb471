#include "ledger/store/continuity.hpp"
#include "tests/fuzz/parts.hpp"
#include "tests/fuzz/stored_bytes.hpp"
#include "tests/support/memory_disk.hpp"

namespace settled::tests {

void decode_engine_files(std::string_view bytes) {
  MemoryDisk::Contents files = {{"CURRENT", "MANIFEST-000002\n"}};
  for (const char* name : {"MANIFEST-000002", "000003.log", "000004.log", "000005.log"}) {
    const auto part = take_part(bytes, 4);
    if (!part) break;
    files.emplace(name, *part);
  }
  MemoryDisk disk(files);
  const Status sound = ledger::store::check_continuity(disk, "/book");
  INVARIANT(sound || (sound.error().reason == "store_corrupt" && !sound.error().detail.empty()));
}

}  // namespace settled::tests
