#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "ledger/checkpoints.hpp"

namespace settled::ledger {

/// The thread that makes checkpoints: at an interval when the log has grown, on demand, and a last
/// one when it ends. In between it walks what the start left unwalked, from the first record on,
/// at a low rate. Checkpoints and store outlive it.
class Checkpointer {
 public:
  struct Settings {
    std::chrono::milliseconds interval{60'000};
    std::uint64_t walked_at_once = 2'000;  ///< records
    std::chrono::milliseconds between_walks{200};
  };
  struct Heard {
    /// The log or a checkpoint contradicts what was signed, or the store is poisoned: the process
    /// must end. Called once, on the thread.
    std::function<void(const Error&)> damaged;
    /// No checkpoint could be made now. On the thread.
    std::function<void(const Error&)> delayed;
  };
  using Done = std::function<void(Result<SignedCheckpoint>)>;

  Checkpointer(Checkpoints& checkpoints, const store::Reader& store, Settings settings,
               Heard heard);
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;
  /// Makes the last checkpoint. Who waits is answered first.
  ~Checkpointer();

  /// Any thread. `done` is called once, on the thread, with a checkpoint made after this call; it
  /// must not block.
  void want(Done done);

 private:
  void run();
  void make(std::vector<Done> waiting);
  void walk();
  void tell(const Error& error);

  Checkpoints& checkpoints_;
  const store::Reader& store_;
  const Settings settings_;
  Heard heard_;
  std::uint64_t walked_ = 0;  // the thread alone, as the next
  std::optional<Error> damage_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Done> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace settled::ledger
