#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

#include "ledger/types/time.hpp"

struct epoll_event;

namespace settled::sim {

/// When the world begins: what every clock shows then.
inline constexpr std::int64_t kBeginMs = 1'800'000'000'000;

/// Time that passes only while everything waits. While one of these lives, `steady_clock::now()` of
/// this program is its time, and a loop that would block until its next timer is there at once.
///
/// The book has threads of its own. They are let go only when the loop has nothing left to do, and
/// the loop goes on only when every command is answered, so that the order of everything is that of
/// the loop: the same in each run. README.md tells more. One at a time.
class VirtualTime {
 public:
  VirtualTime();
  ~VirtualTime();
  VirtualTime(const VirtualTime&) = delete;
  VirtualTime& operator=(const VirtualTime&) = delete;

  static VirtualTime* current();

  std::chrono::nanoseconds elapsed() const { return std::chrono::nanoseconds(elapsed_ns_.load()); }
  std::int64_t elapsed_ms() const { return elapsed_ns_.load() / 1'000'000; }

  /// A command was handed to the book. On the loop's thread.
  void submitted();
  /// A command was answered, whatever the answer. On a thread of the book's.
  void answered();
  /// The book has failed and answers nobody any more.
  void book_failed();
  /// Returns when the book may work. Called on the book's threads, by its clock.
  void await_turn();
  /// The book works without the loop from here on, as at its opening and its end, or no more so.
  void set_free(bool free);

  /// Called when the book has answered everything, before anybody hears of it.
  std::function<void()> after_book;
  /// Called when everything that could happen at this moment has happened, before time passes.
  std::function<void()> at_rest;

  /// In place of epoll_wait.
  int wait(int descriptor, epoll_event* events, int most, int timeout_ms);

 private:
  bool book_has_work();
  void let_book_work();

  std::atomic<std::int64_t> elapsed_ns_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool turn_ = false;
  bool free_ = true;
  bool failed_ = false;
  std::uint64_t under_way_ = 0;
};

/// What the daemon's parts read.
class LoopClock final : public Clock {
 public:
  explicit LoopClock(const VirtualTime& time) : time_(time) {}
  Time now() const override { return from_ms(kBeginMs + time_.elapsed_ms()); }

 private:
  const VirtualTime& time_;
};

/// What the book reads before it applies anything, and where it therefore waits for its turn.
class BookClock final : public Clock {
 public:
  explicit BookClock(VirtualTime& time) : time_(time) {}
  Time now() const override {
    time_.await_turn();
    return from_ms(kBeginMs + time_.elapsed_ms());
  }

 private:
  VirtualTime& time_;
};

}  // namespace settled::sim
