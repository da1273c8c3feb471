#include "ledger/book.hpp"

#include <algorithm>
#include <array>
#include <future>

#include "ledger/keys.hpp"
#include "ledger/log.hpp"
#include "ledger/state.hpp"

namespace settled::ledger {
namespace {

constexpr std::string_view kFormat = "2";
constexpr std::size_t kEntropyBytes = 10;

/// Numbers, times and hashes the commands of one group, on top of what was committed.
class Group {
 public:
  Group(const store::Reader& base, pb::Head head) : overlay_(base), head_(std::move(head)) {}

  Effect apply(pb::Command command, std::optional<pb::IdempotencyKey> key, Time now,
               std::string entropy) {
    pb::Envelope envelope;
    envelope.set_sequence(head_.sequence() + 1);
    // Recorded time never goes back, whatever the machine's clock does.
    envelope.set_time(std::max(to_ms(now), head_.time()));
    envelope.set_entropy(std::move(entropy));
    envelope.set_rules(kRules);
    if (key) *envelope.mutable_idempotency() = *std::move(key);
    *envelope.mutable_command() = std::move(command);
    Effect effect = apply_envelope(overlay_, head_, envelope);
    if (effect.logged) seal(overlay_, head_, envelope.SerializeAsString());
    return effect;
  }

  bool empty() const { return overlay_.empty(); }
  const pb::Head& head() const { return head_; }
  store::Batch take_batch() {
    overlay_.put(keys::head(), head_.SerializeAsString());
    overlay_.keep();
    return overlay_.take_batch();
  }

 private:
  Overlay overlay_;
  pb::Head head_;
};

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
  book->thread_ = std::thread([raw = book.get()] { raw->run(); });
  return book;
}

Book::Book(store::Store& store, const Clock& clock, Random& random, Options options)
    : store_(store), clock_(clock), random_(random), options_(std::move(options)) {}

Book::~Book() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Status Book::load() {
  TRY_OK(create_or_upgrade(store_));
  TRY(auto head, read_record<pb::Head>(store_, keys::head()));
  if (!head) return fail(Errc::Corrupt, "corrupt_record", "the books have no head record");
  head_ = *std::move(head);
  committed_ = head_;
  const std::string prefix = keys::Key(keys::Table::DepositAddress);
  return store_.scan(prefix, store::prefix_end(prefix),
                     [&](std::string_view key, std::string_view) {
                       watched_.insert(fixed_from<WatchedAddress>(key.substr(1)));
                       return true;
                     });
}

void Book::submit(pb::Command command, std::optional<pb::IdempotencyKey> key, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() < options_.max_queue && !stopping_) {
      queue_.push_back({std::move(command), std::move(key), std::move(done)});
      wake_.notify_one();
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
  if (address.size() != WatchedAddress::kSize) return false;
  const std::shared_lock lock(watched_mutex_);
  return watched_.contains(fixed_from<WatchedAddress>(address));
}

void Book::watch(const pb::AddDepositAddresses& command) {
  const std::unique_lock lock(watched_mutex_);
  for (const std::string& address : command.addresses()) {
    watched_.insert(fixed_from<WatchedAddress>(address));
  }
}

std::vector<Book::Waiting> Book::take_group() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  std::vector<Waiting> group;
  if (queue_.size() <= options_.max_group) {
    group.swap(queue_);
    return group;
  }
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(options_.max_group);
  group.assign(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return group;
}

void Book::run() {
  for (;;) {
    std::vector<Waiting> group = take_group();
    if (group.empty()) return;  // woken with nothing to do: stopping
    commit_group(std::move(group));
  }
}

void Book::commit_group(std::vector<Waiting> waiting) {
  Group group(store_, head_);
  const Time now = clock_.now();
  std::vector<Answer> answers;
  answers.reserve(waiting.size());
  Bytes entropy(kEntropyBytes * waiting.size());
  random_.fill(entropy);
  for (Waiting& each : waiting) {
    const BytesView own = BytesView(entropy).subspan(kEntropyBytes * answers.size(), kEntropyBytes);
    // Watched before the commit: an address is never known to a payer and unknown to the watcher.
    if (each.command.has_add_deposit_addresses()) watch(each.command.add_deposit_addresses());
    Effect effect =
        group.apply(std::move(each.command), std::move(each.key), now, std::string(as_text(own)));
    Result<Applied> result =
        effect.reply ? Result<Applied>(Applied{*std::move(effect.reply), effect.replayed})
                     : std::unexpected(std::move(effect.reply).error());
    answers.push_back({std::move(each.done), std::move(result)});
  }

  // A poisoned store still reads, but nothing that it says counts as acknowledged any more.
  Status written = store_.poisoned()
                       ? fail(Errc::Corrupt, "store_poisoned", "the store failed before")
                       : Status{};
  if (written && !group.empty()) {
    const pb::Head head = group.head();
    written = store_.write(group.take_batch(), store::Durability::Synced);
    if (written) {
      head_ = head;
      const std::lock_guard lock(mutex_);
      committed_ = head;
    }
  }
  for (Answer& answer : answers) {
    if (written) {
      answer.done(std::move(answer.result));
    } else {
      answer.done(std::unexpected(written.error()));
    }
  }
  if (written && options_.on_commit) options_.on_commit(head_);
  if (store_.poisoned() && options_.on_poisoned) std::exchange(options_.on_poisoned, nullptr)();
}

}  // namespace settled::ledger
