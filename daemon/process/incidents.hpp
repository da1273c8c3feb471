#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "ledger/book.hpp"
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
/// day cannot fill the books. On the io thread; the book outlives this.
class Incidents {
 public:
  static constexpr std::chrono::minutes kQuiet{10};

  /// `log` is called from any thread.
  using Log = std::function<void(std::string_view)>;
  Incidents(ledger::Book& book, const Clock& clock, Log log)
      : book_(book), clock_(clock), log_(std::move(log)) {}

  void report(const Incident& incident);

 private:
  ledger::Book& book_;
  const Clock& clock_;
  const Log log_;
  /// By code, chain and node, all of which the settings and the program's own words bound.
  std::map<std::tuple<std::string, std::string, std::string>, Time> told_;
};

}  // namespace settled::daemon::process
