#include "ledger/proof/key_file.hpp"

#include <fstream>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/support/temp_directory.hpp"

using namespace settled;
using proof::open_key_file;

TEST_CASE("a key file is made once, for its owner alone, and read ever after") {
  const tests::TempDirectory directory;
  const auto path = directory.path() / "checkpoint.key";
  SystemRandom random;
  const auto made = open_key_file(path, "example.com/book", random);
  REQUIRE(made);
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK_FALSE(std::filesystem::exists(path.string() + ".new"));
  const auto again = open_key_file(path, "another name", random);
  REQUIRE(again);
  CHECK(again->verifier() == made->verifier());
  CHECK(again->verifier().name == "example.com/book");
}

TEST_CASE("half a key that a dead process left is replaced") {
  const tests::TempDirectory directory;
  const auto path = directory.path() / "checkpoint.key";
  std::ofstream(path.string() + ".new") << "PRIVATE+KEY+ha";
  SystemRandom random;
  REQUIRE(open_key_file(path, "book", random));
  CHECK(open_key_file(path, "book", random));
}

TEST_CASE("a key file that others may read, or that is damaged, is refused and left alone") {
  const tests::TempDirectory directory;
  const auto path = directory.path() / "checkpoint.key";
  SystemRandom random;
  REQUIRE(open_key_file(path, "book", random));

  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  CHECK(open_key_file(path, "book", random).error().reason == "checkpoint_key_exposed");
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  std::ofstream(path, std::ios::trunc) << "";
  const auto empty = open_key_file(path, "book", random);
  REQUIRE_FALSE(empty);
  CHECK(empty.error().reason == "invalid_signing_key");
  CHECK(empty.error().detail.find(path.string()) != std::string::npos);
  CHECK(std::filesystem::file_size(path) == 0);
}

TEST_CASE("a key file that cannot be made or read is unavailable") {
  const tests::TempDirectory directory;
  SystemRandom random;
  const auto nowhere = open_key_file(directory.path() / "missing" / "key", "book", random);
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().reason == "checkpoint_key_unreadable");
  const auto folder = open_key_file(directory.path(), "book", random);
  CHECK_FALSE(folder.has_value());
}
