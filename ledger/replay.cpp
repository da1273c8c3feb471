#include "ledger/replay.hpp"

#include <array>
#include <utility>
#include <vector>

#include "ledger/describe.hpp"
#include "ledger/keys.hpp"
#include "ledger/store/each_row.hpp"

namespace settled::ledger {
namespace {

/// Commands in one batch: each is bounded, so this bounds the overlay.
constexpr std::size_t kBatch = 256;

std::unexpected<Error> wrong(std::string what) {
  return fail(Errc::Corrupt, "verification_failed", std::move(what));
}

std::unexpected<Error> diverged(const pb::Envelope& envelope, const std::string& how) {
  return fail(Errc::Corrupt, "replay_diverged", describe_envelope(envelope) + ": " + how);
}

/// Reads a range of keys row by row, from pages of a bounded size.
class RowPages {
 public:
  RowPages(const store::Reader& reader, std::string from, std::string to)
      : reader_(reader), from_(std::move(from)), to_(std::move(to)) {}

  using Row = std::pair<std::string, std::string>;
  /// Null at the end. The row lives until the next call.
  Result<const Row*> next() {
    if (at_ == page_.size()) TRY_OK(turn());
    return at_ == page_.size() ? nullptr : &page_[at_++];
  }

 private:
  Status turn() {
    constexpr std::size_t kRows = 1'024;
    constexpr std::size_t kBytes = std::size_t{4} << 20U;
    page_.clear();
    at_ = 0;
    std::size_t bytes = 0;
    TRY_OK(reader_.scan(from_, to_, [&](std::string_view key, std::string_view value) {
      page_.emplace_back(key, value);
      bytes += key.size() + value.size();
      return page_.size() < kRows && bytes < kBytes;
    }));
    if (!page_.empty()) from_ = page_.back().first + '\0';
    return {};
  }

  const store::Reader& reader_;
  std::string from_;
  std::string to_;
  std::vector<Row> page_;
  std::size_t at_ = 0;
};

std::unexpected<Error> differs(std::string_view key, const std::string& how) {
  return fail(Errc::Corrupt, "tables_differ", describe_key(key) + " " + how);
}

Status compare_range(RowPages book, RowPages replayed, std::uint64_t& rows, const Watch& watch) {
  for (;;) {
    TRY(const RowPages::Row* stored, book.next());
    TRY(const RowPages::Row* made, replayed.next());
    if (stored == nullptr && made == nullptr) return {};
    if (made == nullptr || (stored != nullptr && stored->first < made->first)) {
      return differs(stored->first, "is in the books and no command of the log made it");
    }
    if (stored == nullptr || made->first < stored->first) {
      return differs(made->first, "is missing: the log makes it");
    }
    if (stored->second != made->second) {
      return differs(stored->first, "is not what the log makes of it");
    }
    TRY_OK(tell(watch, {"rows compared", ++rows, 0}));
  }
}

}  // namespace

Status walk_log(const store::Reader& reader, const LogLayout& layout, const VisitRecord& visit) {
  const std::string prefix = keys::Key(keys::Table::Log);
  constexpr std::size_t kKeyBytes = 1 + sizeof(std::uint64_t);
  Hash256 hash;
  std::uint64_t sequence = 0;
  const auto check = [&](std::string_view key, std::string_view value) -> Status {
    ++sequence;
    const std::string place = "log record " + std::to_string(sequence);
    TRY(const LogRecord record, LogRecord::parse(value, layout.is_format_1(sequence)));
    pb::Envelope envelope;
    if (!envelope.ParseFromString(record.envelope)) return wrong(place + " does not parse");
    if (key.size() != kKeyBytes || keys::read_u64(key, 1) != sequence ||
        envelope.sequence() != sequence) {
      return wrong(place + " is missing or out of place");
    }
    if (chain_hash(hash.raw(), sequence, record) != record.hash) {
      return wrong(place + " does not have the hash that its content gives");
    }
    hash = record.hash;
    return visit(record, envelope);
  };
  return store::each_row(reader, prefix, store::prefix_end(prefix), check);
}

Replay::Replay(store::Store& empty) : store_(empty), overlay_(empty) {
  head_.set_hash(Hash256{}.raw());
  head_.set_state_hash(Hash256{}.raw());
}

Status Replay::add(const LogRecord& record, const pb::Envelope& envelope) {
  if (envelope.sequence() != head_.sequence() + 1) {
    return diverged(envelope, "it is not the one after " + std::to_string(head_.sequence()));
  }
  if (envelope.time() < head_.time()) return diverged(envelope, "its time steps back");
  if (envelope.rules() > kRules) {
    return diverged(envelope, "it was logged under rules that this program does not know");
  }
  const Effect effect = apply_envelope(overlay_, head_, envelope);
  if (!effect.logged) {
    if (effect.replayed) return diverged(envelope, "its idempotency key was used before");
    return diverged(envelope, "it is refused now: " + effect.reply.error().reason + ": " +
                                  effect.reply.error().detail);
  }
  const LogRecord made = record.format_1 ? seal_format_1(overlay_, head_, record.envelope)
                                         : seal(overlay_, head_, record.envelope);
  if (made.entries_root != record.entries_root) {
    return diverged(envelope, "it makes other entries now");
  }
  if (made.state != record.state) {
    return diverged(envelope, "it changes the state otherwise now: another state hash");
  }
  if (made.hash != record.hash) return diverged(envelope, "its hash is another");
  return ++waiting_ == kBatch ? write() : Status{};
}

Status Replay::write() {
  waiting_ = 0;
  return store_.write(overlay_.take_batch(), store::Durability::Written);
}

Status Replay::finish(std::string_view format, const LogLayout& layout) {
  TRY_OK(write());
  const bool taken_over = format != "1";
  if (!taken_over) head_.clear_state_hash();
  store::Batch batch;
  batch.put(keys::head(), head_.SerializeAsString());
  batch.put(keys::format_version(), std::string(format));
  if (taken_over && layout.format_1_until > 0) {
    std::string until;
    keys::append_u64(until, layout.format_1_until);
    batch.put(keys::format_1_until(), std::move(until));
  }
  return store_.write(batch, store::Durability::Written);
}

Status compare_tables(const store::Reader& book, const store::Reader& replayed,
                      const Watch& watch) {
  const std::string last(1, '\xFF');
  const std::string tree = keys::Key(keys::Table::Tree);
  const std::string operational = keys::Key(keys::Table::Operational);
  // The two tables outside the log are neighbours, which the keys promise for ever.
  static_assert(static_cast<char>(keys::Table::Tree) + 1 ==
                static_cast<char>(keys::Table::Operational));
  std::uint64_t rows = 0;
  for (const auto& [from, to] :
       {std::pair{std::string(), tree}, std::pair{store::prefix_end(operational), last}}) {
    TRY_OK(compare_range(RowPages(book, from, to), RowPages(replayed, from, to), rows, watch));
  }
  return {};
}

}  // namespace settled::ledger
