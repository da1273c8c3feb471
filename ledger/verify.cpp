#include "ledger/verify.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "ledger/accounts.hpp"
#include "ledger/keys.hpp"
#include "ledger/log.hpp"
#include "ledger/proof/merkle.hpp"
#include "ledger/replay.hpp"
#include "ledger/state.hpp"
#include "ledger/store/each_row.hpp"

namespace settled::ledger {
namespace {

std::unexpected<Error> wrong(std::string what) {
  return fail(Errc::Corrupt, "verification_failed", std::move(what));
}

/// Scans a table, stopping at the first row that `check` refuses.
template <typename Check>
Status each_row(const store::Reader& reader, keys::Table table, Check check) {
  const std::string prefix = keys::Key(table);
  return store::each_row(reader, prefix, store::prefix_end(prefix), std::move(check));
}

/// Visits every row of every table, those that the checks below do not look at too: the store
/// compares the checksum of a block when it is read.
Status read_all(const store::Reader& reader, const Watch& watch) {
  std::uint64_t rows = 0;
  return store::each_row(reader, "", "\xFF", [&](std::string_view, std::string_view) {
    return tell(watch, {"rows read", ++rows, 0});
  });
}

/// The root over the leaves so far, of which it keeps one hash for each complete subtree.
class GrowingRoot {
 public:
  void add(const Hash256& leaf) {
    subtrees_.push_back(leaf);
    for (std::uint64_t size = ++leaves_; size % 2 == 0; size /= 2) {
      const Hash256 right = subtrees_.back();
      subtrees_.pop_back();
      subtrees_.back() = proof::node_hash(subtrees_.back(), right);
    }
  }
  Hash256 root() const {
    if (subtrees_.empty()) return proof::tree_root({});
    Hash256 root = subtrees_.back();
    for (auto at = subtrees_.rbegin() + 1; at != subtrees_.rend(); ++at) {
      root = proof::node_hash(*at, root);
    }
    return root;
  }

 private:
  std::vector<Hash256> subtrees_;
  std::uint64_t leaves_ = 0;
};

/// One walk over the log: the chain, the checkpoints of it, and the replay.
class LogCheck {
 public:
  explicit LogCheck(VerifyOptions& options) : options_(options) {
    std::ranges::sort(options_.checkpoints, {}, &proof::Checkpoint::sequence);
    if (options_.empty != nullptr) replay_.emplace(*options_.empty);
  }

  Status run(const store::Reader& reader, const pb::Head& head, Verified& out) {
    TRY(const LogLayout layout, read_layout(reader));
    TRY_OK(compare_checkpoints());
    TRY_OK(walk_log(reader, layout, [&](const LogRecord& record, const pb::Envelope& envelope) {
      return add(record, envelope);
    }));
    if (sequence_ != head.sequence() || hash_.raw() != head.hash() ||
        (!head.state_hash().empty() && state_.raw() != head.state_hash())) {
      return wrong("the log ends at " + std::to_string(sequence_) + ", the head says " +
                   std::to_string(head.sequence()));
    }
    if (compared_ != options_.checkpoints.size()) {
      return fail(Errc::Corrupt, "checkpoint_contradicts",
                  "a checkpoint knows command " +
                      std::to_string(options_.checkpoints[compared_].sequence) +
                      ", the log ends at " + std::to_string(sequence_));
    }
    if (replay_) TRY_OK(compare_with_replay(reader, layout));
    out.commands = sequence_;
    out.checkpoints = compared_;
    out.replayed = replay_.has_value();
    out.time = head.time();
    out.log_hash = hash_;
    out.state_hash = state_;
    return {};
  }

 private:
  Status add(const LogRecord& record, const pb::Envelope& envelope) {
    sequence_ = envelope.sequence();
    hash_ = record.hash;
    state_ = record.state;
    if (compared_ < options_.checkpoints.size()) {
      root_.add(proof::leaf_hash(record.leaf(sequence_).bytes()));
      TRY_OK(compare_checkpoints());
    }
    if (replay_) TRY_OK(replay_->add(record, envelope));
    return tell(options_.watch, {replay_ ? "commands replayed" : "commands read", sequence_, 0});
  }

  Status compare_checkpoints() {
    for (; compared_ < options_.checkpoints.size(); ++compared_) {
      const proof::Checkpoint& checkpoint = options_.checkpoints[compared_];
      if (checkpoint.sequence != sequence_) return {};
      const char* what = checkpoint.hash != hash_          ? "hash"
                         : checkpoint.state != state_      ? "state hash"
                         : checkpoint.root != root_.root() ? "Merkle root"
                                                           : nullptr;
      if (what != nullptr) {
        return fail(Errc::Corrupt, "checkpoint_contradicts",
                    "the checkpoint at command " + std::to_string(sequence_) + " has another " +
                        what + " than the log");
      }
    }
    return {};
  }

  Status compare_with_replay(const store::Reader& reader, const LogLayout& layout) {
    TRY(const auto format, reader.get(keys::format_version()));
    if (!format) return wrong("the books do not say their format");
    TRY_OK(replay_->finish(*format, layout));
    return compare_tables(reader, *options_.empty, options_.watch);
  }

  VerifyOptions& options_;
  std::optional<Replay> replay_;
  GrowingRoot root_;
  std::size_t compared_ = 0;
  std::uint64_t sequence_ = 0;
  Hash256 hash_;
  Hash256 state_;
};

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

}  // namespace

Result<Verified> verify(const store::Reader& snapshot, VerifyOptions options) {
  TRY_OK(read_all(snapshot, options.watch));
  TRY(const auto head, read_record<pb::Head>(snapshot, keys::head()));
  if (!head) return wrong("there is no head record");
  Verified out;
  TRY_OK(LogCheck(options).run(snapshot, *head, out));

  Recount recount;
  TRY_OK(each_row(snapshot, keys::Table::Entry,
                  [&](std::string_view, std::string_view value) -> Status {
                    TRY(const auto entry, parse_record<pb::Entry>(value));
                    return recount.add(entry);
                  }));
  TRY_OK(each_row(snapshot, keys::Table::Account,
                  [&](std::string_view, std::string_view value) -> Status {
                    TRY(const auto account, parse_record<pb::Account>(value));
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
