#include "daemon/process/incidents.hpp"

#include <algorithm>
#include <utility>

#include "daemon/async/book.hpp"
#include "ledger/events.hpp"

namespace settled::daemon::process {
namespace {

/// Looks for what waits this often, rung for or not.
constexpr std::chrono::minutes kLook{1};

std::string printable(std::string_view text) {
  std::string out(text.substr(0, ledger::kMostIncidentText));
  std::ranges::replace_if(out, [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return out;
}

}  // namespace

void Incidents::report(const Incident& incident) {
  const std::string detail = printable(incident.detail);
  const std::string node = incident.node.empty() ? "" : "node " + incident.node + " of ";
  log_("incident " + incident.code + ": " + node + "chain " + incident.chain + ": " + detail);

  const Time now = clock_.now();
  const What what(incident.code, incident.chain, incident.node);
  const auto before = told_.find(what);
  if (before != told_.end() && now - before->second < kQuiet && now >= before->second) return;
  told_[what] = now;
  if (std::ranges::find(waiting_, what, &Waiting::what) != waiting_.end()) return;

  ledger::pb::Command command;
  ledger::pb::ReportIncident& report = *command.mutable_report_incident();
  report.set_code(printable(incident.code));
  report.set_detail(detail);
  report.set_chain(printable(incident.chain));
  report.set_node(printable(incident.node));
  waiting_.push_back({what, std::move(command)});
  reported_.ring();
}

Task<void> Incidents::run() {
  for (;;) {
    co_await reported_.wait(kLook);
    co_await book_waiting();
  }
}

Task<void> Incidents::book_waiting() {
  auto pause = kFirstPause;
  while (!waiting_.empty()) {
    const std::string code = get<0>(waiting_.front().what);
    const auto applied = co_await apply(book_, waiting_.front().command);
    const bool busy = !applied && applied.error().reason == "book_overloaded";
    if (!applied && (!busy || pause == kFirstPause)) {
      log_("incident " + code + " is not in the feed" + (busy ? " yet: " : ": ") +
           applied.error().reason + ": " + applied.error().detail);
    }
    if (busy) {
      co_await wait_(pause);
      pause = std::min(2 * pause, kLongestPause);
    } else {
      waiting_.pop_front();
      pause = kFirstPause;
    }
  }
}

}  // namespace settled::daemon::process
