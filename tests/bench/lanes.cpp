#include "tests/bench/lanes.hpp"

#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <mutex>

#include "tests/bench/figures.hpp"

namespace settled::bench {
namespace {

struct Answer {
  ledger::pb::Reply reply;
  double microseconds = 0;
};

/// Answers on their way from the book's thread to ours.
class Answers {
 public:
  void push(Answer answer) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(answer));
    if (waiting_.size() == 1) wake_.notify_one();
  }

  std::vector<Answer> take() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return !waiting_.empty(); });
    return std::exchange(waiting_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Answer> waiting_;
};

void submit(ledger::Book& book, Submission submission, Answers& answers) {
  const SteadyTime begin = std::chrono::steady_clock::now();
  book.submit(std::move(submission.command), std::move(submission.key),
              [&answers, begin](Result<ledger::Applied> applied) {
                if (!applied) {
                  std::cerr << "refused: " << applied.error().reason << ": "
                            << applied.error().detail << '\n';
                  std::_Exit(1);
                }
                answers.push({std::move(applied->reply), microseconds_since(begin)});
              });
}

}  // namespace

Pass drive(ledger::Book& book, std::size_t in_flight, double limit_s, const Next& next) {
  Answers answers;
  Pass pass;
  std::size_t open = 0;
  const double cpu_before = cpu_seconds();
  const SteadyTime begin = std::chrono::steady_clock::now();
  const auto send = [&](const ledger::pb::Reply* last) {
    if (seconds_since(begin) >= limit_s) return;
    auto submission = next(last);
    if (!submission) return;
    submit(book, *std::move(submission), answers);
    ++open;
  };
  for (std::size_t i = 0; i < in_flight; ++i) send(nullptr);
  while (open > 0) {
    for (const Answer& answer : answers.take()) {
      --open;
      ++pass.commands;
      pass.microseconds.push_back(answer.microseconds);
      send(&answer.reply);
    }
  }
  pass.seconds = seconds_since(begin);
  pass.cpu_seconds = cpu_seconds() - cpu_before;
  return pass;
}

}  // namespace settled::bench
