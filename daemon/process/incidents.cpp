#include "daemon/process/incidents.hpp"

#include <algorithm>
#include <utility>

#include "ledger/commands.pb.h"
#include "ledger/events.hpp"

namespace settled::daemon::process {
namespace {

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
  const auto key = std::tuple(incident.code, incident.chain, incident.node);
  const auto before = told_.find(key);
  if (before != told_.end() && now - before->second < kQuiet && now >= before->second) return;
  told_[key] = now;

  ledger::pb::Command command;
  ledger::pb::ReportIncident& report = *command.mutable_report_incident();
  report.set_code(printable(incident.code));
  report.set_detail(detail);
  report.set_chain(printable(incident.chain));
  report.set_node(printable(incident.node));
  book_.submit(std::move(command), {},
               [log = log_, code = incident.code](const Result<ledger::Applied>& applied) {
                 if (applied) return;
                 log("incident " + code + " is not in the feed: " + applied.error().reason + ": " +
                     applied.error().detail);
               });
}

}  // namespace settled::daemon::process
