#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "chains/settings.hpp"
#include "ledger/types/amount.hpp"
#include "ledger/types/result.hpp"
#include "wallet/settings.hpp"

namespace settled::config {

/// A TCP address to listen on.
struct Endpoint {
  std::string host;        ///< an IPv4 or IPv6 address, without brackets; no name to look up
  std::uint16_t port = 0;  ///< 0: any free port

  bool operator==(const Endpoint&) const = default;
};

/// "127.0.0.1:8080", "[::1]:0", or "localhost:8080", which is 127.0.0.1.
/// Error: Invalid `bad_endpoint`.
Result<Endpoint> parse_endpoint(const std::string& text);
/// The same form back: IPv6 in brackets.
std::string to_string(const Endpoint& endpoint);

struct DaemonSettings {
  std::filesystem::path data_dir;  ///< absolute
  Endpoint listen;
  std::optional<Endpoint> ops_listen = {};  ///< health and metrics move here
  /// Of one API key, bursts of twice as many; 0: no limit. Always set by `load`.
  std::optional<std::uint32_t> requests_per_second = {};
  std::string public_url;  ///< http:// or https://, no slash at its end
};

struct IntentSettings {
  std::chrono::seconds expires_in{1800};
  std::chrono::seconds late_window{604800};
  std::uint32_t underpaid_tolerance_bps = 0;
};

struct PayoutSettings {
  std::uint32_t approvals_required = 0;
  std::optional<Amount> max_amount = {};  ///< of one payout, in whole units of its currency
};

struct WebhookSettings {
  bool allow_private_networks = false;
  std::chrono::seconds timeout{15};
  /// Waits before the second, third, ... attempt.
  std::vector<std::chrono::seconds> retry_schedule = {
      std::chrono::seconds{5},     std::chrono::seconds{300},   std::chrono::seconds{1800},
      std::chrono::seconds{7200},  std::chrono::seconds{18000}, std::chrono::seconds{36000},
      std::chrono::seconds{50400}, std::chrono::seconds{72000}, std::chrono::seconds{86400}};
};

/// What proves the books from outside. Paths are absolute.
struct LedgerSettings {
  std::filesystem::path checkpoint_dir;       ///< `<data_dir>/checkpoints` where not set
  std::filesystem::path checkpoint_key_file;  ///< `<data_dir>/checkpoint.key` where not set
  std::chrono::seconds checkpoint_interval{60};
};

/// What merchants are charged of what their intents bring. Intents keep what held when they were
/// made.
struct FeeSettings {
  std::uint32_t bps = 0;  ///< hundredths of a percent of every transfer, rounded up to 10^-6
  Amount fixed = {};      ///< once an intent, in whole units of its currency
};

/// Everything the settings file says, checked, defaults filled in, the small files it names read
/// (xpub, node headers), paths absolute. Keystores are not opened here.
struct Settings {
  DaemonSettings daemon;
  LedgerSettings ledger;
  std::vector<chains::ChainSettings> chains;
  wallet::WalletSettings wallet;
  IntentSettings intents;
  PayoutSettings payouts;
  WebhookSettings webhooks;
  FeeSettings fees;
  bool livemode = false;  ///< true if any chain is not a test network
};

}  // namespace settled::config
