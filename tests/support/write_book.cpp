// write_book DIR [SEED]: writes a book of the present format, made of random commands from a fixed
// seed, and what it shows: tests/data/README.md. The same seed and sources give the same books.
#define CATCH_CONFIG_RUNNER  // the fixture asserts with Catch2; `main` stands below
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>

#include <catch2/catch.hpp>

#include "ledger/reports.hpp"
#include "ledger/store/leveldb_store.hpp"
#include "tests/ledger/random_book.hpp"
#include "tests/support/book_fixture.hpp"
#include "tests/support/journal_commands.hpp"

namespace {

using namespace settled;
using namespace settled::ledger;
using namespace settled::tests;

constexpr std::size_t kNumbers = 9'000;
constexpr std::uint32_t kAddresses = 60;

pb::Command open_chain(const Clock& clock) {
  pb::OpenChain chain;
  chain.set_chain(std::string(kChain));
  chain.set_chain_id(8453);
  chain.set_native_currency("ETH");
  chain.mutable_start()->set_number(kStartBlock);
  chain.mutable_start()->set_hash(block_hash(kStartBlock));
  chain.mutable_start()->set_time(to_ms(clock.now()));
  return command(chain);
}

pb::Command open_signer() {
  pb::OpenSigner signer;
  signer.set_chain(std::string(kChain));
  signer.set_signer("hot");
  signer.set_address(address_of("hot"));
  for (const auto& [token, amount] : {std::pair{"USDC", "1000"}, std::pair{"ETH", "1"}}) {
    pb::OpeningBalance& balance = *signer.add_balances();
    balance.set_token(token);
    balance.set_currency(token);
    balance.set_amount(money(amount));
  }
  return command(signer);
}

pb::Command derive(std::uint32_t count) {
  pb::AddDepositAddresses add;
  add.set_xpub_id("xpub");
  for (std::uint32_t i = 0; i < count; ++i) add.add_addresses(deposit_address(i));
  return command(add);
}

/// Every command of the journal, and the close of a period over all of it.
Status keep_journal(Book& book, TestClock& clock) {
  for (const char* code : {"asset:bank", "liability:loans", "asset:closed"}) {
    TRY_OK(book.apply(command(open_account(code))));
  }
  const std::vector<std::string> lent = {"Dr asset:bank 100.00", "Cr liability:loans 100.00"};
  TRY_OK(book.apply(command(post_entry("lent", lent))));
  std::vector<std::string> held;
  for (const char* reference : {"posted", "voided", "expired"}) {
    TRY(const Applied applied, book.apply(command(pending_entry(
                                   reference, {"Dr asset:bank 5.00", "Cr liability:loans 5.00"},
                                   reference[0] == 'e' ? 1'000 : 0))));
    held.push_back(applied.reply.entry().id());
  }
  TRY_OK(book.apply(command(post_hold("post", held[0], {"3.00", "3.00"}))));
  TRY_OK(book.apply(command(void_hold("void", held[1]))));
  clock.advance(2'000);
  TRY_OK(book.apply(command(expire_holds())));
  TRY_OK(book.apply(command(close_account("asset:closed"))));
  pb::Command close;
  close.mutable_close_period()->set_name("the first");
  close.mutable_close_period()->set_until(to_ms(clock.now()) - 1'000);
  TRY_OK(book.apply(close));
  return {};
}

Status fill(Book& book, TestClock& clock, std::uint32_t seed) {
  for (const pb::Command& each : {open_chain(clock), open_signer(), derive(kAddresses)}) {
    TRY_OK(book.apply(each));
  }
  std::mt19937 engine(seed);
  std::vector<std::uint32_t> dice(kNumbers);
  for (std::uint32_t& roll : dice) roll = static_cast<std::uint32_t>(engine() % (1U << 30U));
  RandomBook random(std::move(dice));
  while (auto next = random.next()) {
    clock.advance(next->advance_ms);
    random.learn(next->command, book.apply(next->command, next->key));
  }
  return keep_journal(book, clock);
}

Status show(const store::Reader& reader, const std::filesystem::path& directory) {
  std::ofstream accounts(directory / "accounts.txt");
  TRY(const auto all, reports::accounts(reader, {}));
  for (const pb::Account& account : all) {
    const pb::Counters& at = account.counters();
    accounts << account.code() << " " << text_of(at.debits_posted()) << "/"
             << text_of(at.credits_posted()) << " " << text_of(at.debits_pending()) << "/"
             << text_of(at.credits_pending()) << "\n";
  }
  std::ofstream events(directory / "events.txt");
  TRY(const auto page, reports::events(reader, {}, 0, 100'000));
  for (const pb::Event& event : page.data) events << event.type() << "\n";
  return {};
}

Status write(const std::filesystem::path& directory, std::uint32_t seed) {
  std::filesystem::create_directories(directory);
  TRY(const auto store, store::open_leveldb(directory / "book", {}));
  TestClock clock;
  SeededRandom random(seed);
  TRY(const auto book, Book::open(*store, clock, random, {}));
  TRY_OK(fill(*book, clock, seed));
  return show(*store, directory);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "write_book DIR [SEED]\n");
    return 2;
  }
  const Status done =
      write(argv[1], argc == 3 ? static_cast<std::uint32_t>(std::atoi(argv[2])) : 1);
  if (!done) {
    std::fprintf(stderr, "%s: %s\n", done.error().reason.c_str(), done.error().detail.c_str());
  }
  return done ? 0 : 1;
}
