#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include "chains/http/task.hpp"
#include "chains/rpc/bell.hpp"
#include "daemon/async/signal.hpp"
#include "ledger/book.hpp"
#include "ledger/commands.pb.h"
#include "ledger/types/time.hpp"

namespace settled::daemon::process {

/// What somebody must look at: a node that lied, a chain that took a final block back.
struct Incident {
  std::string code;    ///< as an Error's reason
  std::string detail;  ///< may hold a node's words: cut, and shown as printable ASCII
  std::string chain;
  std::string node = {};  ///< empty: of the whole chain
};

/// Tells of incidents: in the log each time, in the feed of the platform's events, and so by its
/// webhooks, once in ten minutes for the same code, chain and node, so that a node that lies all
/// day cannot fill the books. What the book is too busy to take waits, and is tried again after a
/// second, then after twice as long each time, up to half a minute; what waits when the process
/// ends is in the log alone. On the executor's thread; the book outlives this.
class Incidents {
 public:
  static constexpr std::chrono::minutes kQuiet{10};
  static constexpr std::chrono::milliseconds kFirstPause{1'000};
  static constexpr std::chrono::milliseconds kLongestPause{30'000};

  using Log = std::function<void(std::string_view)>;
  Incidents(const boost::asio::any_io_executor& executor, ledger::Book& book, const Clock& clock,
            Log log, chains::rpc::Wait wait = chains::rpc::wait_by_timer)
      : book_(book),
        clock_(clock),
        log_(std::move(log)),
        wait_(std::move(wait)),
        reported_(executor) {}

  void report(const Incident& incident);

  /// Brings what is reported into the feed, in that order. Ends by cancellation.
  chains::http::Task<void> run();
  /// The same for what waits; returns when nothing does.
  chains::http::Task<void> book_waiting();
  std::size_t waiting() const { return waiting_.size(); }

 private:
  /// Code, chain and node, all of which the settings and the program's own words bound.
  using What = std::tuple<std::string, std::string, std::string>;
  struct Waiting {
    What what;
    ledger::pb::Command command;
  };

  ledger::Book& book_;
  const Clock& clock_;
  const Log log_;
  const chains::rpc::Wait wait_;
  Signal reported_;
  std::map<What, Time> told_;
  std::deque<Waiting> waiting_;  // of one kind at most one
};

}  // namespace settled::daemon::process
