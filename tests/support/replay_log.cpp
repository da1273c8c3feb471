// replay_log BOOK: replays the log of a book directory, which is only read, and prints what comes
// out: the last command, the log's hash, the state hash, and a hash over all rows. The same log
// must print the same, whatever it was built with: tests/determinism.test.mjs.
#include <cstdio>

#include "ledger/backup.hpp"
#include "ledger/log.hpp"
#include "ledger/replay.hpp"
#include "ledger/store/files.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "ledger/store/scratch.hpp"
#include "ledger/types/hex.hpp"
#include "tests/support/temp_directory.hpp"

namespace {

using namespace settled;
using namespace settled::ledger;

Status replay(const std::filesystem::path& book) {
  const tests::TempDirectory directory;
  TRY_OK(store::copy_tree(book, directory.path() / "book"));
  TRY(const auto source, store::open_leveldb(directory.path() / "book", {}));
  TRY(const LogLayout layout, read_layout(*source));
  TRY(const auto scratch, store::ScratchStore::create(directory.path() / "scratch"));
  Replay replay(scratch->store());
  TRY_OK(walk_log(*source, layout, [&](const LogRecord& record, const pb::Envelope& envelope) {
    return replay.add(record, envelope);
  }));
  const pb::Head head = replay.head();
  TRY_OK(replay.finish("2", LogLayout{std::min(layout.format_1_until, head.sequence())}));
  TRY(const RowDigest rows, digest_rows(scratch->store()));
  std::printf("sequence %llu\nhash %s\nstate %s\nrows %llu %s\n",
              static_cast<unsigned long long>(head.sequence()),
              to_hex(as_bytes(head.hash())).c_str(), to_hex(as_bytes(head.state_hash())).c_str(),
              static_cast<unsigned long long>(rows.rows), to_hex(rows.hash.view()).c_str());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "replay_log BOOK\n");
    return 2;
  }
  const Status done = replay(argv[1]);
  if (!done)
    std::fprintf(stderr, "%s: %s\n", done.error().reason.c_str(), done.error().detail.c_str());
  return done ? 0 : 1;
}
