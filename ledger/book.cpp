#include "ledger/book.hpp"

#include <future>
#include <utility>

#include "ledger/keys.hpp"
#include "ledger/state.hpp"

namespace settled::ledger {
namespace {

constexpr std::string_view kFormat = "2";
constexpr std::size_t kEntropyBytes = 10;

/// Where applying a whole group takes less than this part of a write, the write waits for those who
/// will come, this part of a write at most.
constexpr int kApplyShare = 2;
constexpr int kLingerShare = 8;

std::unexpected<Error> store_failed() {
  return fail(Errc::Corrupt, "store_poisoned", "the store failed before");
}

/// Writes the first rows of a new book. A book of format 1 is taken over where it stands: its
/// records stay as they are, those to come are of format 2.
Status create_or_upgrade(store::Store& store) {
  TRY(const auto format, store.get(keys::format_version()));
  if (format == kFormat) return {};
  store::Batch batch;
  batch.put(keys::format_version(), std::string(kFormat));
  pb::Head head;
  if (!format) {
    head.set_hash(Hash256{}.raw());
  } else if (*format == "1") {
    TRY(auto stored, read_record<pb::Head>(store, keys::head()));
    if (!stored) return fail(Errc::Corrupt, "corrupt_record", "the books have no head record");
    head = *std::move(stored);
    std::string until;
    keys::append_u64(until, head.sequence());
    batch.put(keys::format_1_until(), std::move(until));
  } else {
    return fail(Errc::Corrupt, "unknown_format",
                "the books have format " + *format + ", this program reads formats 1 and 2");
  }
  head.set_state_hash(Hash256{}.raw());
  batch.put(keys::head(), head.SerializeAsString());
  return store.write(batch, store::Durability::Synced);
}

}  // namespace

Result<std::unique_ptr<Book>> Book::open(store::Store& store, const Clock& clock, Random& random,
                                         Options options) {
  std::unique_ptr<Book> book(new Book(store, clock, random, std::move(options)));
  TRY_OK(book->load());
  for (std::thread& thread : book->threads_) {
    thread = std::thread([raw = book.get()] { raw->run(); });
  }
  return book;
}

Book::Book(store::Store& store, const Clock& clock, Random& random, Options options)
    : store_(store), clock_(clock), random_(random), options_(std::move(options)) {}

Book::~Book() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  progress_.notify_one();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

Status Book::load() {
  TRY_OK(create_or_upgrade(store_));
  TRY(auto head, read_record<pb::Head>(store_, keys::head()));
  if (!head) return fail(Errc::Corrupt, "corrupt_record", "the books have no head record");
  committed_ = *std::move(head);
  applied_ = committed_;
  const std::string prefix = keys::Key(keys::Table::DepositAddress);
  bool addresses = true;
  TRY_OK(
      store_.scan(prefix, store::prefix_end(prefix), [&](std::string_view key, std::string_view) {
        addresses = key.size() == prefix.size() + AddressSet::Address::kSize;
        if (addresses) watched_.insert(fixed_from<AddressSet::Address>(key.substr(prefix.size())));
        return addresses;
      }));
  if (addresses) return {};
  return fail(Errc::Corrupt, "corrupt_record", "the key of a deposit address is not an address");
}

void Book::submit(pb::Command command, std::optional<pb::IdempotencyKey> key, Done done) {
  // Before the queue is looked at: those who wait in it will not make room, but end likewise.
  if (poisoned()) return done(store_failed());
  {
    const std::lock_guard lock(mutex_);
    if (unwritten_ < options_.max_queue && !stopping_) {
      queue_.push_back({std::move(command), std::move(key), std::move(done)});
      ++unwritten_;
      ++submitted_;
      (applying_ ? progress_ : work_).notify_one();
      return;
    }
  }
  done(fail(Errc::Unavailable, "book_overloaded", "too many commands wait; try again"));
}

Result<Applied> Book::apply(pb::Command command, std::optional<pb::IdempotencyKey> key) {
  std::promise<Result<Applied>> promise;
  auto answer = promise.get_future();
  submit(std::move(command), std::move(key),
         [&promise](Result<Applied> result) { promise.set_value(std::move(result)); });
  return answer.get();
}

pb::Head Book::head() const {
  const std::lock_guard lock(mutex_);
  return committed_;
}

bool Book::watches(std::string_view address) const {
  const std::shared_lock lock(watched_mutex_);
  return is_watched(address);
}

bool Book::watches_either(std::string_view one, std::string_view other) const {
  const std::shared_lock lock(watched_mutex_);
  return is_watched(one) || is_watched(other);
}

/// REQUIRES: the lock of what is watched.
bool Book::is_watched(std::string_view address) const {
  return address.size() == AddressSet::Address::kSize &&
         watched_.contains(fixed_from<AddressSet::Address>(address));
}

void Book::watch(const pb::AddDepositAddresses& command) {
  const std::unique_lock lock(watched_mutex_);
  for (const std::string& address : command.addresses()) {
    // The command is refused for it, but later.
    if (address.size() != AddressSet::Address::kSize) continue;
    watched_.insert(fixed_from<AddressSet::Address>(address));
  }
}

void Book::run() {
  for (;;) {
    std::unique_lock lock(mutex_);
    work_.wait(lock, [this] { return !applying_ && (stopping_ || !queue_.empty()); });
    if (queue_.empty()) {  // stopping
      work_.notify_one();
      return;
    }
    applying_ = true;
    Group group = gather(lock);
    lock.unlock();
    const auto changes = group.seal();
    lock.lock();
    applied_ = group.head();
    in_flight_ = changes;
    unwritten_ -= group.size();
    writing_ = true;
    applying_ = false;
    if (stopping_ || !queue_.empty()) work_.notify_one();
    lock.unlock();
    commit(std::move(group), changes->rows);
  }
}

/// Applies what waits, and what comes while a write is under way, until the group may be written.
Group Book::gather(std::unique_lock<std::mutex>& lock) {
  using Clock = std::chrono::steady_clock;
  Group group(store_, in_flight_, cache_, applied_);
  const Clock::time_point begin = Clock::now();
  Clock::duration idle{};
  for (;;) {
    const bool may_write = !writing_;
    add_waiting(group, lock);
    const bool full = group.size() >= options_.max_group;
    if (may_write || (full && !writing_)) break;
    const Clock::time_point before = Clock::now();
    progress_.wait(lock, [&] { return !writing_ || (!full && !queue_.empty()); });
    idle += Clock::now() - before;
  }
  if (submitted_ < expected_) {
    const auto applied = static_cast<Clock::rep>(group.size());
    const auto to_come = static_cast<Clock::rep>(expected_ - submitted_);
    const Clock::duration busy = Clock::now() - begin - idle;
    if (busy / applied * (applied + to_come) * kApplyShare < last_write_) linger(group, lock);
  }
  return group;
}

/// The disk is what holds us up: those who were answered just now have their next commands in
/// this group if they are quick, or else two half groups would take turns for ever.
void Book::linger(Group& group, std::unique_lock<std::mutex>& lock) {
  const auto until = std::chrono::steady_clock::now() + last_write_ / kLingerShare;
  while (submitted_ < expected_ && group.size() < options_.max_group) {
    if (!progress_.wait_until(lock, until, [this] { return stopping_ || !queue_.empty(); })) return;
    if (queue_.empty()) return;
    add_waiting(group, lock);
  }
}

void Book::add_waiting(Group& group, std::unique_lock<std::mutex>& lock) {
  const std::size_t room = options_.max_group - group.size();
  if (queue_.size() <= room) {
    taken_.swap(queue_);
  } else {
    const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(room);
    taken_.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
    queue_.erase(queue_.begin(), end);
  }
  if (taken_.empty()) return;
  lock.unlock();
  const Time now = clock_.now();
  Bytes entropy(kEntropyBytes * taken_.size());
  random_.fill(entropy);
  BytesView rest = entropy;
  for (Waiting& each : taken_) {
    // Watched before the commit: an address is never known to a payer and unknown to the watcher.
    if (each.command.has_add_deposit_addresses()) watch(each.command.add_deposit_addresses());
    group.add(std::move(each), now, std::string(as_text(rest.first(kEntropyBytes))));
    rest = rest.subspan(kEntropyBytes);
  }
  taken_.clear();
  lock.lock();
}

/// By who has the turn to write, which ends with it.
void Book::commit(Group group, const Rows& changes) {
  const auto begin = std::chrono::steady_clock::now();
  const Status written = write(group.head(), changes);
  {
    const std::lock_guard lock(mutex_);
    last_write_ = std::chrono::steady_clock::now() - begin;
    expected_ = submitted_ + group.size();
    if (written) committed_ = group.head();
  }
  group.answer(written ? std::nullopt : std::optional(written.error()));
  if (written && options_.on_commit) options_.on_commit(group.head());
  if (poisoned() && options_.on_poisoned) std::exchange(options_.on_poisoned, nullptr)();
  const std::lock_guard lock(mutex_);
  in_flight_.reset();
  writing_ = false;
  progress_.notify_one();
}

Status Book::write(const pb::Head& head, const Rows& changes) {
  // A poisoned store still reads, but nothing that it says counts as acknowledged any more: what
  // was applied stands on what was not written.
  if (poisoned()) return store_failed();
  if (changes.empty()) return {};
  Status written = store_.write(Overlay::to_batch(changes), store::Durability::Synced);
  if (written && options_.on_written) written = options_.on_written(head);
  if (!written) failed_ = true;
  return written;
}

}  // namespace settled::ledger
