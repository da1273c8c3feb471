#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/accounts.hpp"
#include "ledger/book.hpp"
#include "ledger/store/store.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/time.hpp"
#include "tests/support/commands.hpp"
#include "tests/support/fault_env.hpp"
#include "tests/support/temp_directory.hpp"

namespace settled::tests {

/// A clock that stands still until it is told.
class TestClock final : public Clock {
 public:
  Time now() const override { return from_ms(ms_.load()); }
  void advance(std::int64_t ms) { ms_ += ms; }

 private:
  std::atomic<std::int64_t> ms_ = 1'800'000'000'000;
};

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed = 1) : engine_(seed) {}
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(engine_());
  }

 private:
  std::mt19937_64 engine_;
};

inline constexpr std::string_view kChain = "base";
inline constexpr std::uint64_t kStartBlock = 100;
inline constexpr std::uint32_t kConfirmations = 2;
inline constexpr std::int64_t kExpiresInMs = 1'800'000;
inline constexpr std::int64_t kLateWindowMs = 604'800'000;

/// "25.00" as it is stored.
std::string money(std::string_view text);
/// What is stored, as text.
std::string text_of(std::string_view stored);
/// Thirty-two bytes that belong to a name.
std::string hash_of(std::string_view name);
/// Twenty bytes that belong to a name; `deposit N` is the N-th derived deposit address.
std::string address_of(std::string_view name);
std::string deposit_address(std::uint32_t index);

std::string usdc_address();
pb::PaymentOption usdc_option();

pb::CreateIntent create_intent(const std::string& merchant, std::string_view amount);
pb::RequestPayout request_payout(const std::string& merchant, std::string_view amount);
/// To "payee", as `request_payout` would.
pb::RequestRefund request_refund(const pb::Intent& intent, std::string_view amount);
/// A USDC transfer; `log` names the transaction and the log in it: "tx1", "tx1/3".
pb::ObservedTransfer paid(const std::string& to, std::string_view amount, std::string_view log,
                          const std::string& from = address_of("payer"));
/// A block of branch `fork` upon one of branch `parent_fork`.
pb::ObservedBlock block(std::uint64_t number, std::int64_t time,
                        std::vector<pb::ObservedTransfer> transfers = {},
                        std::string_view fork = "a", std::string_view parent_fork = {});
std::string block_hash(std::uint64_t number, std::string_view fork = "a");

pb::IdempotencyKey idempotency_key(std::string_view scope, std::string_view key,
                                   std::string_view body);

/// All that a reader sees, but for what the log does not cover.
std::map<std::string, std::string> dump(const ledger::store::Reader& reader);

/// A book in a directory of its own, on a disk that fails by plan, with a clock and a random source
/// of its own. `apply` and its kin are for the test's thread.
class BookFixture {
 public:
  explicit BookFixture(FaultPlan plan = {}, ledger::Book::Options options = {});
  /// Loses power, and opens store and book again on a healthy disk.
  void reopen(ledger::Book::Options options = {});
  /// The same after the death of the process alone: what was written is there, synced or not.
  void restart(ledger::Book::Options options = {});

  ledger::Book& book() { return *book_; }
  ledger::store::Store& store() { return *store_; }
  TestClock& clock() { return clock_; }
  FaultEnv& disk() { return *disk_; }
  std::int64_t now_ms() const { return to_ms(clock_.now()); }

  template <typename Kind>
  pb::Reply ok(Kind kind) {
    return must(command(std::move(kind)));
  }
  template <typename Kind>
  Error refused(Kind kind) {
    return must_not(command(std::move(kind)));
  }

  /// A merchant; the chain with ten deposit addresses and the signer "hot" with 1000 USDC, 1 ETH.
  std::string set_up();
  std::string merchant(std::string_view name);
  void derive(std::uint32_t count);
  pb::Intent intent(const std::string& merchant, std::string_view amount);

  void see(std::vector<pb::ObservedBlock> blocks, std::uint64_t final_number = 0);
  /// The next block on the head, of branch "a".
  void mine(std::vector<pb::ObservedTransfer> transfers = {}, std::uint64_t final_number = 0);
  void rewind(std::uint64_t to, std::string_view fork = "a");
  /// Gives a merchant final money by an intent of its own.
  void fund(const std::string& merchant, std::string_view amount);

  pb::Chain chain();
  pb::Intent intent(const std::string& id);
  pb::Payout payout(const std::string& id);
  pb::Refund refund(const std::string& id);
  /// The transfer of a log named as in `paid`.
  pb::Transfer transfer(std::string_view log);
  /// "debits posted/credits posted debits pending/credits pending", or "none".
  std::string counters(std::string_view code);
  /// "available pending reserved" of a merchant in USDC.
  std::string balance(const std::string& merchant);
  /// Types of the events above `after`.
  std::vector<std::string> events(std::uint64_t after);
  std::uint64_t last_event() { return book().head().event_sequence(); }

 private:
  void open(ledger::Book::Options options);
  pb::Reply must(pb::Command command);
  Error must_not(pb::Command command);

  TempDirectory directory_;
  std::unique_ptr<FaultEnv> disk_;
  TestClock clock_;
  SeededRandom random_;
  std::unique_ptr<ledger::store::Store> store_;
  std::unique_ptr<ledger::Book> book_;
  int funded_ = 0;
};

}  // namespace settled::tests
