// Applies commands to the books in a directory, from several threads, and prints the sequence of
// each that is acknowledged, until it is killed. Started by crash_test.cpp.
#include <cstdio>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "ledger/book.hpp"
#include "ledger/store/leveldb_store.hpp"

namespace {

using settled::Result;
using settled::ledger::Applied;
using settled::ledger::Book;
namespace pb = settled::ledger::pb;

/// One write of a whole line, so that lines of several threads do not mix.
void print(std::uint64_t sequence) {
  const std::string line = std::to_string(sequence) + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) ::_exit(3);
}

void work(Book& book) {
  for (std::uint64_t i = 0;; ++i) {
    pb::Command command;
    command.mutable_create_merchant()->set_name(std::string(i % 300, 'n'));
    const Result<Applied> applied = book.apply(std::move(command));
    if (!applied) ::_exit(4);
    print(applied->reply.sequence());
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  auto store = settled::ledger::store::open_leveldb(argv[1], {});
  if (!store) {
    std::fprintf(stderr, "%s: %s\n", store.error().reason.c_str(), store.error().detail.c_str());
    return 1;
  }
  settled::SystemClock clock;
  settled::SystemRandom random;
  auto book = Book::open(**store, clock, random, {});
  if (!book) return 1;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&] { work(**book); });
  for (std::thread& thread : threads) thread.join();
}
