#include "config/init.hpp"

#include <string_view>

#include "chains/evm/address.hpp"
#include "config/registry.hpp"
#include "config/token_registry.hpp"

namespace settled::config {
namespace {

constexpr chains::Finality kFinality{.by_tag = false, .depth = 12};
constexpr std::uint32_t kConfirmations = 2;
constexpr std::string_view kPollIntervalMs = "500";

/// A TOML basic string.
std::string toml_string(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xFU];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string line(std::string_view key, std::string_view value) {
  return std::string(key) + " = " + std::string(value) + "\n";
}

std::string finality_text(const chains::Finality& finality) {
  return finality.by_tag ? "\"tag\"" : std::to_string(finality.depth);
}

/// Whether its symbol alone says all the rest.
bool is_registered(std::uint64_t chain_id, const chains::TokenSettings& token) {
  const IssuedToken* issued = find_issued(chain_id, token.symbol);
  return issued != nullptr && token.currency == issued->symbol &&
         token.address == address_of(issued->address) && token.decimals == issued->decimals &&
         token.eip3009 == issued->eip3009;
}

std::string render_chain(const InitAnswers& answers) {
  const ChainDefaults* found = find_chain(answers.chain);
  const bool known = found != nullptr;
  const std::uint64_t chain_id = answers.chain_id.value_or(known ? found->chain_id : 0);
  std::string out =
      "[[chain]]\n" + line("name", toml_string(answers.chain)) + line("family", "\"evm\"");
  if (answers.chain_id) out += line("chain_id", std::to_string(*answers.chain_id));
  out += line("required", "true");
  // What the registry knows is left to it, so that a better figure arrives with a newer version.
  if (answers.finality || !known) {
    out += line("finality", finality_text(answers.finality.value_or(kFinality)));
  }
  if (answers.confirmations || !known) {
    out += line("confirmations", std::to_string(answers.confirmations.value_or(kConfirmations)));
  }
  if (!known) out += line("poll_interval_ms", kPollIntervalMs);
  out += line("start_block",
              answers.start_block ? std::to_string(*answers.start_block) : "\"latest\"");
  out += line("min_agreeing_nodes", "1");
  for (const std::string& url : answers.node_urls) {
    out += "  [[chain.node]]\n  " + line("url", toml_string(url));
  }
  for (const chains::TokenSettings& token : answers.tokens) {
    out += "  [[chain.token]]\n  " + line("symbol", toml_string(token.symbol));
    if (is_registered(chain_id, token)) continue;
    out += "  " + line("currency", toml_string(token.currency));
    out += "  " + line("address", toml_string(chains::evm::to_checksum(token.address)));
    out += "  " + line("decimals", std::to_string(token.decimals));
    out += "  " + line("eip3009", token.eip3009 ? "true" : "false");
  }
  return out;
}

std::string render_wallet(const InitAnswers& answers) {
  return "[wallet]\n" + line("deposit_xpub_file", toml_string(answers.deposit_xpub_file)) +
         "  [[wallet.signer]]\n" + "  " + line("name", "\"hot\"") + "  " +
         line("kind", "\"keystore\"") + "  " + line("path", toml_string(answers.keystore_file)) +
         "  " + line("passphrase_file", toml_string(answers.passphrase_file)) + "  " +
         line("chains", "[" + toml_string(answers.chain) + "]") + "  " +
         line("roles", "[\"payouts\"]");
}

}  // namespace

std::string render_settings(const InitAnswers& answers) {
  return "# Settings of settled. Relative paths are relative to this file; unknown keys are "
         "errors;\n"
         "# `settled check-config --config FILE` checks it.\n\n[daemon]\n" +
         line("data_dir", toml_string(answers.data_dir)) +
         line("listen", toml_string(answers.listen)) +
         line("public_url", toml_string(answers.public_url)) + "\n[ledger]\n" +
         line("checkpoint_key_file", toml_string(answers.checkpoint_key_file)) + "\n" +
         render_chain(answers) + "\n" + render_wallet(answers) + "\n[intents]\n" +
         line("expires_in_s", "1800") + line("late_window_s", "604800") +
         line("underpaid_tolerance_bps", "0") + "\n[payouts]\n" + line("approvals_required", "0") +
         line("approval_method", "\"key\"") + "\n[webhooks]\n" +
         line("allow_private_networks", answers.allow_private_networks ? "true" : "false") +
         line("timeout_s", "15");
}

}  // namespace settled::config
