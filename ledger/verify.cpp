#include "ledger/verify.hpp"

#include <map>
#include <set>

#include "ledger/accounts.hpp"
#include "ledger/keys.hpp"
#include "ledger/log.hpp"
#include "ledger/state.hpp"

namespace settled::ledger {
namespace {

std::unexpected<Error> wrong(std::string what) {
  return fail(Errc::Corrupt, "verification_failed", std::move(what));
}

/// Scans a table, stopping at the first row that `check` refuses.
template <typename Check>
Status each_row(const store::Reader& reader, keys::Table table, Check check) {
  const std::string prefix = keys::Key(table);
  Status result;
  TRY_OK(reader.scan(prefix, store::prefix_end(prefix),
                     [&](std::string_view key, std::string_view value) {
                       result = check(key, value);
                       return result.has_value();
                     }));
  return result;
}

/// Visits every row of every table, those that the checks below do not look at too: the store
/// compares the checksum of a block when it is read.
Status read_all(const store::Reader& reader) {
  return reader.scan("", "\xFF", [](std::string_view, std::string_view) { return true; });
}

Result<Hash256> verify_log(const store::Reader& reader, const pb::Head& head) {
  Hash256 hash;
  std::uint64_t sequence = 0;
  TRY(const LogLayout layout, read_layout(reader));
  TRY_OK(each_row(
      reader, keys::Table::Log, [&](std::string_view key, std::string_view value) -> Status {
        const std::string place = "log record " + std::to_string(sequence + 1);
        TRY(const LogRecord record, LogRecord::parse(value, layout.is_format_1(sequence + 1)));
        pb::Envelope envelope;
        if (!envelope.ParseFromString(record.envelope)) {
          return wrong(place + " does not parse");
        }
        if (keys::read_u64(key, 1) != sequence + 1 || envelope.sequence() != sequence + 1) {
          return wrong(place + " is missing or out of place");
        }
        if (chain_hash(hash.raw(), sequence + 1, record) != record.hash) {
          return wrong(place + " does not have the hash that its content gives");
        }
        hash = record.hash;
        ++sequence;
        return {};
      }));
  if (sequence != head.sequence() || hash.raw() != head.hash()) {
    return wrong("the log ends at " + std::to_string(sequence) + ", the head says " +
                 std::to_string(head.sequence()));
  }
  return hash;
}

/// Adds up every entry by its rules, to be compared with the accounts.
class Recount {
 public:
  Status add(const pb::Entry& entry) {
    std::map<std::string, std::pair<Amount, Amount>> sums;
    for (const pb::Line& line : entry.lines()) {
      auto& [debits, credits] = sums[line.currency()];
      TRY(const Amount amount, amount_of(line.amount()));
      Amount& side = line.credit() ? credits : debits;
      TRY(side, side.plus(amount));
      if (entry.phase() != pb::VOIDED) TRY_OK(count(line, entry.phase() == pb::PENDING));
    }
    for (const auto& [currency, sides] : sums) {
      if (sides.first != sides.second) {
        return wrong("entry " + name(entry) + " does not sum to zero in " + currency);
      }
    }
    if (entry.phase() == pb::PENDING) open_holds_.emplace(entry.id(), entry);
    if (!entry.hold().empty()) TRY_OK(resolve(entry));
    ++entries_;
    return {};
  }

  Status compare(const pb::Account& account) {
    TRY(const CounterAmounts stored, amounts_of(account.counters()));
    const CounterAmounts& counted = counters_[account.code()];
    if (stored.debits_posted != counted.debits_posted ||
        stored.credits_posted != counted.credits_posted ||
        stored.debits_pending != counted.debits_pending ||
        stored.credits_pending != counted.credits_pending) {
      return wrong("account " + account.code() + " is not what its entries add up to");
    }
    counters_.erase(account.code());
    ++accounts_;
    return {};
  }

  Status finish() const {
    if (!counters_.empty()) return wrong("account " + counters_.begin()->first + " is missing");
    return {};
  }

  std::uint64_t entries() const { return entries_; }
  std::uint64_t accounts() const { return accounts_; }

 private:
  static std::string name(const pb::Entry& entry) {
    return EntryId::from_raw(entry.id()).to_string();
  }

  /// A voiding entry repeats the hold's lines, a posting one may add others after them. Without
  /// this an edit of a hold that was resolved would cancel itself out of the counters.
  static bool repeats(const pb::Entry& by, const pb::Entry& held) {
    if (by.lines_size() < held.lines_size()) return false;
    if (by.phase() == pb::VOIDED && by.lines_size() != held.lines_size()) return false;
    for (int i = 0; i < held.lines_size(); ++i) {
      if (by.lines(i).SerializeAsString() != held.lines(i).SerializeAsString()) return false;
    }
    return true;
  }

  /// What the journal posts of a hold: each line is one of the hold's, in their order, or less of
  /// it.
  static Result<bool> is_part(const pb::Entry& by, const pb::Entry& held) {
    int next = 0;
    for (const pb::Line& line : held.lines()) {
      if (next == by.lines_size() || by.lines(next).account() != line.account()) continue;
      pb::Line most = by.lines(next++);
      TRY(const Amount posted, amount_of(most.amount()));
      TRY(const Amount amount, amount_of(line.amount()));
      most.set_amount(line.amount());
      if (posted > amount || most.SerializeAsString() != line.SerializeAsString()) return false;
    }
    return next == by.lines_size();
  }

  Amount& counter(const pb::Line& line, bool pending) {
    CounterAmounts& row = counters_[line.account()];
    if (line.credit()) return pending ? row.credits_pending : row.credits_posted;
    return pending ? row.debits_pending : row.debits_posted;
  }

  Status count(const pb::Line& line, bool pending) {
    TRY(const Amount amount, amount_of(line.amount()));
    Amount& at = counter(line, pending);
    TRY(at, at.plus(amount));
    return {};
  }

  Status resolve(const pb::Entry& by) {
    const auto held = open_holds_.find(by.hold());
    if (held == open_holds_.end()) {
      return wrong("entry " + name(by) + " resolves a hold that is not open");
    }
    // A reference is what an entry of the journal has.
    const bool by_hand = by.phase() == pb::POSTED && !by.reference().empty();
    TRY(const bool fits, by_hand ? is_part(by, held->second) : repeats(by, held->second));
    if (!fits) {
      return wrong("entry " + name(by) + " does not repeat the lines of its hold");
    }
    for (const pb::Line& line : held->second.lines()) {
      TRY(const Amount amount, amount_of(line.amount()));
      Amount& at = counter(line, true);
      TRY(at, at.minus(amount));
    }
    open_holds_.erase(held);
    return {};
  }

  std::map<std::string, CounterAmounts> counters_;
  std::map<std::string, pb::Entry> open_holds_;
  std::uint64_t entries_ = 0;
  std::uint64_t accounts_ = 0;
};

template <typename Record>
Result<Record> parse_row(std::string_view value) {
  Record record;
  if (!record.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return wrong("a record does not parse");
  }
  return record;
}

}  // namespace

Result<Verified> verify(const store::Reader& snapshot) {
  TRY_OK(read_all(snapshot));
  TRY(const auto head, read_record<pb::Head>(snapshot, keys::head()));
  if (!head) return wrong("there is no head record");
  Verified out;
  TRY(out.log_hash, verify_log(snapshot, *head));
  out.commands = head->sequence();

  Recount recount;
  TRY_OK(each_row(snapshot, keys::Table::Entry,
                  [&](std::string_view, std::string_view value) -> Status {
                    TRY(const auto entry, parse_row<pb::Entry>(value));
                    return recount.add(entry);
                  }));
  TRY_OK(each_row(snapshot, keys::Table::Account,
                  [&](std::string_view, std::string_view value) -> Status {
                    TRY(const auto account, parse_row<pb::Account>(value));
                    return recount.compare(account);
                  }));
  TRY_OK(recount.finish());
  if (recount.entries() != head->entry_sequence()) {
    return wrong("the head counts " + std::to_string(head->entry_sequence()) + " entries, " +
                 std::to_string(recount.entries()) + " are stored");
  }
  out.entries = recount.entries();
  out.accounts = recount.accounts();
  return out;
}

}  // namespace settled::ledger
