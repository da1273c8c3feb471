#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>

#include "chains/evm/address.hpp"
#include "chains/http/own_headers.hpp"
#include "chains/http/url.hpp"
#include "config/registry.hpp"
#include "config/sections.hpp"

namespace settled::config {
namespace {

/// EIP-2294.
constexpr std::int64_t kMaxChainId = 9'223'372'036'854'775'771;
constexpr std::int64_t kMaxDepth = 1'000'000;
constexpr std::int64_t kMaxPollMs = 600'000;
constexpr std::int64_t kMaxLagSeconds = 86'400;
constexpr std::int64_t kMaxRequestsPerSecond = 100'000;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

/// A field name is a token (RFC 9110 section 5.6.2); a value has no control characters.
bool is_header(std::string_view name, std::string_view value) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  const auto is_token = [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           kMarks.find(c) != std::string_view::npos;
  };
  const auto is_printable = [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); };
  return !name.empty() && std::ranges::all_of(name, is_token) &&
         std::ranges::all_of(value, is_printable);
}

void read_headers(const Context& context, TableReader& reader, chains::NodeSettings& node) {
  const std::optional<std::string> path = reader.text("headers_file");
  if (!path) return;
  const Result<std::string> content = read_small_file(context.resolve(*path));
  if (!content) return reader.refuse("headers_file", content.error().detail);
  std::size_t number = 0;
  std::string_view rest = *content;
  while (!rest.empty()) {
    const std::size_t newline = rest.find('\n');
    const std::string_view line = trimmed(rest.substr(0, newline));
    rest = newline == std::string_view::npos ? std::string_view{} : rest.substr(newline + 1);
    ++number;
    if (line.empty()) continue;
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    const std::string_view value =
        colon == std::string_view::npos ? std::string_view{} : trimmed(line.substr(colon + 1));
    if (colon == std::string_view::npos || !is_header(name, value)) {
      reader.refuse("headers_file",
                    "has no `Name: value` on line " + std::to_string(number) + " of " + *path);
      continue;
    }
    if (chains::http::is_own_header(name)) {
      reader.refuse("headers_file", "sets " + std::string(name) + " on line " +
                                        std::to_string(number) + " of " + *path +
                                        ", which is the client's to set");
      continue;
    }
    node.headers.emplace_back(name, value);
  }
}

chains::NodeSettings read_node(const Context& context, const Value& table) {
  TableReader reader(context.problems, table, "[[chain.node]]");
  chains::NodeSettings node;
  if (auto url = reader.text("url", Presence::Required)) {
    if (const auto parsed = chains::http::parse_url(*url); !parsed) {
      reader.refuse("url", "must be an http or https URL: " + parsed.error().detail);
    }
    node.url = std::move(*url);
  }
  read_headers(context, reader, node);
  if (auto url = reader.text("ws_url")) {
    if (const auto parsed = chains::http::parse_web_socket_url(*url); !parsed) {
      reader.refuse("ws_url", "must be a ws or wss URL: " + parsed.error().detail);
    }
    node.ws_url = std::move(*url);
  }
  if (const auto rate = reader.integer("max_requests_per_second", 1, kMaxRequestsPerSecond)) {
    node.max_requests_per_second = static_cast<std::uint32_t>(*rate);
  }
  return node;
}

void read_finality(TableReader& reader, Presence presence, chains::Finality& finality) {
  const Value* value = reader.any("finality", presence);
  if (value == nullptr) return;
  if (value->kind == Value::Kind::String && value->text == "tag") {
    finality = {.by_tag = true, .depth = 0};
  } else if (value->kind == Value::Kind::Integer && value->integer >= 1 &&
             value->integer <= kMaxDepth) {
    finality = {.by_tag = false, .depth = static_cast<std::uint64_t>(value->integer)};
  } else {
    reader.refuse("finality", "must be \"tag\" or a depth from 1 to " + std::to_string(kMaxDepth));
  }
}

void read_start_block(TableReader& reader, Presence presence,
                      std::optional<std::uint64_t>& start_block) {
  const Value* value = reader.any("start_block", presence);
  if (value == nullptr) return;
  if (value->kind == Value::Kind::String && value->text == "latest") {
    start_block = std::nullopt;
  } else if (value->kind == Value::Kind::Integer && value->integer >= 0) {
    start_block = static_cast<std::uint64_t>(value->integer);
  } else {
    reader.refuse("start_block", "must be \"latest\" or a block number");
  }
}

/// REQUIRES: whether the chain is provable is known.
void read_evidence(TableReader& reader, chains::ChainSettings& chain) {
  const auto evidence = reader.text("evidence");
  if (!evidence || *evidence == "single") return;
  if (*evidence == "quorum") {
    chain.evidence = chains::Evidence::Quorum;
    return;
  }
  if (*evidence != "proven") {
    return reader.refuse("evidence", "must be \"single\", \"quorum\" or \"proven\"");
  }
  if (!chain.provable) {
    return reader.refuse("evidence",
                         "must be \"single\" or \"quorum\": blocks of this chain cannot be proven");
  }
  chain.evidence = chains::Evidence::Proven;
}

/// What is said of the nodes must go together with the nodes that there are. REQUIRES: both read.
void check_agreement(TableReader& reader, const chains::ChainSettings& chain) {
  const std::uint32_t needed = chain.min_agreeing_nodes;
  const auto refuse = [&](const std::string& what) { reader.refuse("min_agreeing_nodes", what); };
  if (chain.evidence == chains::Evidence::Quorum && needed < 2) {
    return refuse("must be at least 2 where `evidence` is \"quorum\": one node is no quorum");
  }
  if (chain.evidence == chains::Evidence::Single && needed > 1) {
    return refuse(
        "must be 1 where `evidence` is \"single\": set it to \"quorum\", or to \"proven\"");
  }
  if (needed > chain.nodes.size()) {
    return refuse("is " + std::to_string(needed) + ", and the chain has " +
                  std::to_string(chain.nodes.size()) + " [[chain.node]]");
  }
  for (std::size_t i = 0; needed > 1 && i < chain.nodes.size(); ++i) {
    const auto before = chain.nodes.begin() + static_cast<std::ptrdiff_t>(i);
    const auto same = std::ranges::find(chain.nodes.begin(), before, chain.nodes[i].url,
                                        &chains::NodeSettings::url);
    if (same != before) {
      return refuse("counts nodes, and two [[chain.node]] have one `url`");
    }
  }
}

/// The keys that decide what counts as money, and when.
void read_policy(const Context& context, TableReader& reader, Presence presence,
                 chains::ChainSettings& chain) {
  if (const auto family = reader.text("family", presence); family && *family != "evm") {
    reader.refuse("family", "must be \"evm\"; others are not available in this version");
  }
  if (const auto id = reader.integer("chain_id", 1, kMaxChainId, presence)) {
    chain.chain_id = static_cast<std::uint64_t>(*id);
  }
  chain.required = reader.boolean("required", presence).value_or(chain.required);
  read_finality(reader, presence, chain.finality);
  read_confirmations(context, reader, presence, chain);
  if (const auto ms = reader.integer("poll_interval_ms", 10, kMaxPollMs, presence)) {
    chain.poll_interval = std::chrono::milliseconds{*ms};
  }
  read_start_block(reader, presence, chain.start_block);
  if (const auto nodes = reader.integer("min_agreeing_nodes", 1, 100, presence)) {
    chain.min_agreeing_nodes = static_cast<std::uint32_t>(*nodes);
  }
  if (const auto lag = reader.seconds("max_lag_s", 1, kMaxLagSeconds)) chain.max_lag = *lag;
}

}  // namespace

std::string read_name(TableReader& reader, std::string_view key, Presence presence,
                      std::string fallback) {
  std::optional<std::string> name = reader.text(key, presence);
  if (!name) return fallback;
  if (!is_name(*name)) {
    reader.refuse(key, "must be 1 to 32 letters, digits, `.`, `_` or `-`");
    return fallback;
  }
  return std::move(*name);
}

chains::ChainSettings read_chain(const Context& context, const Value& table) {
  TableReader reader(context.problems, table, "[[chain]]");
  chains::ChainSettings chain;
  chain.name = read_name(reader, "name", Presence::Required);
  const ChainDefaults* known = find_chain(chain.name);
  if (known != nullptr) {
    chain.chain_id = known->chain_id;
    chain.finality = known->finality;
    chain.confirmations = known->confirmations;
    chain.poll_interval = known->poll_interval;
    chain.native_currency = known->native_currency;
  }
  read_policy(context, reader,
              known != nullptr || chain.name.empty() ? Presence::Optional : Presence::Required,
              chain);
  chain.provable = may_be_provable(chain.chain_id);
  read_evidence(reader, chain);
  chain.native_currency =
      read_name(reader, "native_currency", Presence::Optional, chain.native_currency);
  const NetworkKind kind = network_kind(chain.chain_id);
  chain.testnet = kind == NetworkKind::Test || kind == NetworkKind::Local;

  for (const Value* node : reader.tables("node")) {
    chain.nodes.push_back(read_node(context, *node));
  }
  if (reader.any("node") == nullptr) {
    context.problems.add(table.line, "chain \"" + chain.name + "\" has no [[chain.node]]");
  } else if (!chain.nodes.empty()) {
    check_agreement(reader, chain);
  }
  read_tokens(context, reader, chain);
  return chain;
}

void check_chains(const Context& context, const std::vector<chains::ChainSettings>& chains,
                  const std::vector<const Value*>& tables) {
  const auto shares_currency = [](const chains::ChainSettings& a, const chains::ChainSettings& b) {
    return std::ranges::any_of(a.tokens, [&](const chains::TokenSettings& token) {
      return std::ranges::find(b.tokens, token.currency, &chains::TokenSettings::currency) !=
             b.tokens.end();
    });
  };
  for (std::size_t i = 0; i < chains.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const chains::ChainSettings& a = chains[i];
      const chains::ChainSettings& b = chains[j];
      if (!a.name.empty() && a.name == b.name) {
        context.problems.add(tables[i]->line, "name \"" + a.name + "\" is used twice in [[chain]]");
      }
      if (a.chain_id != 0 && a.chain_id == b.chain_id) {
        context.problems.add(tables[i]->line, "chain_id " + std::to_string(a.chain_id) +
                                                  " is used twice in [[chain]]");
      }
      const NetworkKind one = network_kind(a.chain_id);
      const NetworkKind other = network_kind(b.chain_id);
      const bool mixed = (one == NetworkKind::Main && other == NetworkKind::Test) ||
                         (one == NetworkKind::Test && other == NetworkKind::Main);
      // Within one currency balances add up, whatever chain they came from.
      if (mixed && shares_currency(a, b)) {
        context.problems.add(tables[i]->line,
                             "chains \"" + b.name + "\" and \"" + a.name +
                                 "\" share a currency, but one of them is a test network: its "
                                 "money could be paid out as real money");
      }
    }
  }
}

}  // namespace settled::config
