#include "daemon/process/long_work.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include "daemon/async/signal.hpp"

namespace settled::daemon::process {
namespace {

using Json = nlohmann::json;

constexpr std::chrono::milliseconds kEvery{1'000};
static_assert(kEvery < control::kTellWithin);

}  // namespace

/// Shared by the loop's thread and the work's.
struct LongWork::State {
  explicit State(const boost::asio::any_io_executor& executor)
      : ended(std::make_shared<Signal>(executor)) {}
  ~State() { end(); }
  void end() {
    stop = true;
    if (thread.joinable()) thread.join();
  }

  Status heed(const ledger::Progress& now) {
    if (stop) return fail(Errc::Unavailable, "canceled", "nobody waits for this work any more");
    const std::scoped_lock lock(mutex);
    progress = describe(now);
    return {};
  }
  std::string last_word() {
    const std::scoped_lock lock(mutex);
    return progress;
  }
  void finish(Result<Json> outcome) {
    const std::scoped_lock lock(mutex);
    result = std::move(outcome);
  }
  std::optional<Result<Json>> outcome() {
    const std::scoped_lock lock(mutex);
    return result;
  }

  std::atomic<bool> stop = false;
  std::shared_ptr<Signal> ended;  // the bell may be rung after this is gone
  std::mutex mutex;
  std::string progress = "begun";
  std::optional<Result<Json>> result;
  std::thread thread;
};

LongWork::LongWork(const boost::asio::any_io_executor& executor) : executor_(executor) {}

void LongWork::end() {
  if (const auto state = state_.lock()) state->end();
}

Task<Result<Json>> LongWork::run(Work work, control::Tell tell) {
  if (!state_.expired()) {
    co_return fail(Errc::Conflict, "work_under_way",
                   "a verify or a backup is under way; try again when it has ended");
  }
  // Whichever way this coroutine ends, the thread ends before it.
  const auto state = std::make_shared<State>(executor_);
  state_ = state;
  state->thread = std::thread([raw = state.get(), work = std::move(work), executor = executor_] {
    const auto ended = raw->ended;
    raw->finish(work([raw](const ledger::Progress& now) { return raw->heed(now); }));
    boost::asio::post(executor, [ended] { ended->ring(); });
  });
  for (;;) {
    co_await state->ended->wait(kEvery);
    if (auto outcome = state->outcome()) co_return *std::move(outcome);
    if (!state->stop && !co_await tell(state->last_word())) state->stop = true;
  }
}

std::string describe(const ledger::Progress& progress) {
  std::string out(progress.stage);
  out += ": " + std::to_string(progress.done);
  if (progress.of > 0) out += " of " + std::to_string(progress.of);
  return out;
}

}  // namespace settled::daemon::process
