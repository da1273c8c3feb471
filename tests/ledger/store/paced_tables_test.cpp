#include "ledger/store/paced_tables.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/fault_env.hpp"
#include "tests/support/temp_directory.hpp"

namespace settled::ledger::store {
namespace {

using tests::FaultEnv;
using tests::FaultKind;

constexpr std::size_t kBlock = std::size_t{4} << 10U;
constexpr int kBlocksInPiece = 64;

std::unique_ptr<leveldb::WritableFile> create(leveldb::Env& env, const std::string& path) {
  leveldb::WritableFile* file = nullptr;
  REQUIRE(env.NewWritableFile(path, &file).ok());
  return std::unique_ptr<leveldb::WritableFile>(file);
}

/// The status of the first block that fails, or of the last.
leveldb::Status append(leveldb::WritableFile& file, int blocks) {
  leveldb::Status status;
  for (int i = 0; i < blocks && status.ok(); ++i) status = file.Append(std::string(kBlock, 'x'));
  return status;
}

TEST_CASE("A table is synced each 256 KiB while it is written, and a log when it is asked for") {
  const tests::TempDirectory folder;
  FaultEnv disk{{}};
  PacedTables files(&disk);
  const auto table = create(files, folder.path() / "000005.ldb");
  REQUIRE(append(*table, 16 * kBlocksInPiece - 1).ok());
  CHECK(disk.operations(FaultKind::DroppedSync) == 15);
  REQUIRE(append(*table, 1).ok());
  CHECK(disk.operations(FaultKind::DroppedSync) == 16);
  REQUIRE(table->Sync().ok());
  CHECK(disk.operations(FaultKind::DroppedSync) == 17);

  const auto log = create(files, folder.path() / "000006.log");
  REQUIRE(append(*log, 4 * kBlocksInPiece).ok());
  CHECK(disk.operations(FaultKind::DroppedSync) == 17);
}

TEST_CASE("What is synced of a table in between survives a loss of power") {
  const tests::TempDirectory folder;
  FaultEnv disk{{}};
  PacedTables files(&disk);
  const auto path = folder.path() / "000005.ldb";
  auto table = create(files, path);
  REQUIRE(append(*table, kBlocksInPiece + 3).ok());
  disk.cut_power();
  table.reset();
  disk.lose_power();
  CHECK(std::filesystem::file_size(path) == kBlocksInPiece * kBlock);
}

TEST_CASE("A sync in between that fails makes the append fail that caused it") {
  const tests::TempDirectory folder;
  const std::uint64_t create_and_appends = 1 + kBlocksInPiece;
  FaultEnv disk{{.kind = FaultKind::Error, .operation = create_and_appends + 1}};
  PacedTables files(&disk);
  const auto table = create(files, folder.path() / "000005.ldb");
  REQUIRE(append(*table, kBlocksInPiece - 1).ok());
  CHECK(append(*table, 1).IsIOError());
  CHECK(disk.fired());
}

}  // namespace
}  // namespace settled::ledger::store
