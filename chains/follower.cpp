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
      timer_(executor) {}

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
  told_final_ = next_final(settings_.finality, *heads, cursor_->final_number);
  // No header commits to the logs of a range, so where blocks are to be proven none is asked for.
  const bool by_ranges = settings_.evidence != Evidence::Proven;
  const Step step = decide(*cursor_, *heads, told_final_, by_ranges ? range_size_.blocks() : 0);
  co_return co_await take(step, heads->latest);
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
      next = co_await read_range(step);
      break;
    case Move::Blocks:
      next = co_await read_blocks(step);
      break;
  }
  if (next != Next::Now) co_return next;
  settle(latest);
  co_return cursor_->head().number < latest.number ? Next::Now : Next::Later;
}

Follower::Next Follower::lagging(const BlockRef& latest) {
  if (status_.state == FollowState::Halted) return Next::Later;
  status_.state = FollowState::Following;
  status_.reason = "node_lagging";
  status_.detail = "the nodes' latest block " + std::to_string(latest.number) +
                   " is behind block " + std::to_string(cursor_->head().number);
  failures_ = 0;
  return Next::Later;
}

Task<Follower::Next> Follower::read_range(Step step) {
  Result<Reading> reading = co_await reader_.range(cursor_->head(), step.from, step.to);
  if (!reading) {
    const Error& error = reading.error();
    const bool too_much = error.code == Errc::Rejected || error.code == Errc::Timeout ||
                          error.reason == "body_too_large";
    if (too_much && range_size_.refused() && error.code == Errc::Rejected) co_return Next::Now;
    co_return troubled(error);
  }
  if (reading->off_chain) co_return co_await reorganise();
  if (step.to - step.from + 1 == range_size_.blocks()) range_size_.succeeded();
  co_return co_await hand_over(std::move(reading->blocks), true);
}

Task<Follower::Next> Follower::read_blocks(Step step) {
  Result<Reading> reading = co_await reader_.blocks(cursor_->head(), step.to);
  if (!reading) co_return troubled(reading.error());
  if (reading->off_chain) co_return co_await reorganise();
  const bool whole = reading->blocks.back().block.number == step.to;
  const bool behind = settings_.finality.by_tag && whole && step.to < told_final_;
  co_return co_await hand_over(std::move(reading->blocks), behind);
}

Task<Follower::Next> Follower::hand_over(std::vector<SeenBlock> blocks, bool behind) {
  std::vector<BlockRef> refs;
  refs.reserve(blocks.size());
  for (const SeenBlock& block : blocks) refs.push_back(block.block);
  const std::uint64_t final_number = final_with(settings_.finality, *cursor_, heads_, refs, behind);
  BlockBatch batch{settings_.name, final_number, std::move(blocks)};
  const Status taken = co_await callbacks_.on_blocks(std::move(batch));
  if (!taken) co_return refused(taken.error());
  cursor_->advance(refs, final_number);
  co_return Next::Now;
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
  const Status rewound = co_await callbacks_.on_rewind(to);
  if (!rewound) co_return refused(rewound.error());
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
  status_.state = FollowState::Halted;
  status_.reason = error.reason;
  status_.detail = error.detail;
  return Next::AfterPause;
}

void Follower::settle(const BlockRef& latest) {
  const BlockRef& head = cursor_->head();
  failures_ = 0;
  status_.reason.clear();
  status_.detail.clear();
  status_.head = head;
  status_.final_number = cursor_->final_number;
  const bool far = head.number < latest.number && latest.number - head.number > kBlocksAtOnce;
  status_.state = far ? FollowState::CatchingUp : FollowState::Following;
  if (head == latest) status_.confirmed = clock_.now();
}

}  // namespace settled::chains
