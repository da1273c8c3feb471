#include "tests/crash/script.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "ledger/store/leveldb_store.hpp"
#include "ledger/verify.hpp"
#include "tests/support/book_fixture.hpp"
#include "tests/support/journal_commands.hpp"
#include "tests/support/temp_directory.hpp"

namespace settled::tests {

using namespace ledger;

void StepRandom::fill(std::span<std::uint8_t> out) {
  std::mt19937_64 engine(static_cast<std::uint64_t>(step_.load()));
  for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(engine());
}

Result<std::unique_ptr<OpenBook>> OpenBook::open(const std::filesystem::path& lock,
                                                 leveldb::Env& env) {
  std::unique_ptr<OpenBook> out(new OpenBook());
  TRY(out->store_, store::open_leveldb(lock, {.cache_bytes = std::size_t{1} << 20U,
                                              .write_buffer_bytes = std::size_t{64} << 10U,
                                              .env = &env}));
  TRY(out->book_, Book::open(*out->store_, out->clock_, out->random_, {}));
  return out;
}

Result<Applied> OpenBook::apply(const Step& step, std::size_t number) {
  clock_.set(static_cast<std::int64_t>(number));
  random_.set(static_cast<std::int64_t>(number));
  return book_->apply(step.command, step.key);
}

Result<Rows> read_rows(const store::Reader& reader) {
  Rows rows;
  TRY_OK(reader.scan("", "\xFF", [&](std::string_view key, std::string_view value) {
    rows.emplace(key, value);
    return true;
  }));
  return rows;
}

std::string answer_of(const Result<Applied>& applied) {
  return applied ? applied->reply.SerializeAsString() : applied.error().reason;
}

std::size_t Script::steps_until(std::uint64_t sequence) const {
  const auto beyond = std::ranges::upper_bound(sequences_, sequence);
  return static_cast<std::size_t>(beyond - sequences_.begin()) - 1;
}

/// Makes up the steps, doing each on a book as it goes.
class Recorder {
 public:
  explicit Recorder(Script& script) : script_(script) {}

  void run(const Script::Size& size) {
    for (int process = 0; process < size.processes; ++process) {
      reopen();
      if (process == 0) {
        set_up();
        keep_journal();
      }
      for (int round = 0; round < size.rounds; ++round) {
        pay_in(size.bulk_bytes);
        pay_out();
      }
    }
    REQUIRE(verify(book_->store()).has_value());
  }

 private:
  void reopen() {
    book_.reset();
    auto opened = OpenBook::open(lock_.path(), disk_);
    REQUIRE(opened.has_value());
    book_ = *std::move(opened);
    new_process_ = !script_.steps_.empty();
    script_.rows_[book_->book().head().sequence()] = read_rows(book_->store()).value();
  }

  template <typename Kind>
  Result<Applied> apply(Kind kind, std::optional<pb::IdempotencyKey> key = {}) {
    Step step{command(std::move(kind)), std::move(key), std::exchange(new_process_, false)};
    auto applied = book_->apply(step, script_.steps_.size());
    const std::uint64_t sequence = book_->book().head().sequence();
    script_.answers_.push_back(answer_of(applied));
    script_.steps_.push_back(std::move(step));
    script_.sequences_.push_back(sequence);
    script_.rows_[sequence] = read_rows(book_->store()).value();
    return applied;
  }
  template <typename Kind>
  pb::Reply must(Kind kind, std::optional<pb::IdempotencyKey> key = {}) {
    auto applied = apply(std::move(kind), std::move(key));
    if (!applied) FAIL(applied.error().reason << ": " << applied.error().detail);
    return std::move(applied->reply);
  }

  void set_up() {
    pb::OpenChain chain;
    chain.set_chain(std::string(kChain));
    chain.set_chain_id(8453);
    chain.set_native_currency("ETH");
    chain.mutable_start()->set_number(kStartBlock);
    chain.mutable_start()->set_hash(block_hash(kStartBlock));
    chain.mutable_start()->set_time(1'800'000'000'000);
    must(chain);
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
    must(signer);
    pb::AddDepositAddresses add;
    add.set_xpub_id("xpub");
    for (std::uint32_t i = 0; i < 40; ++i) add.add_addresses(deposit_address(i));
    must(add);
    pb::CreateMerchant merchant;
    merchant.set_name("Shop");
    merchant_ = must(merchant).merchant().id();
  }

  void mine(std::vector<pb::ObservedTransfer> transfers, std::uint64_t final_number) {
    pb::ObserveBlocks observe;
    observe.set_chain(std::string(kChain));
    observe.set_confirmations(kConfirmations);
    observe.set_final_number(final_number);
    *observe.add_blocks() = block(++head_, 1'800'000'000'000, std::move(transfers));
    must(observe);
  }

  /// An intent under a key, its payment with a stranger's beside it, a reorganisation, the payment
  /// once more, final; a repetition; an intent that is cancelled.
  void pay_in(std::size_t bulk_bytes) {
    const std::string name = std::to_string(++round_);
    const auto key = idempotency_key("key", "intent " + name, "body");
    pb::CreateIntent create = create_intent(merchant_, "25.5");
    create.set_description(std::string(bulk_bytes, static_cast<char>('a' + round_ % 26)));
    const std::string address = must(create, key).intent().deposit_address();
    mine({paid(address, "25.5", "in" + name), paid(deposit_address(39), "1", "stray" + name)}, 0);
    pb::RewindChain rewind;
    rewind.set_chain(std::string(kChain));
    rewind.set_to_number(--head_);
    rewind.set_to_hash(block_hash(head_));
    must(rewind);
    mine({paid(address, "25.5", "in" + name)}, head_ + 1);
    CHECK(apply(create, key)->replayed);
    pb::CancelIntent cancel;
    cancel.set_id(must(create_intent(merchant_, "3")).intent().id());
    must(cancel);
  }

  /// A payout to its end, and one that the balance does not cover, whose refusal is recorded.
  void pay_out() {
    const std::string name = std::to_string(round_);
    CHECK(apply(request_payout(merchant_, "99999"), idempotency_key("key", "much " + name, "body"))
              .error()
              .reason == "insufficient_funds");
    const auto payout =
        must(request_payout(merchant_, "10"), idempotency_key("key", "payout " + name, "body"))
            .payout();
    pb::RecordAttempt attempt;
    attempt.set_payout(payout.id());
    attempt.set_nonce(nonce_++);
    attempt.set_tx_hash(hash_of("out" + name));
    attempt.set_raw("signed " + name);
    must(attempt);
    mine({paid(address_of("payee"), "10", "out" + name, address_of("hot"))}, head_ + 1);
    pb::SettlePayout settle;
    settle.set_id(payout.id());
    settle.set_tx_hash(attempt.tx_hash());
    settle.set_block_number(head_);
    settle.set_outcome(pb::OUTCOME_SUCCEEDED);
    settle.set_network_fee(money("0.001"));
    must(settle);
  }

  /// Entries by hand, of three lines too; holds that are posted in part, voided and expired; a
  /// refusal that is recorded; an account that is closed.
  void keep_journal() {
    for (const char* code : {"asset:bank", "liability:loans", "expense:rent", "asset:closed"}) {
      must(open_account(code));
    }
    const auto lent = post_entry("lent", {"Dr asset:bank 100", "Cr liability:loans 100"});
    must(lent, idempotency_key("key", "lent", "body"));
    must(post_entry("rent", {"Dr expense:rent 7", "Dr liability:loans 3", "Cr asset:bank 10"}));
    pb::PostEntry twice = lent;
    twice.mutable_lines(1)->set_account("expense:rent");
    CHECK(apply(twice, idempotency_key("key", "twice", "body")).error().reason ==
          "exists_with_different_account");
    const std::vector<std::string> lines = {"Dr expense:rent 5", "Cr asset:bank 5"};
    const auto held = [&](std::string_view reference, std::int64_t timeout_ms) {
      return must(pending_entry(reference, lines, timeout_ms)).entry().id();
    };
    must(post_hold("part", held("hold/1", 60'000), {"2", "2"}));
    must(void_hold("void", held("hold/2", 0)));
    held("hold/3", 500);
    CHECK(must(expire_holds()).count() == 1);
    must(close_account("asset:closed"));
  }

  Script& script_;
  TempDirectory lock_;
  MemoryDisk disk_;
  std::unique_ptr<OpenBook> book_;
  bool new_process_ = false;
  std::string merchant_;
  std::uint64_t head_ = kStartBlock;
  std::uint64_t nonce_ = 0;
  int round_ = 0;
};

Script::Script(Size size) {
  Recorder(*this).run(size);
}

MemoryDisk::Contents disk_after(const Script& script, std::size_t steps) {
  const TempDirectory lock;
  MemoryDisk disk;
  std::unique_ptr<OpenBook> book;
  for (std::size_t step = 0; step < steps; ++step) {
    if (!book || script.steps().at(step).new_process) {
      book.reset();
      book = OpenBook::open(lock.path(), disk).value();
    }
    REQUIRE(answer_of(book->apply(script.steps().at(step), step)) == script.answer(step));
  }
  book.reset();
  return disk.contents();
}

}  // namespace settled::tests
