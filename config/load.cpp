#include "config/load.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>

#include "chains/http/url.hpp"
#include "config/document.hpp"
#include "config/reader.hpp"
#include "config/registry.hpp"
#include "config/sections.hpp"

namespace settled::config {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::size_t kMaxRetries = 50;
constexpr std::int64_t kMaxRequestsPerSecond = 1'000'000;
/// Unless set, where there is real money; test networks are where load is tried.
constexpr std::uint32_t kRequestsPerSecond = 200;
constexpr std::size_t kMaxChains = 64;
constexpr std::uint32_t kMostFixedFee = 1'000;  // whole units of any currency

Result<std::string> read_limited(const std::filesystem::path& path, std::size_t limit) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return fail(Errc::Invalid, "bad_settings", "is a directory: " + path.string());
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return fail(Errc::Invalid, "bad_settings",
                "cannot be read: " + path.string() + ": " + std::generic_category().message(errno));
  }
  std::string out(limit + 1, '\0');
  in.read(out.data(), static_cast<std::streamsize>(out.size()));
  out.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad()) return fail(Errc::Invalid, "bad_settings", "cannot be read: " + path.string());
  if (out.size() > limit)
    return fail(Errc::Invalid, "bad_settings", "is too large: " + path.string());
  return out;
}

std::optional<Endpoint> read_endpoint(TableReader& reader, std::string_view key,
                                      Presence presence) {
  const std::optional<std::string> text = reader.text(key, presence);
  if (!text) return std::nullopt;
  const Result<Endpoint> endpoint = parse_endpoint(*text);
  if (!endpoint) {
    reader.refuse(key, "is wrong: " + endpoint.error().detail);
    return std::nullopt;
  }
  return *endpoint;
}

std::string read_public_url(TableReader& reader) {
  std::optional<std::string> url = reader.text("public_url", Presence::Required);
  if (!url) return {};
  if (const auto parsed = chains::http::parse_url(*url); !parsed) {
    reader.refuse("public_url", "must be an http or https URL: " + parsed.error().detail);
  } else if (url->find('?') != std::string::npos) {
    reader.refuse("public_url", "must have no query");
  }
  while (url->ends_with('/')) url->pop_back();
  return std::move(*url);
}

DaemonSettings read_daemon(const Context& context, const Value& table) {
  TableReader reader(context.problems, table, "[daemon]");
  DaemonSettings out;
  if (const auto path = reader.text("data_dir", Presence::Required)) {
    out.data_dir = context.resolve(*path);
  }
  out.listen = read_endpoint(reader, "listen", Presence::Required).value_or(Endpoint{});
  out.ops_listen = read_endpoint(reader, "ops_listen", Presence::Optional);
  if (out.ops_listen && out.ops_listen->port != 0 && *out.ops_listen == out.listen) {
    reader.refuse("ops_listen", "must differ from `listen`");
  }
  out.public_url = read_public_url(reader);
  if (const auto rate = reader.integer("requests_per_second", 0, kMaxRequestsPerSecond)) {
    out.requests_per_second = static_cast<std::uint32_t>(*rate);
  }
  return out;
}

IntentSettings read_intents(const Context& context, const Value& table) {
  TableReader reader(context.problems, table, "[intents]");
  IntentSettings out;
  out.expires_in = reader.seconds("expires_in_s", 1, 30 * kDay).value_or(out.expires_in);
  out.late_window = reader.seconds("late_window_s", 0, 366 * kDay).value_or(out.late_window);
  if (const auto bps = reader.integer("underpaid_tolerance_bps", 0, 9'999)) {
    out.underpaid_tolerance_bps = static_cast<std::uint32_t>(*bps);
  }
  return out;
}

PayoutSettings read_payouts(const Context& context, const Value& table) {
  TableReader reader(context.problems, table, "[payouts]");
  PayoutSettings out;
  if (const auto count = reader.integer("approvals_required", 0, 100)) {
    out.approvals_required = static_cast<std::uint32_t>(*count);
  }
  if (const auto method = reader.text("approval_method"); method && *method != "key") {
    reader.refuse("approval_method", *method == "eip712"
                                         ? "is \"eip712\", which is not available in this version"
                                         : "must be \"key\", not \"" + *method + "\"");
  }
  if (reader.any("approver") != nullptr) {
    reader.refuse("approver",
                  "belongs to approval_method = \"eip712\", which is not available in "
                  "this version");
  }
  out.max_amount = reader.money("max_amount");
  if (out.max_amount && out.max_amount->is_zero()) reader.refuse("max_amount", "must not be zero");
  return out;
}

void read_retry_schedule(TableReader& reader, std::vector<std::chrono::seconds>& schedule) {
  const Value* value = reader.any("retry_schedule_s");
  if (value == nullptr) return;
  const bool good =
      value->kind == Value::Kind::Array && value->items.size() <= kMaxRetries &&
      std::ranges::all_of(value->items, [](const Value& item) {
        return item.kind == Value::Kind::Integer && item.integer >= 1 && item.integer <= 30 * kDay;
      });
  if (!good) {
    return reader.refuse("retry_schedule_s",
                         "must be a list of at most " + std::to_string(kMaxRetries) +
                             " integers from 1 to " + std::to_string(30 * kDay));
  }
  schedule.clear();
  for (const Value& item : value->items) schedule.emplace_back(item.integer);
}

WebhookSettings read_webhooks(const Context& context, const Value& table,
                              const std::vector<chains::ChainSettings>& chains) {
  TableReader reader(context.problems, table, "[webhooks]");
  WebhookSettings out;
  out.allow_private_networks = reader.boolean("allow_private_networks").value_or(false);
  const auto main = std::ranges::find(
      chains, NetworkKind::Main, [](const auto& chain) { return network_kind(chain.chain_id); });
  if (out.allow_private_networks && main != chains.end()) {
    reader.refuse("allow_private_networks",
                  "must be false: \"" + main->name +
                      "\" is a main network, and merchants could reach your own machines");
  }
  out.timeout = reader.seconds("timeout_s", 1, 120).value_or(out.timeout);
  read_retry_schedule(reader, out.retry_schedule);
  return out;
}

void read_ledger(const Context& context, const Value& table, LedgerSettings& out) {
  TableReader reader(context.problems, table, "[ledger]");
  if (const auto path = reader.text("checkpoint_dir")) out.checkpoint_dir = context.resolve(*path);
  if (const auto path = reader.text("checkpoint_key_file")) {
    out.checkpoint_key_file = context.resolve(*path);
  }
  out.checkpoint_interval =
      reader.seconds("checkpoint_interval_s", 1, kDay).value_or(out.checkpoint_interval);
}

FeeSettings read_fees(const Context& context, const Value& table) {
  TableReader reader(context.problems, table, "[fees]");
  FeeSettings out;
  // All of it, 10,000, would leave nothing of any intent.
  if (const auto bps = reader.integer("bps", 0, 9'999)) out.bps = static_cast<std::uint32_t>(*bps);
  out.fixed = reader.money("fixed").value_or(Amount{});
  if (out.fixed > Amount::from_base_units(kMostFixedFee, 0).value()) {
    reader.refuse("fixed", "must not be above " + std::to_string(kMostFixedFee) +
                               ": more would be a slip of the decimal point");
  }
  return out;
}

std::vector<chains::ChainSettings> read_chains(const Context& context, TableReader& root) {
  const std::vector<const Value*> tables = root.tables("chain");
  std::vector<chains::ChainSettings> out;
  if (tables.size() > kMaxChains) {
    root.refuse("chain", "is there more than " + std::to_string(kMaxChains) + " times");
    return out;
  }
  for (const Value* table : tables) out.push_back(read_chain(context, *table));
  check_chains(context, out, tables);
  if (root.any("chain") == nullptr) context.problems.add(root.line(), "there is no [[chain]]");
  return out;
}

Settings read_settings(const Context& context, const Value& document) {
  TableReader root(context.problems, document, "the settings");
  Settings out;
  if (const Value* table = root.table("daemon", Presence::Required)) {
    out.daemon = read_daemon(context, *table);
  }
  out.ledger.checkpoint_dir = out.daemon.data_dir / "checkpoints";
  out.ledger.checkpoint_key_file = out.daemon.data_dir / "checkpoint.key";
  if (const Value* table = root.table("ledger")) read_ledger(context, *table, out.ledger);
  out.chains = read_chains(context, root);
  if (const Value* table = root.table("wallet", Presence::Required)) {
    out.wallet = read_wallet(context, *table, out.chains);
  }
  if (const Value* table = root.table("intents")) out.intents = read_intents(context, *table);
  if (const Value* table = root.table("payouts")) out.payouts = read_payouts(context, *table);
  if (const Value* table = root.table("webhooks"))
    out.webhooks = read_webhooks(context, *table, out.chains);
  if (const Value* table = root.table("fees")) out.fees = read_fees(context, *table);
  out.livemode = !std::ranges::all_of(out.chains, &chains::ChainSettings::testnet);
  if (!out.daemon.requests_per_second) {
    out.daemon.requests_per_second = out.livemode ? kRequestsPerSecond : 0;
  }
  return out;
}

}  // namespace

std::filesystem::path Context::resolve(const std::string& path) const {
  return (base / path).lexically_normal();
}

Result<std::string> read_small_file(const std::filesystem::path& path) {
  constexpr std::size_t kLimit = 65'536;
  return read_limited(path, kLimit);
}

bool is_name(const std::string& text) {
  constexpr std::size_t kLongest = 32;
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, allowed);
}

Result<Settings> load(const std::filesystem::path& file) {
  constexpr std::size_t kLimit = 1'048'576;
  const Result<std::string> text = read_limited(file, kLimit);
  if (!text) return fail(Errc::Invalid, "bad_settings", "the settings file " + text.error().detail);
  TRY(const Value document, parse_document(*text, file.string()));
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(file, error);
  if (error) return fail(Errc::Invalid, "bad_settings", file.string() + ": " + error.message());

  Problems problems(file.string());
  const Context context{.problems = problems, .base = absolute.parent_path()};
  Settings settings = read_settings(context, document);
  if (!problems.none()) return std::unexpected(problems.error());
  return settings;
}

}  // namespace settled::config
