#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ledger/log.hpp"
#include "ledger/proof/checkpoint.hpp"
#include "ledger/store/store.hpp"
#include "ledger/types/time.hpp"
#include "ledger/witness.hpp"

namespace settled::ledger {

struct SignedCheckpoint {
  proof::Checkpoint checkpoint;
  std::string note;  ///< the signed text
};

/// Stored checkpoints, newest first, numbered below `below` (0: all), at most `limit` notes.
Result<std::vector<std::string>> stored_checkpoints(const store::Reader& reader,
                                                    std::uint64_t below, std::size_t limit);

/// Those numbered above `above`, the `limit` nearest to it, newest first.
Result<std::vector<std::string>> stored_checkpoints_above(const store::Reader& reader,
                                                          std::uint64_t above, std::size_t limit);

/// Signed statements of what the books were, in the store and in a second directory, and their
/// comparison with the books when they are opened.
class Checkpoints {
 public:
  /// How much of the log is walked before anything is served: its newest records. The rest is
  /// `unchecked()`, for a walk in the background.
  static constexpr std::uint64_t kCheckedAtOpen = 100'000;

  /// Compares books, checkpoints and tail. Before the book opens the same store. The store and the
  /// clock outlive this.
  /// Errors, each a sentence that says what to do: Corrupt `log_suffix_lost`, `log_record_missing`,
  /// `log_record_edited`, `log_records_reordered`, `log_rewritten`, `checkpoint_forged`,
  /// `checkpoint_unreadable`, `checkpoint_missing`; Unavailable `checkpoint_directory_failed`;
  /// those of the store.
  static Result<std::unique_ptr<Checkpoints>> open(store::Store& store, proof::SigningKey key,
                                                   const std::filesystem::path& directory,
                                                   const Clock& clock);

  /// Writes the tail mark: after each commit, before its answers. On the book's thread alone.
  Status mark(const pb::Head& head) { return witness_.mark(mark_of(head)); }

  /// Makes a checkpoint at the committed head, unless the newest is there already, and stores it.
  /// Any thread; one at a time. It takes time: it adds to the tree what was logged since the last.
  /// Errors: NotFound `nothing_logged`; Corrupt `log_rewritten` where the log does not continue the
  /// newest checkpoint's: nothing is signed then; Unavailable `checkpoint_directory_failed`.
  Result<SignedCheckpoint> make();

  /// Any thread.
  std::optional<SignedCheckpoint> newest() const;
  const proof::VerifierKey& key() const { return key_.verifier(); }
  const LogLayout& layout() const { return layout_; }
  /// Records 1 to this were not walked by `open`.
  std::uint64_t unchecked() const { return unchecked_; }

 private:
  Checkpoints(store::Store& store, proof::SigningKey key, Witness witness, const Clock& clock)
      : store_(store), key_(std::move(key)), witness_(std::move(witness)), clock_(clock) {}
  static TailMark mark_of(const pb::Head& head);
  Result<pb::Head> read_head() const;
  Result<std::vector<SignedCheckpoint>> trusted() const;
  Status compare();
  Status check_root(const proof::Checkpoint& newest);
  Status grow_tree(std::uint64_t until);
  Result<Hash256> continued_root(std::uint64_t sequence) const;

  store::Store& store_;
  proof::SigningKey key_;
  Witness witness_;
  const Clock& clock_;
  LogLayout layout_;
  std::uint64_t unchecked_ = 0;
  std::mutex making_;
  mutable std::mutex mutex_;
  std::optional<SignedCheckpoint> newest_;
};

}  // namespace settled::ledger
