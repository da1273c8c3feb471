#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "ledger/address_set.hpp"
#include "ledger/commands.pb.h"
#include "ledger/group.hpp"
#include "ledger/records.pb.h"
#include "ledger/store/store.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::ledger {

/// The one door to all durable business state.
///
/// Commands from any thread are queued. Two threads take turns: one applies what waits and gathers
/// a group, and when no write is under way it writes the group (effects, log records and
/// idempotency records as one synced batch) and answers its callers, while the other applies the
/// next group on top. So throughput grows with load, and a command that comes alone is applied and
/// written by one thread. A command that is refused changes nothing, with one exception: under an
/// idempotency key the refusal itself is recorded, so that a repetition cannot succeed later.
///
/// Groups are written and answered one at a time, in the order of their commands. After a failed
/// write the book is poisoned: every caller who has no answer yet and every later one is answered
/// with Corrupt `store_poisoned` (those of the failed write with its own error), `on_poisoned` is
/// called once, and the process must end.
class Book {
 public:
  struct Options {
    std::size_t max_group = 4'096;   ///< commands in one commit
    std::size_t max_queue = 65'536;  ///< that wait for their write; beyond: `book_overloaded`
    /// These three are called one at a time, by either of the book's threads.
    std::function<void()> on_poisoned;
    /// After each write and before its answers, with the newest state of the counters. What fails
    /// here counts as a failed write.
    std::function<Status(const pb::Head&)> on_written;
    /// After each commit and its answers.
    std::function<void(const pb::Head&)> on_commit;
  };
  using Done = ledger::Done;

  /// Reads what the store holds and starts the threads. Errors: Corrupt `unknown_format`,
  /// `corrupt_record`. The store, clock and random source must outlive the book.
  static Result<std::unique_ptr<Book>> open(store::Store& store, const Clock& clock, Random& random,
                                            Options options);
  /// Applies, writes and answers what is queued, then stops. Nothing may be submitted any more.
  ~Book();
  Book(const Book&) = delete;
  Book& operator=(const Book&) = delete;

  /// Thread-safe. `done` is called exactly once, after the commit, by one of the book's threads and
  /// never by both at a time; it must not block.
  void submit(pb::Command command, std::optional<pb::IdempotencyKey> key, Done done);
  /// The same, waiting for the answer. Not from the book's threads.
  Result<Applied> apply(pb::Command command, std::optional<pb::IdempotencyKey> key = {});

  /// Committed state. Thread-safe.
  const store::Reader& reader() const { return store_; }
  std::unique_ptr<store::Reader> snapshot() const { return store_.snapshot(); }
  pb::Head head() const;
  bool poisoned() const { return failed_ || store_.poisoned(); }

  /// True for every derived deposit address, handed out or not, as 20 raw bytes. Thread-safe;
  /// constant time.
  bool watches(std::string_view address) const;
  /// One of the two, as where a transfer comes from and goes to: for half the locking.
  bool watches_either(std::string_view one, std::string_view other) const;

 private:
  static constexpr std::size_t kCachedRows = 32'768;  // some 10 MB

  Book(store::Store& store, const Clock& clock, Random& random, Options options);
  Status load();
  bool is_watched(std::string_view address) const;
  void run();
  Group gather(std::unique_lock<std::mutex>& lock);
  void add_waiting(Group& group, std::unique_lock<std::mutex>& lock);
  void linger(Group& group, std::unique_lock<std::mutex>& lock);
  void commit(Group group, const Rows& changes);
  Status write(const pb::Head& head, const Rows& changes);
  void watch(const pb::AddDepositAddresses& command);

  store::Store& store_;
  const Clock& clock_;
  Random& random_;
  Options options_;
  std::atomic<bool> failed_ = false;

  mutable std::mutex mutex_;
  std::condition_variable work_;      // somebody may apply
  std::condition_variable progress_;  // for who applies: the write is done, or more commands wait
  std::vector<Waiting> queue_;
  std::size_t unwritten_ = 0;  // queued, or applied and not being written yet
  bool applying_ = false;      // the turns; only who applies takes the turn to write
  bool writing_ = false;
  bool stopping_ = false;
  pb::Head committed_;
  pb::Head applied_;  // with what is being written
  std::shared_ptr<const OwnRows> in_flight_;
  std::chrono::steady_clock::duration last_write_{};
  std::uint64_t submitted_ = 0;
  std::uint64_t expected_ = 0;  // submitted_, when all who were answered last have come back

  // Whose turn it is to apply.
  std::vector<Waiting> taken_;
  RowCache cache_{kCachedRows};

  mutable std::shared_mutex watched_mutex_;
  AddressSet watched_;

  std::array<std::thread, 2> threads_;
};

}  // namespace settled::ledger
