#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "chains/chain_reader.hpp"
#include "chains/follow_decisions.hpp"
#include "chains/http/task.hpp"
#include "ledger/types/result.hpp"

namespace settled::chains {

/// Reads a stretch of a chain in windows, several at once, and hands them on in order, each block
/// once. A window that fails fails alone: it is asked again, in smaller pieces where it was too
/// much for a node, and nothing behind it is handed on before it. What is held is bounded: windows
/// that wait for one before them hold transfers that are ours and nothing else, and an answer is
/// kept small by `RangeSize`. On the io_context's thread.
class ReadAhead {
 public:
  /// Windows that are being read at once.
  static constexpr std::size_t kRangesAtOnce = 4;
  static constexpr std::size_t kBlockWindowsAtOnce = 2;
  /// Windows that are being read or have been read and wait.
  static constexpr std::size_t kMostHeld = 8;
  /// A window is asked for so often in one `run`.
  static constexpr unsigned kMostAsked = 2;

  /// True: more. False: `run` ends, and forgets what it has read.
  using Take = std::function<http::Task<bool>(Reading reading)>;

  /// `reader` must outlive this.
  ReadAhead(const boost::asio::any_io_executor& executor, ChainReader& reader);

  /// Reads the blocks after `head` up to `to` by ranges of logs, or block by block, and hands them
  /// to `take`, one window at a time. Returns when all are handed over, when `take` wants no more,
  /// or with the error of a window that could not be read, after what stands before it was handed
  /// over; what stands behind it is kept for the next call. One call at a time. REQUIRES: head <
  /// to.
  http::Task<Status> run(std::uint64_t head, std::uint64_t to, bool by_ranges, Take take);
  /// Where the chain is not what it was. REQUIRES: no `run` under way.
  void forget() { windows_.clear(); }

  /// How many blocks are asked for at once.
  std::uint64_t window_size(bool by_ranges) const;

 private:
  struct Window {
    enum class State : std::uint8_t { Waiting, Reading, Read };
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    State state = State::Waiting;
    unsigned failures = 0;
    Reading reading = {};
  };

  http::Task<void> deliver(Take take);
  http::Task<void> read_several(std::size_t count);
  http::Task<void> read_windows();
  http::Task<void> read(Window* window);
  http::Task<Result<Reading>> ask(std::uint64_t from, std::uint64_t to);
  Window* next();
  void answered(Window& window, Reading reading);
  void failed(Window& window, const Error& error);
  void split(Window& window);
  void insert_after(Window& window, std::uint64_t from, std::uint64_t to);
  http::Task<void> change();
  void changed() { change_.cancel(); }

  ChainReader& reader_;
  RangeSize range_size_;
  boost::asio::steady_timer change_;  // never expires; cancelled whenever something has changed

  std::list<Window> windows_;  // without gaps
  std::uint64_t next_ = 0;     // the first block behind them
  std::uint64_t to_ = 0;
  bool by_ranges_ = false;
  std::size_t reading_ = 0;
  bool stopping_ = false;  // nothing more is begun
  std::optional<Error> error_;
};

}  // namespace settled::chains
