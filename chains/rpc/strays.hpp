#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "chains/http/task.hpp"
#include "chains/rpc/bell.hpp"

namespace settled::chains::rpc {

/// Runs tasks side by side and lets the asker go on before the last of them has ended: a node that
/// hangs holds up nobody who has enough from the others. What still runs then goes on to its own
/// end, and is cancelled when this is destroyed; the io_context does not run on after that. Such
/// tasks own what they use. On the io_context's thread.
class Strays {
 public:
  Strays();
  ~Strays();
  Strays(const Strays&) = delete;
  Strays& operator=(const Strays&) = delete;

  /// Told after each end of a task, and once `patience` is over, whether that is so.
  using Enough = std::function<bool(bool out_of_patience)>;

  /// Returns as soon as `enough`, or when all have ended. A task that throws, other than for being
  /// cancelled, ends the asker, or the process where the asker has gone on.
  http::Task<void> run(std::vector<http::Task<void>> tasks, Enough enough,
                       std::function<http::Task<void>()> patience = {});

  /// Tasks that have not ended.
  std::size_t under_way() const;

 private:
  struct Running;
  struct Round;
  static void start(http::Task<void> task, const std::shared_ptr<Running>& running,
                    const std::shared_ptr<Round>& round);

  std::shared_ptr<Running> running_;  // shared with the tasks' ends, which may come later
};

}  // namespace settled::chains::rpc
