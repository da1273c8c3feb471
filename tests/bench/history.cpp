#include "tests/bench/history.hpp"

#include <cstdlib>
#include <iostream>
#include <vector>

#include "ledger/keys.hpp"
#include "ledger/records.pb.h"
#include "ledger/types/amount.hpp"
#include "ledger/types/time.hpp"

namespace settled::bench {
namespace {

namespace pb = ledger::pb;
namespace keys = ledger::keys;

constexpr std::uint64_t kHistoryAccounts = 5'000;
constexpr std::size_t kRowsAtOnce = 2'000;

const std::string kCurrency = "USDC";

std::string debit_account(std::uint64_t number) {
  return "asset:history:" + std::to_string(number % kHistoryAccounts);
}

/// Sorted rows, written in batches that need not be durable one by one.
class Filler {
 public:
  explicit Filler(ledger::store::Store& store) : store_(store) {}
  ~Filler() { flush(); }
  Filler(const Filler&) = delete;
  Filler& operator=(const Filler&) = delete;

  void put(std::string_view key, std::string_view value) {
    batch_.put(key, value);
    if (batch_.size() == kRowsAtOnce) flush();
  }
  void put(std::string_view key, const google::protobuf::MessageLite& record) {
    put(key, record.SerializeAsString());
  }

 private:
  void flush() {
    if (!store_.write(batch_, ledger::store::Durability::Written)) std::_Exit(1);
    batch_ = {};
  }
  ledger::store::Store& store_;
  ledger::store::Batch batch_;
};

/// The `number`-th entry, from 1.
class History {
 public:
  History(std::uint64_t entries, std::int64_t until_ms) : entries_(entries), until_ms_(until_ms) {}

  std::int64_t time(std::uint64_t number) const {
    return until_ms_ - static_cast<std::int64_t>(entries_ - number);
  }
  std::string id(std::uint64_t number) const {
    std::string out;
    keys::append_u64(out, static_cast<std::uint64_t>(time(number)) << 16U);
    keys::append_u64(out, number);
    return out;
  }
  bool is_quiet(std::uint64_t number) const { return number % (entries_ / kQuietEntries) == 0; }
  std::string credit_account(std::uint64_t number) const {
    return is_quiet(number) ? quiet_account()
                            : "liability:history:" + std::to_string(number % kHistoryAccounts);
  }
  pb::Entry entry(std::uint64_t number) const {
    pb::Entry out;
    out.set_id(id(number));
    out.set_sequence(number);
    out.set_created(time(number));
    out.set_kind("journal.bench");
    out.set_phase(pb::POSTED);
    out.set_reference(reference(number));
    for (const bool credit : {false, true}) {
      pb::Line& line = *out.add_lines();
      line.set_account(credit ? credit_account(number) : debit_account(number));
      line.set_currency(kCurrency);
      line.set_credit(credit);
      line.set_amount(amount(1));
    }
    return out;
  }
  static std::string reference(std::uint64_t number) {
    std::string digits = std::to_string(number);
    return "history-" + std::string(12 - digits.size(), '0') + digits;
  }
  static std::string amount(std::uint64_t units) {
    return Amount::parse(std::to_string(units)).value().stored();
  }
  /// The numbers of an account's entries begin with `first`, `step` apart.
  void account(Filler& out, const std::string& code, bool credit, std::uint64_t first,
               std::uint64_t step) const {
    std::uint64_t count = 0;
    for (std::uint64_t number = first; number <= entries_; number += step) {
      if (credit && step == kHistoryAccounts && is_quiet(number)) continue;
      pb::HistoryRow row;
      row.set_entry(id(number));
      *row.mutable_counters() = counters(credit, ++count);
      out.put(keys::account_history(code, from_ms(time(number)), number), row);
    }
  }
  static pb::Counters counters(bool credit, std::uint64_t count) {
    pb::Counters out;
    out.set_debits_posted(amount(credit ? 0 : count));
    out.set_credits_posted(amount(credit ? count : 0));
    out.set_debits_pending(amount(0));
    out.set_credits_pending(amount(0));
    return out;
  }

 private:
  std::uint64_t entries_;
  std::int64_t until_ms_;
};

}  // namespace

std::string quiet_account() {
  return "liability:history:quiet";
}

void fill_history(ledger::store::Store& store, std::uint64_t entries, std::int64_t until_ms) {
  const History history(entries, until_ms);
  Filler out(store);
  for (std::uint64_t number = 1; number <= entries; ++number) {
    out.put(keys::entry(history.id(number)), history.entry(number));
  }
  for (const bool credit : {false, true}) {
    for (std::uint64_t of = 0; of < kHistoryAccounts; ++of) {
      const std::uint64_t first = of == 0 ? kHistoryAccounts : of;
      const std::string code =
          credit ? "liability:history:" + std::to_string(of) : debit_account(of);
      history.account(out, code, credit, first, kHistoryAccounts);
    }
  }
  const std::uint64_t apart = entries / kQuietEntries;
  history.account(out, quiet_account(), true, apart, apart);
  pb::Account quiet;
  quiet.set_code(quiet_account());
  quiet.set_type(pb::LIABILITY);
  quiet.set_currency(kCurrency);
  quiet.set_created(history.time(1));
  *quiet.mutable_counters() = History::counters(true, entries / apart);
  out.put(keys::account(quiet.code()), quiet);
  for (std::uint64_t number = 1; number <= entries; ++number) {
    out.put(keys::entry_reference(History::reference(number)), history.id(number));
  }
}

}  // namespace settled::bench
