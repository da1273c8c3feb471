#pragma once

#include "daemon/health/health.hpp"

namespace settled::daemon::health {

/// Two chains that are followed, and numbers that can be told apart.
inline Report sound_report() {
  Report report;
  ChainReport base;
  base.name = "base";
  base.state = "following";
  base.head = 1'002;
  base.finalized = 1'000;
  base.lag_seconds = 3;
  base.max_lag_seconds = 120;
  base.tip = 1'003;
  base.nodes = {
      {.name = "one.example.com", .state = "ok", .detail = "", .head = 1'003, .subscribed = true},
      {.name = "two.example.com",
       .state = "distrusted",
       .detail = "nodes_disagree: it withholds log 3",
       .forgeries = 3,
       .reason = "nodes_disagree",
       .score = 400,
       .disagreements = 2}};
  ChainReport polygon = base;
  polygon.name = "polygon";
  polygon.required = false;
  polygon.state = "catching_up";
  polygon.tip.reset();
  polygon.finality_violations = 2;
  polygon.nodes = {{.name = "three.example.com", .state = "lagging", .detail = "9 blocks behind"}};
  report.chains = {base, polygon};
  report.oldest_unconfirmed_payout_seconds = 14;
  report.gas_runway = 250;
  report.oldest_undelivered_webhook_seconds = 33;
  report.webhooks_pending = 5;
  report.webhook_attempts = 40;
  report.webhooks_delivered = 34;
  report.webhooks_failed = 1;
  report.book_sequence = 77;
  report.book_events = 60;
  report.book_entries = 50;
  report.book_hash = std::string(64, 'a');
  report.checkpoint = {70, 9};
  return report;
}

}  // namespace settled::daemon::health
