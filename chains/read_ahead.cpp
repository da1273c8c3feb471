#include "chains/read_ahead.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "chains/rpc/range_limit.hpp"

namespace settled::chains {
namespace {

using http::Task;

/// A smaller question may be answered: the node says so, or gave up on the answer's way.
bool is_too_much(const Error& error) {
  return error.code == Errc::Timeout || error.reason == "range_refused" ||
         error.reason == "body_too_large" || error.reason == "http_status" ||
         error.reason == "bad_json" || error.reason == "connection_lost";
}

}  // namespace

ReadAhead::ReadAhead(const boost::asio::any_io_executor& executor, ChainReader& reader)
    : reader_(reader), change_(executor, boost::asio::steady_timer::time_point::max()) {}

std::uint64_t ReadAhead::window_size(bool by_ranges) const {
  return by_ranges ? range_size_.blocks() : kBlocksAtOnce;
}

Task<Status> ReadAhead::run(std::uint64_t head, std::uint64_t to, bool by_ranges, Take take) {
  using namespace boost::asio::experimental::awaitable_operators;
  INVARIANT(head < to);
  const bool goes_on = by_ranges == by_ranges_ && !windows_.empty() &&
                       windows_.front().from == head + 1 && windows_.back().to <= to;
  if (!goes_on) windows_.clear();
  for (Window& window : windows_) window.failures = 0;
  next_ = windows_.empty() ? head + 1 : windows_.back().to + 1;
  to_ = to;
  by_ranges_ = by_ranges;
  stopping_ = false;
  error_.reset();
  const std::size_t at_once = by_ranges ? kRangesAtOnce : kBlockWindowsAtOnce;
  co_await (deliver(std::move(take)) && read_several(at_once));
  if (error_) co_return std::unexpected(*error_);
  co_return Status{};
}

Task<void> ReadAhead::deliver(Take take) {
  for (;;) {
    if (!windows_.empty() && windows_.front().state == Window::State::Read) {
      Reading reading = std::move(windows_.front().reading);
      windows_.pop_front();
      changed();
      if (co_await take(std::move(reading))) continue;
      // Windows under way are awaited and forgotten with the rest.
      stopping_ = true;
      changed();
      while (reading_ > 0) co_await change();
      windows_.clear();
      co_return;
    }
    const bool done = windows_.empty() && next_ > to_;
    const bool stuck = stopping_ && reading_ == 0;
    if (done || stuck) break;
    co_await change();
  }
  stopping_ = true;
  changed();
}

Task<void> ReadAhead::read_several(std::size_t count) {
  using namespace boost::asio::experimental::awaitable_operators;
  if (count == 1) {
    co_await read_windows();
  } else {
    co_await (read_windows() && read_several(count - 1));
  }
}

Task<void> ReadAhead::read_windows() {
  while (!stopping_) {
    Window* window = next();
    if (window) {
      co_await read(window);
    } else {
      co_await change();
    }
  }
}

ReadAhead::Window* ReadAhead::next() {
  std::size_t held = 0;
  for (Window& window : windows_) {
    // The first one is what all others wait for.
    const bool may_begin = held < kMostHeld || &window == &windows_.front();
    if (window.state == Window::State::Waiting) {
      if (!may_begin) return nullptr;
      if (by_ranges_) split(window);  // it may have become too large meanwhile
      return &window;
    }
    ++held;
  }
  if (next_ > to_ || held >= kMostHeld) return nullptr;
  const std::uint64_t size = window_size(by_ranges_);
  const std::uint64_t last = to_ - next_ < size ? to_ : next_ + size - 1;
  Window& window = windows_.emplace_back();
  window.from = next_;
  window.to = last;
  next_ = last + 1;
  return &window;
}

Task<void> ReadAhead::read(Window* window) {
  window->state = Window::State::Reading;
  ++reading_;
  Result<Reading> reading = co_await ask(window->from, window->to);
  --reading_;
  if (reading) {
    answered(*window, std::move(*reading));
  } else {
    failed(*window, reading.error());
  }
  changed();
}

Task<Result<Reading>> ReadAhead::ask(std::uint64_t from, std::uint64_t to) {
  if (by_ranges_) co_return co_await reader_.range(from, to);
  co_return co_await reader_.blocks(from, to);
}

void ReadAhead::answered(Window& window, Reading reading) {
  const std::uint64_t last = reading.blocks.back().block.number;
  INVARIANT(last >= window.from && last <= window.to);
  if (by_ranges_) range_size_.answered(window.to - window.from + 1, reading.bytes);
  if (last < window.to) {
    insert_after(window, last + 1, window.to);
    window.to = last;
  }
  window.reading = std::move(reading);
  window.state = Window::State::Read;
}

void ReadAhead::failed(Window& window, const Error& error) {
  window.state = Window::State::Waiting;
  if (by_ranges_ && is_too_much(error)) {
    const auto allowed = error.reason == "range_refused" ? rpc::blocks_allowed(error.detail)
                                                         : std::optional<std::uint64_t>{};
    const bool smaller = range_size_.refused(window.to - window.from + 1, allowed);
    if (smaller) split(window);
    // The node has answered, and is asked for less at once.
    if (smaller && error.reason == "range_refused") return;
  }
  if (++window.failures < kMostAsked) return;
  if (!error_) error_ = error;
  stopping_ = true;
}

void ReadAhead::split(Window& window) {
  const std::uint64_t size = range_size_.blocks();
  const std::uint64_t last = window.to;
  if (last - window.from < size) return;
  window.to = window.from + size - 1;
  const auto at = std::ranges::find_if(windows_, [&](const Window& w) { return &w == &window; });
  auto behind = std::next(at);
  for (std::uint64_t from = window.to + 1; from <= last; from += size) {
    Window piece;
    piece.from = from;
    piece.to = last - from < size ? last : from + size - 1;
    windows_.insert(behind, std::move(piece));
  }
}

void ReadAhead::insert_after(Window& window, std::uint64_t from, std::uint64_t to) {
  const auto at = std::ranges::find_if(windows_, [&](const Window& w) { return &w == &window; });
  Window rest;
  rest.from = from;
  rest.to = to;
  windows_.insert(std::next(at), std::move(rest));
}

Task<void> ReadAhead::change() {
  co_await change_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

}  // namespace settled::chains
