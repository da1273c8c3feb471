// A book under load from several threads until it is killed. Started by kills_test.cpp.
//   crash_child DIRECTORY PHASES-FILE ACKS-FILE FIRST-NUMBER WRITE-BUFFER COMMANDS
// First every acknowledgement of ACKS-FILE is looked for: its log record, and its answer when it is
// asked for again. Exit codes: 2 arguments, 3 a command fails, 4 pipe, 5 something acknowledged is
// lost or was done twice, 6 the book does not open.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <leveldb/env.h>

#include "ledger/book.hpp"
#include "ledger/keys.hpp"
#include "ledger/state.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "tests/crash/kills.hpp"
#include "tests/support/book_fixture.hpp"
#include "tests/support/journal_commands.hpp"

namespace {

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

constexpr int kThreads = 4;
Phases* phases = nullptr;

[[noreturn]] void die(int code, const std::string& what) {
  std::fprintf(stderr, "crash_child: %s\n", what.c_str());
  ::_exit(code);
}

/// Counts as compacting while a table of the background's is open.
class WatchedFile final : public leveldb::WritableFile {
 public:
  explicit WatchedFile(leveldb::WritableFile* base) : base_(base) { ++phases->compacting; }
  WatchedFile(const WatchedFile&) = delete;
  WatchedFile& operator=(const WatchedFile&) = delete;
  ~WatchedFile() override { --phases->compacting; }
  leveldb::Status Append(const leveldb::Slice& data) override { return base_->Append(data); }
  leveldb::Status Close() override { return base_->Close(); }
  leveldb::Status Flush() override { return base_->Flush(); }
  leveldb::Status Sync() override { return base_->Sync(); }

 private:
  const std::unique_ptr<leveldb::WritableFile> base_;
};
class WatchedFiles final : public leveldb::EnvWrapper {
 public:
  WatchedFiles() : EnvWrapper(leveldb::Env::Default()) {}
  leveldb::Status NewWritableFile(const std::string& path, leveldb::WritableFile** file) override {
    auto status = EnvWrapper::NewWritableFile(path, file);
    if (status.ok() && path.ends_with(".ldb") && phases->recovering.load() == 0) {
      *file = new WatchedFile(*file);
    }
    return status;
  }
};
/// The book asks for the time when it has taken a group.
class WatchedClock final : public Clock {
 public:
  Time now() const override {
    phases->committing = 1;
    return clock_.now();
  }

 private:
  SystemClock clock_;
};

struct Life {
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Book> book;
  std::string merchant;
  std::uint64_t first_number = 0;
  std::uint64_t commands = 0;
};

std::string answer_of(const Result<Applied>& applied) {
  return applied ? applied->reply.SerializeAsString() : applied.error().reason;
}

void check_acknowledged(Life& life, const char* file) {
  std::ifstream acks(file, std::ios::binary);
  Ack ack;
  while (acks.read(reinterpret_cast<char*>(&ack), sizeof ack)) {
    const std::string name = "command " + std::to_string(ack.number);
    if (ack.sequence != 0 && !life.store->get(keys::log(ack.sequence)).value()) {
      die(5, name + " was acknowledged and its log record is gone");
    }
    // Whatever command comes under a known key, it is answered from the record.
    pb::Command repetition;
    repetition.mutable_create_merchant()->set_name("done twice");
    const auto again = life.book->apply(std::move(repetition), key_of(ack.number));
    if (again && !again->replayed) die(5, name + " was acknowledged and is done again");
    if (!has_answer(ack, ::answer_of(again))) die(5, name + " has another answer now");
  }
}

/// Does it under its number and tells the parent of the answer.
Result<Applied> acknowledged(Life& life, std::uint64_t number, pb::Command command) {
  auto applied = life.book->apply(std::move(command), key_of(number));
  if (!applied && applied.error().code != Errc::Rejected &&
      applied.error().code != Errc::Conflict) {
    die(3, applied.error().reason + ": " + applied.error().detail);
  }
  Ack ack{.number = number, .sequence = applied ? applied->reply.sequence() : 0};
  set_answer(ack, ::answer_of(applied));
  if (::write(STDOUT_FILENO, &ack, sizeof ack) != sizeof ack) die(4, "the pipe");
  return applied;
}

/// Each under a number that every life of a directory uses, so that it is done once.
void set_up(Life& life) {
  pb::OpenChain chain;
  chain.set_chain(std::string(kChain));
  chain.set_chain_id(8453);
  chain.set_native_currency("ETH");
  chain.mutable_start()->set_number(kStartBlock);
  chain.mutable_start()->set_hash(block_hash(kStartBlock));
  acknowledged(life, 1, command(chain));
  pb::OpenSigner signer;
  signer.set_chain(std::string(kChain));
  signer.set_signer("hot");
  signer.set_address(address_of("hot"));
  acknowledged(life, 2, command(signer));
  pb::CreateMerchant merchant;
  merchant.set_name("Shop");
  life.merchant = acknowledged(life, 3, command(merchant))->reply.merchant().id();
  acknowledged(life, 4, command(open_account("asset:bank")));
  pb::OpenAccount loans = open_account("liability:loans");
  loans.set_debits_must_not_exceed_credits(true);
  acknowledged(life, 5, command(loans));
}

/// The next block with a payment to the newest address that was handed out; addresses when few are
/// left.
pb::Command next_of_chain(const Life& life) {
  const auto pool = read_record<pb::DepositPool>(*life.store, keys::deposit_pool()).value();
  const std::uint32_t added = pool ? pool->added() : 0;
  const std::uint32_t assigned = pool ? pool->assigned() : 0;
  if (added - assigned < 200) {
    pb::AddDepositAddresses add;
    add.set_xpub_id("xpub");
    add.set_first_index(added);
    for (std::uint32_t i = 0; i < 300; ++i) add.add_addresses(deposit_address(added + i));
    return command(add);
  }
  const auto chain = read_record<pb::Chain>(*life.store, keys::chain(kChain)).value().value();
  const std::uint64_t number = chain.head().number() + 1;
  pb::ObserveBlocks observe;
  observe.set_chain(std::string(kChain));
  observe.set_confirmations(1);
  observe.set_final_number(number - 2);
  std::vector<pb::ObservedTransfer> transfers;
  if (assigned > 0) {
    transfers.push_back(paid(deposit_address(assigned - 1), "7.5", "tx" + std::to_string(number)));
  }
  *observe.add_blocks() = block(number, 0, std::move(transfers));
  return command(observe);
}

pb::Command next_of_merchant(const Life& life, std::uint64_t i) {
  if (i % 3 == 0) return command(request_payout(life.merchant, i % 2 == 0 ? "0.5" : "99999"));
  if (i % 16 == 1) {
    pb::CreateApiKey key;
    key.set_merchant(life.merchant);
    key.set_secret_sha256(hash_of("secret " + std::to_string(i + life.first_number)));
    return command(key);
  }
  pb::CreateIntent create = create_intent(life.merchant, "7.5");
  create.set_description(std::string(i * 37 % 1'500, 'd'));
  return command(create);
}

/// Lends, takes back more than was lent now and then, which is refused, and holds for a while;
/// what is due expires.
pb::Command next_of_journal(const Life& life, std::uint64_t i) {
  const std::string reference = std::to_string(life.first_number + i);
  if (i % 5 == 0) return command(expire_holds());
  if (i % 3 == 0) {
    const std::string amount = std::to_string(1 + i % 40);
    return command(
        post_entry(reference, {"Dr liability:loans " + amount, "Cr asset:bank " + amount}));
  }
  const std::vector<std::string> lines = {"Dr asset:bank 3", "Cr liability:loans 3"};
  return command(i % 2 == 0 ? pending_entry(reference, lines, 1 + static_cast<std::int64_t>(i % 50))
                            : post_entry(reference, lines));
}

void work(Life& life, std::uint64_t thread) {
  for (std::uint64_t i = thread; i < life.commands; i += kThreads) {
    acknowledged(life, life.first_number + i,
                 thread == 0   ? next_of_chain(life)
                 : thread == 1 ? next_of_journal(life, i)
                               : next_of_merchant(life, i));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  phases = map_phases(argv[2]);
  if (phases == nullptr) return 2;
  WatchedFiles files;
  WatchedClock clock;
  SystemRandom random;
  Life life;
  life.first_number = std::strtoull(argv[4], nullptr, 10);
  life.commands = std::strtoull(argv[6], nullptr, 10);

  phases->recovering = 1;
  auto store =
      store::open_leveldb(argv[1], {.cache_bytes = std::size_t{1} << 20U,
                                    .write_buffer_bytes = std::strtoull(argv[5], nullptr, 10),
                                    .env = &files});
  if (!store) die(6, store.error().reason + ": " + store.error().detail);
  life.store = *std::move(store);
  Book::Options options;
  options.on_commit = [](const pb::Head&) { phases->committing = 0; };
  auto book = Book::open(*life.store, clock, random, std::move(options));
  if (!book) die(6, book.error().reason + ": " + book.error().detail);
  life.book = *std::move(book);
  phases->recovering = 0;

  check_acknowledged(life, argv[3]);
  phases->checked = 1;
  set_up(life);
  // There are addresses before anybody asks for one.
  acknowledged(life, life.first_number + life.commands, next_of_chain(life));
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < kThreads; ++i) threads.emplace_back([&, i] { work(life, i); });
  for (std::thread& thread : threads) thread.join();
  phases->idle = 1;
  for (;;) ::pause();
}
