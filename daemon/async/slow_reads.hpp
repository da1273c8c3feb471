#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "chains/http/task.hpp"
#include "ledger/store/store.hpp"
#include "ledger/types/result.hpp"

namespace settled::daemon {

using chains::http::Task;

struct SlowReadLimits {
  /// Each may hold all accounts in memory.
  std::size_t threads = 1;
  std::size_t waiting = 8;  ///< for a thread; more are refused
  /// From the request to its answer, the wait for a thread included.
  std::chrono::milliseconds longest = std::chrono::minutes{5};
};

/// Reads that take as long as the books are large, beside the loop: on threads of their own, in the
/// order in which they were asked for. Each sees one snapshot, of the moment when it begins.
class SlowReads {
 public:
  using Snapshot = std::function<std::unique_ptr<ledger::store::Reader>()>;
  /// Runs on another thread and may outlive who waits for it: it owns what it uses. Once nobody
  /// waits any more the reader fails with Unavailable `canceled`.
  using Work = std::function<Result<std::string>(const ledger::store::Reader&)>;

  /// `snapshot` is called from any thread, until `end`.
  explicit SlowReads(Snapshot snapshot, SlowReadLimits limits = {});
  ~SlowReads() { end(); }
  SlowReads(const SlowReads&) = delete;
  SlowReads& operator=(const SlowReads&) = delete;

  /// On one executor's thread, which is where it goes on. What the work throws is thrown here.
  /// Cancellable: the work is then asked to end. Errors: Unavailable `too_many_reports`,
  /// `report_too_slow`, `canceled` after `end`; those of the work.
  Task<Result<std::string>> run(Work work);

  /// Asks what is under way to end, waits for that, and answers who waits. Idempotent.
  void end();

 private:
  class Job;
  void serve();
  Status enqueue(const std::shared_ptr<Job>& job);

  const Snapshot snapshot_;
  const SlowReadLimits limits_;
  std::atomic<bool> ended_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Job>> waiting_;
  std::vector<std::thread> threads_;
};

}  // namespace settled::daemon
