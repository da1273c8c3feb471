#pragma once

#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <nlohmann/json_fwd.hpp>

#include "daemon/control/control.hpp"
#include "ledger/watch.hpp"

namespace settled::daemon::process {

using control::Task;

/// Work that takes as long as the books are large, on a thread of its own, so that serving goes on
/// beside it. One piece at a time: two would only halve the disk between them.
class LongWork {
 public:
  /// What to do. Its watch is told often, and fails once nobody wants the result any more.
  using Work = std::function<Result<nlohmann::json>(const ledger::Watch&)>;

  explicit LongWork(const boost::asio::any_io_executor& executor);
  ~LongWork() { end(); }
  LongWork(const LongWork&) = delete;
  LongWork& operator=(const LongWork&) = delete;

  /// Carries it out and tells how far it is. When `tell` fails or the caller is cancelled, the work
  /// is asked to end. On the executor's thread. Error: Conflict `work_under_way`.
  Task<Result<nlohmann::json>> run(Work work, control::Tell tell);

  /// Asks the work to end and waits for it.
  void end();

 private:
  struct State;
  boost::asio::any_io_executor executor_;
  std::weak_ptr<State> state_;  // the waiting coroutine owns it
};

/// "commands replayed: 12288".
std::string describe(const ledger::Progress& progress);

}  // namespace settled::daemon::process
