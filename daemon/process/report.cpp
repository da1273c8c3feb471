#include "daemon/process/report.hpp"

#include <algorithm>

#include "ledger/clearing.hpp"
#include "ledger/types/hex.hpp"

namespace settled::daemon::process {
namespace {

std::int64_t seconds_between(Time from, Time to) {
  return std::max<std::int64_t>(0, (to_ms(to) - to_ms(from)) / 1'000);
}

health::ChainReport chain_report(const ChainService& chain, Time now) {
  const chains::FollowStatus& status = chain.status();
  health::ChainReport report;
  report.name = chain.settings().name;
  report.required = chain.settings().required;
  report.max_lag_seconds = chain.settings().max_lag.count();
  report.finality_violations = status.finality_violations;
  report.state = std::string(chains::to_string(status.state));
  report.reason = status.reason.empty() ? status.detail : status.reason + ": " + status.detail;
  if (const auto& error = chain.opening_error()) {
    // A refusal is about the settings or the chain itself; everything else is about reaching it.
    const bool halted = error->code == Errc::Rejected || error->code == Errc::Conflict;
    report.state = halted ? "halted" : "no_node";
    report.reason = error->reason + ": " + error->detail;
  }
  if (status.head) report.head = status.head->number;
  if (status.head) report.finalized = status.final_number;
  if (status.confirmed) report.lag_seconds = seconds_between(*status.confirmed, now);
  if (chain.tip() > 0) report.tip = chain.tip();
  for (const chains::rpc::NodeHealth& node : chain.nodes()) {
    report.nodes.push_back({.name = node.name,
                            .state = std::string(chains::rpc::to_string(node.state)),
                            .detail = node.detail,
                            .forgeries = node.forgeries,
                            .reason = node.reason,
                            .head = node.head,
                            .score = node.score,
                            .disagreements = node.disagreements});
    for (const auto& [name, socket] : chain.sockets()) {
      if (name == node.name) report.nodes.back().subscribed = socket.subscribed;
    }
  }
  return report;
}

}  // namespace

health::Report report_of(const std::vector<std::unique_ptr<ChainService>>& chains,
                         const webhooks::Deliverer& deliverer, const ledger::Book& book, Time now) {
  health::Report report;
  for (const auto& chain : chains) {
    report.chains.push_back(chain_report(*chain, now));
    for (const auto& sender : chain->senders()) {
      const payouts::Sender::Health& health = sender->health();
      if (health.oldest_unconfirmed) {
        report.oldest_unconfirmed_payout_seconds =
            std::max(report.oldest_unconfirmed_payout_seconds.value_or(0),
                     seconds_between(*health.oldest_unconfirmed, now));
      }
      if (health.gas_runway) {
        report.gas_runway = std::min(report.gas_runway.value_or(UINT64_MAX), *health.gas_runway);
      }
    }
  }
  const webhooks::Health webhooks = deliverer.health();
  if (webhooks.oldest_undelivered) {
    report.oldest_undelivered_webhook_seconds = webhooks.oldest_undelivered->count();
  }
  report.webhooks_pending = webhooks.pending;
  report.webhook_attempts = deliverer.counters().attempts;
  report.webhooks_delivered = deliverer.counters().delivered;
  report.webhooks_failed = deliverer.counters().failed;
  if (const auto uncleared = ledger::reports::clearing(book.reader(), now)) {
    report.uncleared_accounts = uncleared->size();
    for (const ledger::reports::Uncleared& each : *uncleared) {
      report.oldest_uncleared_seconds =
          std::max(report.oldest_uncleared_seconds, seconds_between(each.since, now));
    }
  }
  const ledger::pb::Head head = book.head();
  report.book_sequence = head.sequence();
  report.book_events = head.event_sequence();
  report.book_entries = head.entry_sequence();
  report.book_hash = to_hex(as_bytes(head.hash()));
  return report;
}

}  // namespace settled::daemon::process
