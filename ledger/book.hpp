#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "ledger/commands.pb.h"
#include "ledger/records.pb.h"
#include "ledger/store/store.hpp"
#include "ledger/types/bytes.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/result.hpp"
#include "ledger/types/time.hpp"

namespace settled::ledger {

/// What a command led to.
struct Applied {
  pb::Reply reply;        ///< never a Refusal: that is an Error
  bool replayed = false;  ///< the stored answer of an earlier command with this idempotency key
};

/// The one door to all durable business state.
///
/// Commands from any thread are queued; the book's own thread applies all that wait, writes their
/// effects, their log records and their idempotency records as one synced batch, and answers each
/// caller only then. While a batch is being synced the next one gathers, so throughput grows with
/// load. A command that is refused changes nothing, with one exception: under an idempotency key
/// the refusal itself is recorded, so that a repetition cannot succeed later.
///
/// After a failed write the book is poisoned: every waiting and later command is answered with
/// Corrupt `store_poisoned`, `on_poisoned` is called once, and the process must end.
class Book {
 public:
  struct Options {
    std::size_t max_group = 4'096;   ///< commands in one commit
    std::size_t max_queue = 65'536;  ///< beyond: Unavailable `book_overloaded`
    std::function<void()> on_poisoned;
    /// After each commit, on the book's thread: the newest state of the counters.
    std::function<void(const pb::Head&)> on_commit;
  };
  using Done = std::function<void(Result<Applied>)>;

  /// Reads what the store holds and starts the thread. Errors: Corrupt `unknown_format`,
  /// `corrupt_record`. The store, clock and random source must outlive the book.
  static Result<std::unique_ptr<Book>> open(store::Store& store, const Clock& clock, Random& random,
                                            Options options);
  /// Applies what is queued, then stops. Nothing may be submitted any more.
  ~Book();
  Book(const Book&) = delete;
  Book& operator=(const Book&) = delete;

  /// Thread-safe. `done` is called exactly once, on the book's thread, after the commit; it must
  /// not block.
  void submit(pb::Command command, std::optional<pb::IdempotencyKey> key, Done done);
  /// The same, waiting for the answer. Not from the book's thread.
  Result<Applied> apply(pb::Command command, std::optional<pb::IdempotencyKey> key = {});

  /// Committed state. Thread-safe.
  const store::Reader& reader() const { return store_; }
  std::unique_ptr<store::Reader> snapshot() const { return store_.snapshot(); }
  pb::Head head() const;
  bool poisoned() const { return store_.poisoned(); }

  /// True for every derived deposit address, handed out or not, as 20 raw bytes. Thread-safe;
  /// constant time.
  bool watches(std::string_view address) const;

 private:
  using WatchedAddress = FixedBytes<20, struct WatchedTag>;
  struct Waiting {
    pb::Command command;
    std::optional<pb::IdempotencyKey> key;
    Done done;
  };
  struct Answer {
    Done done;
    Result<Applied> result;
  };

  Book(store::Store& store, const Clock& clock, Random& random, Options options);
  Status load();
  void run();
  std::vector<Waiting> take_group();
  void commit_group(std::vector<Waiting> group);
  void watch(const pb::AddDepositAddresses& command);

  store::Store& store_;
  const Clock& clock_;
  Random& random_;
  Options options_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Waiting> queue_;
  bool stopping_ = false;
  pb::Head committed_;

  pb::Head head_;  // the book's thread alone
  mutable std::shared_mutex watched_mutex_;
  std::unordered_set<WatchedAddress, FixedBytesHash> watched_;

  std::thread thread_;
};

}  // namespace settled::ledger
