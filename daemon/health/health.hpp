#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/http/router.hpp"
#include "ledger/types/time.hpp"

/// What monitoring reads: liveness, readiness, health in words, metrics. Works on plain values that
/// the process gathers, so that nothing here can hold up or change anything.
namespace settled::daemon::health {

struct NodeReport {
  std::string name;
  std::string state;
  std::string detail;
  std::uint64_t forgeries = 0;  ///< how often it told what was proven false, since the start
  std::string reason = {};      ///< why it is not ok, in a word; empty where it is
  std::optional<std::uint64_t> head = {};  ///< the latest block that it told
  std::uint64_t score = 0;                 ///< what speaks against it; 0 is without fault
  std::uint64_t disagreements = 0;  ///< how often it alone told something else, since the start
  /// Whether its WebSocket tells of heads; nothing where it has none.
  std::optional<bool> subscribed = {};
};

struct ChainReport {
  std::string name;
  bool required = true;
  std::string state;   ///< following | catching_up | halted | no_node
  std::string reason;  ///< why it is halted, or the latest trouble; empty when there is none
  std::optional<std::uint64_t> head;
  std::optional<std::uint64_t> finalized;
  std::optional<std::uint64_t> tip = {};  ///< the chain's height by the nodes; never goes back
  /// Since a usable node last confirmed the head; nothing before the first time.
  std::optional<std::int64_t> lag_seconds;
  std::int64_t max_lag_seconds = 0;
  std::uint64_t finality_violations = 0;  ///< since the start
  std::vector<NodeReport> nodes;
};

struct Report {
  bool accepting = true;  ///< the book is open, not poisoned, the process is not draining
  std::string not_accepting;
  std::vector<ChainReport> chains;
  std::optional<std::int64_t> oldest_unconfirmed_payout_seconds;
  std::optional<std::uint64_t> gas_runway;  ///< payouts that the poorest signer can pay for
  std::optional<std::int64_t> oldest_undelivered_webhook_seconds;
  std::uint64_t webhooks_pending = 0;
  std::uint64_t webhook_attempts = 0;
  std::uint64_t webhooks_delivered = 0;
  std::uint64_t webhooks_failed = 0;
  /// Clearing accounts that are not at zero, and for how long the oldest; nothing where the book
  /// could not be read.
  std::optional<std::uint64_t> uncleared_accounts;
  std::int64_t oldest_uncleared_seconds = 0;
  std::uint64_t book_sequence = 0;
  std::uint64_t book_events = 0;
  std::uint64_t book_entries = 0;
  std::string book_hash;
  struct Checkpoint {
    std::uint64_t sequence = 0;
    std::int64_t age_seconds = 0;
  };
  std::optional<Checkpoint> checkpoint;  ///< the newest; nothing before the first
};

struct Check {
  std::string name;
  bool ok = false;
  std::string detail;
};
/// Ready when every check is ok. Pure.
std::vector<Check> readiness(const Report& report);

std::string health_json(const Report& report);

/// Answers by route and status, for metrics. On the io thread.
class RequestCounts {
 public:
  void count(const std::string& pattern, unsigned status) { ++counts_[{pattern, status}]; }
  const std::map<std::pair<std::string, unsigned>, std::uint64_t>& all() const { return counts_; }

 private:
  std::map<std::pair<std::string, unsigned>, std::uint64_t> counts_;
};

/// Prometheus text exposition.
std::string metrics_text(const Report& report, const RequestCounts& requests);

/// GET /livez, /readyz (?verbose), /health, /metrics. `gather` and `requests` outlive the router.
void add_routes(http::Router& router, const std::function<Report()>& gather,
                const RequestCounts& requests);

}  // namespace settled::daemon::health
