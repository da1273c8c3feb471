#include "ledger/entry_proof.hpp"

#include <algorithm>
#include <span>

#include "ledger/keys.hpp"
#include "ledger/log_check.hpp"
#include "ledger/proof/merkle.hpp"
#include "ledger/tree.hpp"

namespace settled::ledger {
namespace {

/// Commands that the book may have given one millisecond: a clock that was set back makes many.
constexpr std::uint64_t kMostAtOnce = 100'000;

std::unexpected<Error> not_provable() {
  return fail(Errc::Conflict, "entry_not_provable",
              "the entry was made before the log held proofs of entries");
}

/// A Merkle root over leaves that come one by one: the roots of its whole subtrees, largest first.
class GrowingRoot {
 public:
  void add(Hash256 leaf) {
    for (std::uint64_t size = size_++; (size & 1U) != 0; size >>= 1U) {
      leaf = proof::node_hash(peaks_.back(), leaf);
      peaks_.pop_back();
    }
    peaks_.push_back(leaf);
  }
  /// REQUIRES: there is a leaf.
  Hash256 root() const {
    Hash256 root = peaks_.back();
    for (std::size_t i = peaks_.size() - 1; i > 0; --i) {
      root = proof::node_hash(peaks_[i - 1], root);
    }
    return root;
  }

 private:
  std::vector<Hash256> peaks_;
  std::uint64_t size_ = 0;
};

/// The entries of one millisecond, in the order of their ids, which is that of their commands.
struct Moment {
  std::vector<Hash256> leaves;
  std::uint64_t index = 0;  ///< of the entry
  std::string bytes;        ///< of the entry
  std::int64_t time = 0;
};

Result<Moment> moment_of(const store::Reader& reader, std::string_view id) {
  const std::string prefix = keys::Key(keys::Table::Entry);
  const std::string own = keys::entry(id);
  TRY(const auto entry, read_record<pb::Entry>(reader, own));
  if (!entry) return fail(Errc::NotFound, "not_found", "no such entry");
  Moment out;
  out.time = entry->created();
  const auto collect = [&out](std::vector<Hash256>& into, std::string_view value) {
    pb::Entry other;
    if (!other.ParseFromArray(value.data(), static_cast<int>(value.size()))) return false;
    if (other.created() != out.time) return false;
    into.push_back(proof::leaf_hash(value));
    return true;
  };
  std::vector<Hash256> before;
  TRY_OK(reader.scan_reverse(prefix, own, [&](std::string_view, std::string_view value) {
    return collect(before, value);
  }));
  out.leaves.assign(before.rbegin(), before.rend());
  out.index = before.size();
  TRY_OK(reader.scan(own, store::prefix_end(prefix),
                     [&](std::string_view key, std::string_view value) {
                       if (key == own) out.bytes = value;
                       return collect(out.leaves, value);
                     }));
  return out;
}

Result<std::int64_t> time_of(const store::Reader& reader, LogLayout layout,
                             std::uint64_t sequence) {
  TRY(const LogRecord record, read_log(reader, layout, sequence));
  pb::Envelope envelope;
  if (!envelope.ParseFromString(record.envelope)) {
    return fail(Errc::Corrupt, "corrupt_log", "an envelope does not parse");
  }
  return envelope.time();
}

/// The first command of format 2 at or after a time, or the one after the last. Recorded time never
/// steps back.
Result<std::uint64_t> first_at(const store::Reader& reader, LogLayout layout, std::int64_t time) {
  TRY(const std::uint64_t end, log_end(reader));
  std::uint64_t low = layout.format_1_until + 1;
  std::uint64_t high = std::max(low, end + 1);
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    TRY(const std::int64_t at, time_of(reader, layout, middle));
    if (at < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// The entry's command, and where its entries stand among those of the moment.
struct Found {
  std::uint64_t command = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// No record names its entries, but each has the root over them: the commands of the moment take
/// its entries one after the other until each has its root.
Result<Found> find_command(const store::Reader& reader, LogLayout layout, const Moment& moment) {
  if (layout.format_1_until != 0) {
    TRY(const std::int64_t last, time_of(reader, layout, layout.format_1_until));
    if (moment.time <= last) return not_provable();
  }
  TRY(const std::uint64_t first, first_at(reader, layout, moment.time));
  const Hash256 none = proof::tree_root({});
  std::uint64_t begin = 0;
  for (std::uint64_t command = first; command < first + kMostAtOnce; ++command) {
    TRY(const LogRecord record, read_log(reader, layout, command));
    if (record.entries_root == none) continue;
    GrowingRoot root;
    std::uint64_t end = begin;
    do {
      if (end == moment.leaves.size()) {
        return fail(Errc::Corrupt, "log_record_edited",
                    "the entries of log record " + std::to_string(command) +
                        " are not those that it was committed with");
      }
      root.add(moment.leaves[end++]);
    } while (root.root() != record.entries_root);
    if (moment.index < end) return Found{command, begin, end};
    begin = end;
  }
  return fail(Errc::Unavailable, "entry_not_located",
              "too many commands were logged in the entry's millisecond");
}

std::unexpected<Error> not_proven(std::string what) {
  return fail(Errc::Rejected, "not_proven", std::move(what));
}

}  // namespace

Result<std::uint64_t> command_of_entry(const store::Reader& reader, LogLayout layout,
                                       std::string_view id) {
  TRY(const Moment moment, moment_of(reader, id));
  TRY(const Found found, find_command(reader, layout, moment));
  return found.command;
}

Result<EntryProof> prove_entry(const store::Reader& reader, LogLayout layout, std::string_view id,
                               const SignedCheckpoint& by, const proof::VerifierKey& key) {
  TRY(Moment moment, moment_of(reader, id));
  TRY(const Found found, find_command(reader, layout, moment));
  INVARIANT(found.command <= by.checkpoint.sequence);
  TRY(const LogRecord record, read_log(reader, layout, found.command));
  const auto leaves = std::span(moment.leaves).subspan(found.begin, found.end - found.begin);
  const std::uint64_t index = moment.index - found.begin;
  EntryProof out;
  out.entry = std::move(moment.bytes);
  for (const auto& range : proof::inclusion_ranges(index, leaves.size())) {
    const auto part = leaves.subspan(range.begin, range.end - range.begin);
    out.entry_path.push_back({range.end <= index, proof::tree_root(part)});
  }
  out.leaf = record.leaf(found.command);
  TRY(out.leaf_path, LogTree(reader, layout).inclusion(found.command, by.checkpoint.sequence));
  out.checkpoint = by.note;
  if (const auto verified = verify_entry(out, key); !verified) {
    return fail(Errc::Corrupt, "log_record_edited",
                "entry " + EntryId::from_raw(id).to_string() +
                    " does not fit the log: " + verified.error().detail);
  }
  return out;
}

Result<ProvenEntry> verify_entry(const EntryProof& proof, const proof::VerifierKey& key) {
  ProvenEntry out;
  TRY(out.checkpoint, proof::Checkpoint::open(proof.checkpoint, key));
  if (!out.entry.ParseFromString(proof.entry) || out.entry.id().size() != IdBytes::kSize) {
    return fail(Errc::Invalid, "invalid_receipt", "the entry's bytes are no entry");
  }
  Hash256 hash = proof::leaf_hash(proof.entry);
  for (const PathStep& step : proof.entry_path) {
    hash = step.left ? proof::node_hash(step.hash, hash) : proof::node_hash(hash, step.hash);
  }
  if (hash != proof.leaf.entries_root) return not_proven("the entry is not one of its command's");
  const std::uint64_t sequence = proof.leaf.sequence;
  if (sequence == 0 ||
      !proof::verify_inclusion(proof::leaf_hash(proof.leaf.bytes()), sequence - 1,
                               out.checkpoint.sequence, proof.leaf_path, out.checkpoint.root)) {
    return not_proven("the command is not in the log that the checkpoint signs");
  }
  return out;
}

}  // namespace settled::ledger
