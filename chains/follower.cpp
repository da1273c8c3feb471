#include "chains/follower.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace settled::chains {
namespace {

using http::Task;
using std::chrono::milliseconds;

constexpr milliseconds kLongestPause{10'000};
/// What nobody waits for is handed over at the latest after so long.
constexpr std::chrono::seconds kLongestHeld{60};
/// Nodes at the same head learn of finality some seconds apart, those of a rollup some minutes.
constexpr std::chrono::minutes kFinalityMayDiffer{10};
/// Windows read before the nodes are asked for their heads again.
constexpr std::uint64_t kWindowsATurn = 64;

}  // namespace

std::string_view to_string(FollowState state) {
  switch (state) {
    case FollowState::NoNode:
      return "no_node";
    case FollowState::CatchingUp:
      return "catching_up";
    case FollowState::Following:
      return "following";
    case FollowState::Halted:
      return "halted";
  }
  std::unreachable();
}

Follower::Follower(const boost::asio::any_io_executor& executor, ChainSettings settings,
                   rpc::NodePool& nodes, const Clock& clock, Callbacks callbacks)
    : settings_(std::move(settings)),
      clock_(clock),
      callbacks_(std::move(callbacks)),
      reader_(settings_, nodes, callbacks_.wanted),
      timer_(executor),
      ahead_(executor, reader_) {}

Task<Status> Follower::check() {
  co_return co_await reader_.check_tokens();
}

Task<Status> Follower::run() {
  for (;;) {
    const Next next = co_await turn();
    switch (next) {
      case Next::Now:
        break;
      case Next::Later:
        co_await pause(settings_.poll_interval);
        break;
      case Next::AfterPause:
        co_await pause(backoff());
        break;
      case Next::Never:
        co_return std::unexpected(*fatal_);
    }
  }
}

void Follower::wake() {
  woken_ = true;
  timer_.cancel();
}

Task<void> Follower::pause(milliseconds duration) {
  if (!woken_) {
    timer_.expires_after(duration);
    co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  woken_ = false;
}

milliseconds Follower::backoff() const {
  const milliseconds doubled = settings_.poll_interval * (1U << std::min(failures_, 10U));
  return std::min(doubled, std::max(settings_.poll_interval, kLongestPause));
}

Task<Follower::Next> Follower::turn() {
  if (!checked_ || !cursor_) {
    const Next next = co_await prepare();
    if (next != Next::Now) co_return next;
  }
  const Result<HeadsSeen> heads = co_await reader_.heads();
  if (!heads) {
    if (status_.state != FollowState::Halted) status_.state = FollowState::NoNode;
    co_return troubled(heads.error());
  }
  status_.node_head = heads->latest.number;
  heads_ = *heads;
  if (finality_is_back(*heads)) {
    co_return halted({Errc::Conflict, "finality_violation",
                      "the nodes' final block is " + std::to_string(heads->finalized->number) +
                          " and stays there, after block " + std::to_string(cursor_->final_number) +
                          " was final"});
  }
  told_final_ = next_final(settings_.finality, *heads, cursor_->final_number);
  // No header commits to the logs of a range, so where blocks are to be proven none is asked for.
  const bool by_ranges = settings_.evidence != Evidence::Proven;
  const Step step = decide(*cursor_, *heads, told_final_, by_ranges);
  co_return co_await take(step, heads->latest);
}

bool Follower::finality_is_back(const HeadsSeen& heads) {
  if (!final_went_back(settings_.finality, *cursor_, heads)) {
    final_went_back_.reset();
    return false;
  }
  const Time now = clock_.now();
  if (!final_went_back_ || now < *final_went_back_) final_went_back_ = now;
  return now - *final_went_back_ >= kFinalityMayDiffer;
}

Task<Follower::Next> Follower::prepare() {
  if (!checked_) {
    const Status checked = co_await check();
    if (!checked) {
      const Error& error = checked.error();
      co_return error.reason == "token_mismatch" ? halted(error) : troubled(error);
    }
    checked_ = true;
  }
  Result<Cursor> cursor = co_await callbacks_.load();
  if (!cursor) co_return refused(cursor.error());
  INVARIANT(!cursor->recent.empty());
  cursor_ = std::move(*cursor);
  status_.head = cursor_->head();
  status_.final_number = cursor_->final_number;
  held_.clear();
  handed_ = cursor_->head().number;
  handed_final_ = cursor_->final_number;
  handed_at_ = clock_.now();
  co_return Next::Now;
}

Task<Follower::Next> Follower::take(Step step, BlockRef latest) {
  Next next = Next::Now;
  switch (step.move) {
    case Move::Wait:
      break;
    case Move::Lag:
      co_return lagging(latest);
    case Move::Finalize:
      next = co_await hand_over({}, false);
      break;
    case Move::Reorganise:
      next = co_await reorganise();
      break;
    case Move::Range:
    case Move::Blocks:
      next = co_await catch_up(step, latest);
      break;
  }
  if (next != Next::Now) co_return next;
  settle(latest);
  co_return cursor_->head().number < latest.number ? Next::Now : Next::Later;
}

Follower::Next Follower::lagging(const BlockRef& latest) {
  if (status_.state == FollowState::Halted) return Next::Later;
  status_.state = FollowState::Following;
  status_.recognised = true;
  status_.reason = "node_lagging";
  status_.detail = "the nodes' latest block " + std::to_string(latest.number) +
                   " is behind block " + std::to_string(cursor_->head().number);
  failures_ = 0;
  return Next::Later;
}

Task<Follower::Next> Follower::catch_up(Step step, BlockRef latest) {
  const bool by_ranges = step.move == Move::Range;
  const std::uint64_t head = cursor_->head().number;
  const std::uint64_t most = kWindowsATurn * ahead_.window_size(by_ranges);
  const std::uint64_t to = step.to - head > most ? head + most : step.to;
  Next next = Next::Now;
  bool off_chain = false;
  // Both live until `run` has returned.
  const ReadAhead::Take take = [&](Reading reading) -> Task<bool> {
    off_chain = reading.before != cursor_->head().hash;
    if (off_chain) co_return false;
    const bool below = reading.whole && reading.blocks.back().block.number < told_final_;
    const bool behind = by_ranges || (settings_.finality.by_tag && below);
    next = co_await hand_over(std::move(reading.blocks), behind);
    if (next != Next::Now) co_return false;
    settle(latest);
    co_return true;
  };
  const Status read = co_await ahead_.run(head, to, by_ranges, take);
  if (off_chain) co_return co_await reorganise();
  if (next == Next::Now && !read) co_return troubled(read.error());
  co_return next;
}

Task<Follower::Next> Follower::hand_over(std::vector<SeenBlock> blocks, bool behind) {
  std::vector<BlockRef> refs;
  refs.reserve(blocks.size());
  bool wanted = false;
  for (const SeenBlock& block : blocks) {
    refs.push_back(block.block);
    wanted = wanted || !block.transfers.empty();
  }
  const std::uint64_t final_number = final_with(settings_.finality, *cursor_, heads_, refs, behind);
  cursor_->advance(refs, final_number);
  held_.add(std::move(blocks), final_number);
  BlockBatch batch{settings_.name, final_number, {}};
  if (is_due(wanted)) {
    batch.blocks = held_.take();
  } else {
    if (!is_held_long()) co_return Next::Now;
    batch.blocks = held_.take_final(final_number);
  }
  handed_at_ = clock_.now();
  if (!batch.blocks.empty()) handed_ = batch.blocks.back().block.number;
  const bool moves = !batch.blocks.empty() || std::min(final_number, handed_) > handed_final_;
  if (!moves) co_return Next::Now;
  handed_final_ = std::max(handed_final_, std::min(final_number, handed_));
  const Status taken = co_await callbacks_.on_blocks(std::move(batch));
  co_return taken ? Next::Now : refused(taken.error());
}

bool Follower::is_due(bool wanted) const {
  return wanted || !callbacks_.due || held_.size() >= HeldBlocks::kMost ||
         callbacks_.due(cursor_->head().number, cursor_->final_number);
}

bool Follower::is_held_long() const {
  const Time now = clock_.now();
  // A clock that was set back must not hold anything for long.
  return now < handed_at_ || now - handed_at_ >= kLongestHeld;
}

Task<Follower::Next> Follower::reorganise() {
  const auto ancestor = co_await reader_.ancestor(*cursor_);
  if (!ancestor) co_return troubled(ancestor.error());
  if (!ancestor->has_value()) {
    const BlockRef& anchor = cursor_->recent.front();
    co_return halted({Errc::Conflict, "finality_violation",
                      "block " + std::to_string(anchor.number) +
                          " was final and is not part of the chain any more"});
  }
  const BlockRef to = **ancestor;
  if (to == cursor_->head()) {
    co_return troubled({Errc::Unavailable, "nodes_disagree", "the nodes are on different forks"});
  }
  ahead_.forget();
  held_.drop_above(to.number);
  if (to.number < handed_) {
    const Status rewound = co_await callbacks_.on_rewind(to);
    if (!rewound) co_return refused(rewound.error());
    handed_ = to.number;
  }
  cursor_->rewind(to.number);
  co_return Next::Now;
}

Follower::Next Follower::refused(const Error& error) {
  cursor_.reset();
  if (error.reason == "store_poisoned") {
    halted(error);
    fatal_ = error;
    return Next::Never;
  }
  const bool passes = error.reason == "parent_mismatch" || error.reason == "block_not_next" ||
                      error.code == Errc::Unavailable || error.code == Errc::Timeout;
  return passes ? troubled(error) : halted(error);
}

Follower::Next Follower::troubled(const Error& error) {
  ++failures_;
  if (status_.state != FollowState::Halted) {
    status_.reason = error.reason;
    status_.detail = error.detail;
  }
  return Next::AfterPause;
}

Follower::Next Follower::halted(const Error& error) {
  ++failures_;
  const bool news = status_.state != FollowState::Halted || status_.reason != error.reason;
  status_.state = FollowState::Halted;
  status_.reason = error.reason;
  status_.detail = error.detail;
  if (news && error.reason == "finality_violation") ++status_.finality_violations;
  if (news && callbacks_.on_halt) callbacks_.on_halt(status_);
  return Next::AfterPause;
}

void Follower::settle(const BlockRef& latest) {
  const BlockRef& head = cursor_->head();
  const bool goes_on = status_.state == FollowState::Halted;
  failures_ = 0;
  status_.reason.clear();
  status_.detail.clear();
  status_.head = head;
  status_.final_number = cursor_->final_number;
  status_.recognised = true;
  const bool far = head.number < latest.number && latest.number - head.number > kBlocksAtOnce;
  status_.state = far ? FollowState::CatchingUp : FollowState::Following;
  if (head == latest) status_.confirmed = clock_.now();
  if (goes_on && callbacks_.on_halt) callbacks_.on_halt(status_);
}

}  // namespace settled::chains
