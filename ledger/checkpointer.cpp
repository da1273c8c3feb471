#include "ledger/checkpointer.hpp"

#include <algorithm>

#include "ledger/log_check.hpp"

namespace settled::ledger {

Checkpointer::Checkpointer(Checkpoints& checkpoints, const store::Reader& store, Settings settings,
                           Heard heard)
    : checkpoints_(checkpoints),
      store_(store),
      settings_(settings),
      heard_(std::move(heard)),
      thread_([this] { run(); }) {}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Checkpointer::want(Done done) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(done));
  }
  wake_.notify_one();
}

void Checkpointer::run() {
  using Clock = std::chrono::steady_clock;
  // A book that was never signed gets its first checkpoint at once.
  Clock::time_point due =
      Clock::now() + (checkpoints_.newest() ? settings_.interval : std::chrono::milliseconds{0});
  for (;;) {
    std::vector<Done> waiting;
    bool stopping = false;
    {
      std::unique_lock lock(mutex_);
      const bool walking = !damage_ && walked_ < checkpoints_.unchecked();
      const auto until = walking ? std::min(due, Clock::now() + settings_.between_walks) : due;
      wake_.wait_until(lock, until, [this] { return stopping_ || !waiting_.empty(); });
      waiting.swap(waiting_);
      stopping = stopping_;
    }
    if (stopping || !waiting.empty() || Clock::now() >= due) {
      make(std::move(waiting));
      due = Clock::now() + settings_.interval;
    }
    if (stopping) return;
    walk();
  }
}

void Checkpointer::make(std::vector<Done> waiting) {
  // What is known to be damaged is not signed.
  const Result<SignedCheckpoint> made = damage_ ? std::unexpected(*damage_) : checkpoints_.make();
  for (const Done& done : waiting) done(made);
  if (!made && made.error().reason != "nothing_logged") tell(made.error());
}

void Checkpointer::walk() {
  const std::uint64_t last = checkpoints_.unchecked();
  if (walked_ >= last || damage_) return;
  const std::uint64_t to = std::min(last, walked_ + settings_.walked_at_once);
  const auto walked = check_log(store_, checkpoints_.layout(), walked_ + 1, to);
  if (!walked) return tell(walked.error());
  // The first record that `open` walked was held against the stored hash of this one.
  walked_ = to;
}

void Checkpointer::tell(const Error& error) {
  if (error.code == Errc::Corrupt) {
    if (!damage_ && heard_.damaged) heard_.damaged(error);
    damage_ = error;
  } else if (heard_.delayed) {
    heard_.delayed(error);
  }
}

}  // namespace settled::ledger
