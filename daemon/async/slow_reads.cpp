#include "daemon/async/slow_reads.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "daemon/async/signal.hpp"

namespace settled::daemon {
namespace {

using ledger::store::Reader;
using std::chrono::milliseconds;

std::unexpected<Error> canceled() {
  return fail(Errc::Unavailable, "canceled", "nobody waits for this any more");
}

/// A reader that fails at the next row once it is told to.
class Revocable final : public Reader {
 public:
  Revocable(const Reader& reader, const std::atomic<bool>& left, const std::atomic<bool>& ended)
      : reader_(reader), left_(left), ended_(ended) {}

  Result<std::optional<std::string>> get(std::string_view key) const override {
    if (revoked()) return canceled();
    return reader_.get(key);
  }
  Status scan(std::string_view from, std::string_view to, const Visit& visit) const override {
    if (revoked()) return canceled();
    bool stopped = false;
    TRY_OK(reader_.scan(from, to, unless_revoked(visit, stopped)));
    if (stopped) return canceled();
    return {};
  }
  Status scan_reverse(std::string_view from, std::string_view to,
                      const Visit& visit) const override {
    if (revoked()) return canceled();
    bool stopped = false;
    TRY_OK(reader_.scan_reverse(from, to, unless_revoked(visit, stopped)));
    if (stopped) return canceled();
    return {};
  }

 private:
  bool revoked() const { return left_ || ended_; }
  Visit unless_revoked(const Visit& visit, bool& stopped) const {
    return [this, &visit, &stopped](std::string_view key, std::string_view value) {
      stopped = revoked();
      return !stopped && visit(key, value);
    };
  }

  const Reader& reader_;
  const std::atomic<bool>& left_;
  const std::atomic<bool>& ended_;
};

}  // namespace

/// What one coroutine waits for. Shared with the thread that carries it out.
class SlowReads::Job {
 public:
  using Outcome = Result<std::string>;

  Job(Work work, boost::asio::any_io_executor executor)
      : work_(std::move(work)),
        executor_(std::move(executor)),
        bell_(std::make_shared<Signal>(executor_)) {}

  void carry_out(const Snapshot& snapshot, const std::atomic<bool>& ended) {
    if (left_) return;
    try {
      const auto moment = snapshot();
      finish(work_(Revocable(*moment, left_, ended)), nullptr);
    } catch (...) {
      finish(canceled(), std::current_exception());
    }
  }

  void finish(Outcome outcome, std::exception_ptr thrown) {
    const std::scoped_lock lock(mutex_);
    if (left_) return;
    outcome_ = std::move(outcome);
    thrown_ = std::move(thrown);
    // Under the lock: the executor is there for as long as somebody waits.
    boost::asio::post(executor_, [bell = bell_] { bell->ring(); });
  }

  /// Nobody waits any more: from here on nothing of this touches the executor.
  void leave() {
    const std::scoped_lock lock(mutex_);
    left_ = true;
    bell_.reset();
    executor_ = {};
  }
  bool left() const { return left_; }

  std::shared_ptr<Signal> bell() const { return bell_; }
  std::optional<Outcome> outcome() {
    const std::scoped_lock lock(mutex_);
    if (thrown_) std::rethrow_exception(thrown_);
    return std::exchange(outcome_, std::nullopt);
  }

 private:
  const Work work_;
  std::atomic<bool> left_ = false;
  std::mutex mutex_;
  boost::asio::any_io_executor executor_;
  std::shared_ptr<Signal> bell_;
  std::optional<Outcome> outcome_;
  std::exception_ptr thrown_;
};

SlowReads::SlowReads(Snapshot snapshot, SlowReadLimits limits)
    : snapshot_(std::move(snapshot)), limits_(limits) {
  for (std::size_t i = 0; i < limits_.threads; ++i) {
    threads_.emplace_back([this] { serve(); });
  }
}

Task<Result<std::string>> SlowReads::run(Work work) {
  const auto give_up = std::chrono::steady_clock::now() + limits_.longest;
  const auto job =
      std::make_shared<Job>(std::move(work), co_await boost::asio::this_coro::executor);
  struct Leaving {
    std::shared_ptr<Job> job;
    ~Leaving() { job->leave(); }
  };
  const Leaving leaving{job};
  const auto bell = job->bell();
  CO_TRY_OK(enqueue(job));
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(give_up - std::chrono::steady_clock::now());
    co_await bell->wait(std::max(left, milliseconds{0}));
    if (auto outcome = job->outcome()) co_return *std::move(outcome);
    if (std::chrono::steady_clock::now() >= give_up) {
      co_return fail(Errc::Unavailable, "report_too_slow",
                     "this takes longer than it may; try again when less is asked for");
    }
  }
}

Status SlowReads::enqueue(const std::shared_ptr<Job>& job) {
  const std::scoped_lock lock(mutex_);
  if (ended_) return canceled();
  std::erase_if(waiting_, [](const auto& each) { return each->left(); });
  if (waiting_.size() >= limits_.waiting) {
    return fail(Errc::Unavailable, "too_many_reports",
                std::to_string(limits_.waiting) + " reports wait already; try again later");
  }
  waiting_.push_back(job);
  changed_.notify_one();
  return {};
}

void SlowReads::serve() {
  for (;;) {
    std::shared_ptr<Job> job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
      if (ended_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    job->carry_out(snapshot_, ended_);
  }
}

void SlowReads::end() {
  std::deque<std::shared_ptr<Job>> waiting;
  {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
    waiting.swap(waiting_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  for (const auto& job : waiting) job->finish(canceled(), nullptr);
}

}  // namespace settled::daemon
