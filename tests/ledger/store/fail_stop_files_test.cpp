#include "ledger/store/fail_stop_files.hpp"

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

std::unique_ptr<leveldb::WritableFile> create(leveldb::Env& env, const std::string& path) {
  leveldb::WritableFile* file = nullptr;
  REQUIRE(env.NewWritableFile(path, &file).ok());
  return std::unique_ptr<leveldb::WritableFile>(file);
}

std::string contents(const std::string& path) {
  std::string bytes;
  REQUIRE(leveldb::ReadFileToString(leveldb::Env::Default(), path, &bytes).ok());
  return bytes;
}

TEST_CASE("What an append left torn is never appended to, and other files go on") {
  const tests::TempDirectory folder;
  const std::string path = folder.path() / "MANIFEST-000002";
  FaultEnv disk{{.kind = FaultKind::TornWrite, .operation = 2, .seed = 5}};
  FailStopFiles files(&disk);
  auto file = create(files, path);
  REQUIRE(file->Append("whole,").ok());
  const auto torn = file->Append(std::string(100, 't'));
  REQUIRE(torn.IsIOError());

  CHECK(file->Append("behind").ToString() == torn.ToString());
  CHECK(file->Flush().ToString() == torn.ToString());
  CHECK(file->Sync().ToString() == torn.ToString());
  CHECK(file->Close().ToString() == torn.ToString());
  file.reset();
  const std::string left = contents(path);
  CHECK(left.starts_with("whole,"));
  CHECK(left.find("behind") == std::string::npos);

  auto other = create(files, folder.path() / "000007.ldb");
  CHECK(other->Append("other").ok());
  CHECK(other->Sync().ok());
  CHECK(other->Close().ok());
}

TEST_CASE("A sync that failed is never followed by one that succeeds") {
  const tests::TempDirectory folder;
  const int create_and_append = 2;
  FaultEnv disk{{.kind = FaultKind::Error, .operation = create_and_append + 1}};
  FailStopFiles files(&disk);
  const auto file = create(files, folder.path() / "000003.log");
  REQUIRE(file->Append("unsynced").ok());
  REQUIRE(file->Sync().IsIOError());
  CHECK(disk.fired());
  CHECK(file->Sync().IsIOError());
  CHECK(file->Append("more").IsIOError());
}

}  // namespace
}  // namespace settled::ledger::store
