#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "daemon/health/health.hpp"

namespace settled::daemon::health {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

/// What the library counts in. Everything here is a whole number.
using Sample = decltype(prometheus::ClientMetric::Gauge::value);

/// Families in the order in which they were first named.
class Exposition {
 public:
  void gauge(const std::string& name, const std::string& help, std::uint64_t value,
             Labels labels = {}) {
    ClientMetric& metric = add(name, help, MetricType::Gauge, std::move(labels));
    metric.gauge.value = static_cast<Sample>(value);
  }
  void counter(const std::string& name, const std::string& help, std::uint64_t value,
               Labels labels = {}) {
    ClientMetric& metric = add(name, help, MetricType::Counter, std::move(labels));
    metric.counter.value = static_cast<Sample>(value);
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  ClientMetric& add(const std::string& name, const std::string& help, MetricType type,
                    Labels labels) {
    if (families_.empty() || families_.back().name != name) {
      families_.push_back({name, help, type, {}});
    }
    ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    return metric;
  }

  std::vector<MetricFamily> families_;
};

void add_chains(Exposition& out, const std::vector<ChainReport>& chains) {
  const auto each = [&](const std::string& name, const std::string& help, auto value_of) {
    for (const ChainReport& chain : chains) {
      const std::optional<std::uint64_t> value = value_of(chain);
      if (value) out.gauge(name, help, *value, {{"chain", chain.name}});
    }
  };
  const auto number = [](const auto& value) {
    return value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
  };
  each("settled_chain_head_block", "Newest block that was read and checked.",
       [&](const ChainReport& chain) { return number(chain.head); });
  each("settled_chain_final_block", "Newest final block.",
       [&](const ChainReport& chain) { return number(chain.finalized); });
  each("settled_chain_tip_block", "Height of the chain by its nodes.",
       [&](const ChainReport& chain) { return number(chain.tip); });
  each("settled_chain_lag_seconds", "Since a usable node last confirmed the head.",
       [&](const ChainReport& chain) { return number(chain.lag_seconds); });
  each("settled_chain_following", "1 while the chain is followed, 0 otherwise.",
       [](const ChainReport& chain) -> std::optional<std::uint64_t> {
         return chain.state == "following" || chain.state == "catching_up" ? 1 : 0;
       });
  for (const ChainReport& chain : chains) {
    out.counter("settled_chain_finality_violations_total",
                "Final blocks that turned out not to be final.", chain.finality_violations,
                {{"chain", chain.name}});
  }
  const auto each_node = [&](auto add) {
    for (const ChainReport& chain : chains) {
      for (const NodeReport& node : chain.nodes) {
        add(node, Labels{{"chain", chain.name}, {"node", node.name}});
      }
    }
  };
  each_node([&](const NodeReport& node, Labels labels) {
    out.gauge("settled_node_up", "1 while the node is usable, 0 otherwise.",
              node.state == "ok" || node.state == "lagging" ? 1 : 0, std::move(labels));
  });
  each_node([&](const NodeReport& node, Labels labels) {
    out.counter("settled_node_forgeries_total", "Answers of the node that were proven false.",
                node.forgeries, std::move(labels));
  });
  each_node([&](const NodeReport& node, Labels labels) {
    out.counter("settled_node_disagreements_total",
                "Answers of the node that several others contradicted.", node.disagreements,
                std::move(labels));
  });
  each_node([&](const NodeReport& node, Labels labels) {
    out.gauge("settled_node_score", "What speaks against asking the node first; 0 is best.",
              node.score, std::move(labels));
  });
  each_node([&](const NodeReport& node, Labels labels) {
    if (node.head) {
      out.gauge("settled_node_head_block", "Latest block that the node told.", *node.head,
                std::move(labels));
    }
  });
  each_node([&](const NodeReport& node, Labels labels) {
    if (node.reason.empty()) return;
    labels.push_back({"reason", node.reason});
    out.gauge("settled_node_set_aside", "1 for the reason why the node is not ok.", 1,
              std::move(labels));
  });
  each_node([&](const NodeReport& node, Labels labels) {
    if (!node.subscribed) return;
    out.gauge("settled_node_heads_subscribed", "1 while the node's WebSocket tells of new heads.",
              *node.subscribed ? 1 : 0, std::move(labels));
  });
}

}  // namespace

std::string metrics_text(const Report& report, const RequestCounts& requests) {
  Exposition out;
  out.gauge("settled_accepting", "1 while commands are accepted.", report.accepting ? 1 : 0);
  add_chains(out, report.chains);
  out.counter("settled_book_commands_total", "Commands in the log.", report.book_sequence);
  out.counter("settled_book_events_total", "Events raised.", report.book_events);
  out.counter("settled_book_entries_total", "Ledger entries posted.", report.book_entries);
  if (report.uncleared_accounts) {
    out.gauge("settled_clearing_uncleared_accounts", "Clearing accounts that are not at zero.",
              *report.uncleared_accounts);
    out.gauge("settled_clearing_oldest_uncleared_seconds",
              "Since the first of them was last at zero.",
              static_cast<std::uint64_t>(report.oldest_uncleared_seconds));
  }
  if (report.checkpoint) {
    out.gauge("settled_checkpoint_sequence", "Newest command that a checkpoint signs.",
              report.checkpoint->sequence);
    out.gauge("settled_checkpoint_age_seconds", "Since the newest checkpoint was made.",
              static_cast<std::uint64_t>(report.checkpoint->age_seconds));
  }
  if (report.oldest_unconfirmed_payout_seconds) {
    out.gauge("settled_payout_oldest_unconfirmed_seconds", "Age of the oldest payout in flight.",
              static_cast<std::uint64_t>(*report.oldest_unconfirmed_payout_seconds));
  }
  if (report.gas_runway) {
    out.gauge("settled_payout_gas_runway", "Payouts that the poorest signer has gas for.",
              *report.gas_runway);
  }
  out.gauge("settled_webhook_pending", "Deliveries that have not ended.", report.webhooks_pending);
  out.gauge("settled_webhook_oldest_undelivered_seconds", "Age of the oldest such delivery.",
            static_cast<std::uint64_t>(report.oldest_undelivered_webhook_seconds.value_or(0)));
  out.counter("settled_webhook_attempts_total", "Requests sent to endpoints.",
              report.webhook_attempts);
  out.counter("settled_webhook_delivered_total", "Deliveries accepted by endpoints.",
              report.webhooks_delivered);
  out.counter("settled_webhook_failed_total", "Deliveries given up.", report.webhooks_failed);
  for (const auto& [key, count] : requests.all()) {
    out.counter("settled_http_requests_total", "Answers by route and status.", count,
                {{"route", key.first}, {"status", std::to_string(key.second)}});
  }
  return out.text();
}

}  // namespace settled::daemon::health
