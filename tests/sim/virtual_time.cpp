#include "tests/sim/virtual_time.hpp"

#include <cerrno>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "ledger/types/result.hpp"

namespace settled::sim {
namespace {

std::atomic<VirtualTime*> current_time = nullptr;

/// epoll_wait under another name, since this program has its own.
int look(int descriptor, epoll_event* events, int most, int timeout_ms) {
  return ::epoll_pwait(descriptor, events, most, timeout_ms, nullptr);
}

}  // namespace

VirtualTime::VirtualTime() {
  INVARIANT(current_time.exchange(this) == nullptr);
}

VirtualTime::~VirtualTime() {
  current_time = nullptr;
}

VirtualTime* VirtualTime::current() {
  return current_time.load();
}

void VirtualTime::submitted() {
  const std::lock_guard lock(mutex_);
  ++under_way_;
}

void VirtualTime::answered() {
  const std::lock_guard lock(mutex_);
  if (free_) return;
  // A command that went past the count would be answered in another's place, which then waits for
  // ever, or not: as threads have it.
  INVARIANT(under_way_ > 0);
  --under_way_;
  changed_.notify_all();
}

void VirtualTime::book_failed() {
  const std::lock_guard lock(mutex_);
  failed_ = true;
  changed_.notify_all();
}

void VirtualTime::await_turn() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return turn_ || free_; });
}

void VirtualTime::set_free(bool free) {
  const std::lock_guard lock(mutex_);
  free_ = free;
  failed_ = false;
  under_way_ = 0;
  changed_.notify_all();
}

bool VirtualTime::book_has_work() {
  const std::lock_guard lock(mutex_);
  return under_way_ > 0;
}

void VirtualTime::let_book_work() {
  std::unique_lock lock(mutex_);
  turn_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] { return under_way_ == 0 || failed_; });
  turn_ = false;
}

int VirtualTime::wait(int descriptor, epoll_event* events, int most, int timeout_ms) {
  const int ready = look(descriptor, events, most, 0);
  if (ready != 0 || timeout_ms == 0) return ready;
  if (book_has_work()) {
    let_book_work();
    if (after_book) after_book();
    return look(descriptor, events, most, 0);
  }
  if (at_rest) at_rest();
  const int stopped = look(descriptor, events, most, 0);
  if (stopped != 0) return stopped;
  INVARIANT(timeout_ms > 0);
  elapsed_ns_ += std::int64_t{timeout_ms} * 1'000'000;
  return 0;
}

}  // namespace settled::sim

// In this program alone: see README.md, Virtual time.

// NOLINTNEXTLINE(cert-dcl58-cpp)
std::chrono::steady_clock::time_point std::chrono::steady_clock::now() noexcept {
  if (const auto* time = settled::sim::VirtualTime::current()) return time_point(time->elapsed());
  timespec real{};
  ::clock_gettime(CLOCK_MONOTONIC, &real);
  return time_point(std::chrono::seconds(real.tv_sec) + std::chrono::nanoseconds(real.tv_nsec));
}

extern "C" int epoll_wait(int descriptor, epoll_event* events, int most, int timeout_ms) {
  auto* time = settled::sim::VirtualTime::current();
  if (time != nullptr) return time->wait(descriptor, events, most, timeout_ms);
  return settled::sim::look(descriptor, events, most, timeout_ms);
}

/// Without it Asio asks epoll_wait itself to end with the next timer.
extern "C" int timerfd_create(clockid_t /*clock*/, int /*flags*/) noexcept {
  errno = ENOSYS;
  return -1;
}

/// Worlds live on small allocations, and a stack for each is half of their time. A run that wants
/// them sets ASAN_OPTIONS.
extern "C" const char* __asan_default_options() {
  return "malloc_context_size=0:detect_stack_use_after_return=0:max_malloc_fill_size=0";
}
