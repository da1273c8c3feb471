#include "ledger/checkpoints.hpp"

#include <algorithm>

#include "ledger/keys.hpp"
#include "ledger/log_check.hpp"
#include "ledger/thinning.hpp"
#include "ledger/tree.hpp"

namespace settled::ledger {
namespace {

constexpr std::string_view kStartAnew =
    "; to begin a new record of checkpoints on purpose, move `checkpoints` and `tail` away as "
    "evidence and make an empty file `start-anew` in that directory";

keys::Key checkpoint_key() {
  return keys::Key(keys::Table::Operational).name("checkpoint");
}

std::unexpected<Error> refuse(std::string reason, std::string detail) {
  return fail(Errc::Corrupt, std::move(reason), std::move(detail));
}

std::string commands(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " command" : " commands");
}

std::unexpected<Error> suffix_lost(std::uint64_t known, std::uint64_t there) {
  return refuse("log_suffix_lost",
                "the log ends with command " + std::to_string(there) + ", but command " +
                    std::to_string(known) + " was committed: the newest " +
                    commands(known - there) +
                    " are lost, and what they paid may be paid again. Look for the newer books; "
                    "where an older backup was restored on purpose, find out first what the lost "
                    "commands paid" +
                    std::string(kStartAnew));
}

std::string place(std::uint64_t sequence) {
  return std::to_string(sequence);
}

Status erase_all(const store::Reader& reader, const std::string& prefix, store::Batch& batch) {
  return reader.scan(prefix, store::prefix_end(prefix),
                     [&](std::string_view key, std::string_view) {
                       batch.erase(std::string(key));
                       return true;
                     });
}

/// Erases from the store what it keeps no longer. What does not parse is not touched: it is no
/// business of this to hide it.
Status thin(const store::Reader& reader, Time now, store::Batch& batch) {
  constexpr std::size_t kAtOnce = 100'000;  // of books that were never thinned
  const std::string prefix = checkpoint_key();
  std::vector<DatedCheckpoint> all;
  TRY_OK(
      reader.scan(prefix, store::prefix_end(prefix), [&](std::string_view, std::string_view text) {
        const auto note = proof::Note::parse(text);
        if (!note) return true;
        const auto checkpoint = proof::Checkpoint::parse(note->text, note->name);
        if (checkpoint) all.push_back({checkpoint->sequence, checkpoint->time});
        return all.size() < kAtOnce;
      }));
  for (const std::uint64_t sequence : superfluous(all, now)) {
    batch.erase(std::string(checkpoint_key().u64(sequence)));
  }
  return {};
}

/// True if the log's record is what the checkpoint says.
Result<bool> agrees(const store::Reader& reader, LogLayout layout,
                    const proof::Checkpoint& checkpoint) {
  TRY(const LogRecord record, read_log(reader, layout, checkpoint.sequence));
  return record.hash == checkpoint.hash && record.state == checkpoint.state;
}

/// The chain is whole, but another one than was signed: says from where on. Chains that differ once
/// differ for ever, so the first checkpoint that disagrees is found by halving.
Status name_rewritten(const store::Reader& reader, LogLayout layout,
                      const std::vector<SignedCheckpoint>& signed_ones) {
  std::size_t low = 0;
  std::size_t high = signed_ones.size() - 1;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    TRY(const bool same, agrees(reader, layout, signed_ones[middle].checkpoint));
    if (same) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  const std::string after =
      low == 0 ? "command 1" : "checkpoint " + place(signed_ones[low - 1].checkpoint.sequence);
  return refuse(
      "log_rewritten",
      "the log is a whole chain, but not the one that was signed: it was changed between " + after +
          " and checkpoint " + place(signed_ones[low].checkpoint.sequence) +
          ". Keep the data directory as it is for the inquiry and restore a backup that "
          "the checkpoints confirm");
}

}  // namespace

Result<std::vector<std::string>> stored_checkpoints(const store::Reader& reader,
                                                    std::uint64_t below, std::size_t limit) {
  const std::string prefix = checkpoint_key();
  const std::string to =
      below == 0 ? store::prefix_end(prefix) : std::string(checkpoint_key().u64(below));
  std::vector<std::string> notes;
  if (limit == 0) return notes;
  TRY_OK(reader.scan_reverse(prefix, to, [&](std::string_view, std::string_view note) {
    notes.emplace_back(note);
    return notes.size() < limit;
  }));
  return notes;
}

Result<std::vector<std::string>> stored_checkpoints_above(const store::Reader& reader,
                                                          std::uint64_t above, std::size_t limit) {
  std::vector<std::string> notes;
  if (limit == 0) return notes;
  TRY_OK(reader.scan(std::string(checkpoint_key().u64(above + 1)),
                     store::prefix_end(std::string(checkpoint_key())),
                     [&](std::string_view, std::string_view note) {
                       notes.emplace_back(note);
                       return notes.size() < limit;
                     }));
  std::ranges::reverse(notes);
  return notes;
}

Result<std::unique_ptr<Checkpoints>> Checkpoints::open(store::Store& store, proof::SigningKey key,
                                                       const std::filesystem::path& directory,
                                                       const Clock& clock) {
  TRY(Witness witness, Witness::open(directory));
  std::unique_ptr<Checkpoints> out(
      new Checkpoints(store, std::move(key), std::move(witness), clock));
  TRY(out->layout_, layout_before_open(store));
  TRY_OK(out->compare());
  TRY(const pb::Head head, out->read_head());
  TRY_OK(out->witness_.begin(mark_of(head)));
  return out;
}

TailMark Checkpoints::mark_of(const pb::Head& head) {
  return {head.sequence(), fixed_from<Hash256>(head.hash())};
}

Result<pb::Head> Checkpoints::read_head() const {
  TRY(auto head, read_record<pb::Head>(store_, keys::head()));
  if (head && head->hash().size() != Hash256::kSize) {
    return fail(Errc::Corrupt, "corrupt_record", "the head has no hash");
  }
  if (head) return *std::move(head);
  pb::Head none;
  none.set_hash(Hash256{}.raw());
  return none;
}

/// The notes of the second directory, oldest first, each proven to be ours; the newest of the store
/// must be among them. Empty at a beginning.
Result<std::vector<SignedCheckpoint>> Checkpoints::trusted() const {
  std::vector<SignedCheckpoint> out;
  const std::string where = (witness_.directory() / "checkpoints").string();
  for (const std::string& note : witness_.notes()) {
    auto checkpoint = proof::Checkpoint::open(note, key());
    if (!checkpoint) {
      const bool forged = checkpoint.error().code == Errc::Rejected;
      return refuse(
          forged ? "checkpoint_forged" : "checkpoint_unreadable",
          where + ", checkpoint number " + place(out.size() + 1) + ": " +
              checkpoint.error().detail +
              (forged ? ". Check that checkpoint_key_file is the one of these books" : "") +
              std::string(kStartAnew));
    }
    if (!out.empty() && checkpoint->sequence <= out.back().checkpoint.sequence) {
      return refuse("checkpoint_unreadable",
                    where + ": checkpoint " + place(checkpoint->sequence) + " is out of order");
    }
    out.push_back({*checkpoint, note});
  }
  if (witness_.may_start_anew()) return out;
  TRY(const auto stored, stored_checkpoints(store_, 0, 1));
  if (stored.empty()) return out;
  // The note goes to the directory first: what only the store has was taken out of the directory.
  const auto newest = proof::Checkpoint::open(stored.front(), key());
  if (!newest) {
    return refuse("checkpoint_forged",
                  "the store's newest checkpoint: " + newest.error().detail +
                      ". Check that checkpoint_key_file is the one of these books" +
                      std::string(kStartAnew));
  }
  if (out.empty() || out.back().checkpoint.sequence < newest->sequence || !witness_.tail()) {
    return refuse("checkpoint_missing", "the books have checkpoint " + place(newest->sequence) +
                                            ", but " + witness_.directory().string() +
                                            " lacks it or its tail file" + std::string(kStartAnew));
  }
  return out;
}

Status Checkpoints::compare() {
  TRY(const auto signed_ones, trusted());
  TRY(const pb::Head head, read_head());
  TRY(const std::uint64_t end, log_end(store_));
  std::uint64_t known = head.sequence();
  if (!signed_ones.empty()) known = std::max(known, signed_ones.back().checkpoint.sequence);
  if (witness_.tail()) known = std::max(known, witness_.tail()->sequence);
  const std::uint64_t there = std::min(head.sequence(), end);
  if (there < known) return suffix_lost(known, there);
  if (end > head.sequence()) {
    return refuse("log_record_edited", "the log goes on to record " + place(end) +
                                           ", but the head ends with " + place(head.sequence()));
  }
  if (end == 0) return {};
  const std::uint64_t from = end > kCheckedAtOpen ? end - kCheckedAtOpen + 1 : 1;
  unchecked_ = from - 1;
  TRY(const Hash256 hash, check_log(store_, layout_, from, end));
  if (hash.raw() != head.hash()) {
    return refuse("log_record_edited", "the head has another hash than its record " + place(end));
  }
  if (!signed_ones.empty()) {
    TRY(const bool same, agrees(store_, layout_, signed_ones.back().checkpoint));
    if (!same) return name_rewritten(store_, layout_, signed_ones);
  }
  if (const auto& tail = witness_.tail(); tail && tail->sequence != 0) {
    TRY(const LogRecord record, read_log(store_, layout_, tail->sequence));
    if (record.hash != tail->hash) {
      return refuse("log_rewritten",
                    "the log is a whole chain, but command " + place(tail->sequence) +
                        " is not the one that the tail file saw committed: what came after " +
                        (signed_ones.empty()
                             ? std::string("the beginning")
                             : "checkpoint " + place(signed_ones.back().checkpoint.sequence)) +
                        " was changed. Keep the data directory as it is for the inquiry and "
                        "restore a backup that the checkpoints confirm");
    }
  }
  if (signed_ones.empty()) return {};
  newest_ = signed_ones.back();
  TRY_OK(check_root(newest_->checkpoint));
  // A crash between the directory's write and the store's leaves one that only the directory has.
  store::Batch batch;
  batch.put(std::string(checkpoint_key().u64(newest_->checkpoint.sequence)), newest_->note);
  return store_.write(batch, store::Durability::Synced);
}

/// Tiles are worked out from the log, so wrong ones are made again; what then still differs is the
/// log.
Status Checkpoints::check_root(const proof::Checkpoint& newest) {
  TRY(const Hash256 root, LogTree(store_, layout_).root(newest.sequence));
  if (root == newest.root) return {};
  store::Batch erased;
  TRY_OK(erase_all(store_, keys::Key(keys::Table::Tree), erased));
  TRY_OK(store_.write(erased, store::Durability::Synced));
  TRY_OK(grow_tree(newest.sequence));
  TRY(const Hash256 again, LogTree(store_, layout_).root(newest.sequence));
  if (again == newest.root) return {};
  return refuse("log_rewritten", "the tree over the log has another root than checkpoint " +
                                     place(newest.sequence) +
                                     " says, though the chain's end agrees: an old record was "
                                     "changed. `settled verify` names it");
}

Status Checkpoints::grow_tree(std::uint64_t until) {
  const LogTree tree(store_, layout_);
  for (bool more = true; more;) {
    store::Batch batch;
    TRY(more, tree.grow(until, batch));
    if (!batch.empty()) TRY_OK(store_.write(batch, store::Durability::Synced));
  }
  return {};
}

Result<Hash256> Checkpoints::continued_root(std::uint64_t sequence) const {
  const LogTree tree(store_, layout_);
  TRY(const Hash256 root, tree.root(sequence));
  if (!newest_) return root;
  const proof::Checkpoint& before = newest_->checkpoint;
  TRY(const auto path, tree.consistency(before.sequence, sequence));
  if (!proof::verify_consistency(before.sequence, sequence, before.root, root, path)) {
    return refuse("log_rewritten", "the log up to command " + place(sequence) +
                                       " does not continue the one of checkpoint " +
                                       place(before.sequence) + ": no checkpoint is signed");
  }
  return root;
}

Result<SignedCheckpoint> Checkpoints::make() {
  const std::lock_guard one_at_a_time(making_);
  // What a store that failed still shows need not be there after it was opened again.
  if (store_.poisoned()) return refuse("store_poisoned", "the store failed: nothing is signed");
  TRY(const pb::Head head, read_head());
  const std::uint64_t sequence = head.sequence();
  if (sequence == 0) return fail(Errc::NotFound, "nothing_logged", "the log is empty");
  if (newest_ && newest_->checkpoint.sequence == sequence) return *newest_;
  TRY_OK(grow_tree(sequence));
  SignedCheckpoint made;
  made.checkpoint.sequence = sequence;
  TRY(made.checkpoint.root, continued_root(sequence));
  TRY(const LogRecord record, read_log(store_, layout_, sequence));
  made.checkpoint.hash = record.hash;
  made.checkpoint.state = record.state;
  made.checkpoint.time = std::max(clock_.now(), from_ms(head.time()));
  made.note = made.checkpoint.sign(key_);
  if (witness_.may_start_anew()) {
    // First, so that a crash in between leaves no note in the store that the directory lacks.
    store::Batch forgotten;
    TRY_OK(erase_all(store_, checkpoint_key(), forgotten));
    TRY_OK(store_.write(forgotten, store::Durability::Synced));
  }
  TRY_OK(witness_.append(made.note, sequence));
  store::Batch batch;
  batch.put(std::string(checkpoint_key().u64(sequence)), made.note);
  if (newest_ && is_another_hour(newest_->checkpoint.time, made.checkpoint.time)) {
    TRY_OK(thin(store_, made.checkpoint.time, batch));
  }
  TRY_OK(store_.write(batch, store::Durability::Synced));
  TRY_OK(witness_.started_anew());
  const std::lock_guard lock(mutex_);
  newest_ = made;
  return made;
}

std::optional<SignedCheckpoint> Checkpoints::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

}  // namespace settled::ledger
