#include <csignal>
#include <random>
#include <set>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "ledger/keys.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "ledger/verify.hpp"
#include "tests/support/temp_directory.hpp"

using namespace settled;
using namespace settled::ledger;

namespace {

constexpr int kKills = 30;

struct Child {
  pid_t pid = 0;
  int out = -1;
};

Child start(const std::string& directory) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t pid = ::fork();
  REQUIRE(pid >= 0);
  if (pid == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    ::execl(CRASH_CHILD, CRASH_CHILD, directory.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  return {pid, ends[0]};
}

/// Reads what the child prints and kills it after `lines` acknowledgements; then reads the rest.
std::set<std::uint64_t> kill_after(const Child& child, std::uint64_t lines) {
  std::set<std::uint64_t> acknowledged;
  std::string pending;
  char chunk[512];
  bool killed = false;
  for (;;) {
    const ssize_t size = ::read(child.out, chunk, sizeof chunk);
    if (size <= 0) break;
    pending.append(chunk, static_cast<std::size_t>(size));
    for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
      acknowledged.insert(std::stoull(pending.substr(0, end)));
      pending.erase(0, end + 1);
    }
    if (!killed && acknowledged.size() >= lines) {
      ::kill(child.pid, SIGKILL);
      killed = true;
    }
  }
  ::close(child.out);
  int status = 0;
  ::waitpid(child.pid, &status, 0);
  REQUIRE(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGKILL);
  return acknowledged;
}

}  // namespace

TEST_CASE("thirty kills lose nothing that was acknowledged") {
  const tests::TempDirectory directory;
  const std::string books = (directory.path() / "book").string();
  std::mt19937_64 random(20261121);
  std::set<std::uint64_t> acknowledged;
  for (int round = 0; round < kKills; ++round) {
    const auto fresh = kill_after(start(books), 1 + random() % 60);
    for (const std::uint64_t sequence : fresh) {
      CHECK(acknowledged.insert(sequence).second);  // no sequence is given twice
    }
    const auto store = store::open_leveldb(books, {});
    REQUIRE(store.has_value());
    const auto verified = verify(**store);
    REQUIRE(verified.has_value());
    CHECK(verified->commands >= *acknowledged.rbegin());
    // verify() has shown the log to be gapless, so all up to its end are there.
    CHECK((*store)->get(keys::log(*acknowledged.rbegin())).value().has_value());
  }
}
