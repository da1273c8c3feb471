#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <system_error>
#include <unistd.h>

#include "config/sections.hpp"

namespace settled::config {
namespace {

/// An extended key has 111 characters.
constexpr std::size_t kMaxXpub = 128;

std::optional<wallet::SignerRole> parse_role(std::string_view text) {
  using enum wallet::SignerRole;
  for (const wallet::SignerRole role : {Payouts, Sweeps, Gas}) {
    if (to_string(role) == text) return role;
  }
  return std::nullopt;
}

void read_kind(TableReader& reader) {
  const std::optional<std::string> kind = reader.text("kind", Presence::Required);
  if (!kind || *kind == "keystore") return;
  const bool later = *kind == "aws_kms" || *kind == "web3signer" || *kind == "pkcs11";
  reader.refuse("kind", later ? "is \"" + *kind + "\", which is not available in this version"
                              : "must be \"keystore\", not \"" + *kind + "\"");
}

std::filesystem::path read_path(const Context& context, TableReader& reader, std::string_view key) {
  const std::optional<std::string> text = reader.text(key, Presence::Required);
  if (!text) return {};
  std::filesystem::path path = context.resolve(*text);
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    reader.refuse(key, "names no file: " + path.string());
  } else if (::access(path.c_str(), R_OK) != 0) {
    reader.refuse(key, "names a file that cannot be read: " + path.string() + ": " +
                           std::generic_category().message(errno));
  }
  return path;
}

wallet::SignerSettings read_signer(const Context& context, const Value& table,
                                   const std::vector<chains::ChainSettings>& chains) {
  TableReader reader(context.problems, table, "[[wallet.signer]]");
  wallet::SignerSettings signer;
  if (auto name = reader.text("name", Presence::Required)) {
    if (!is_name(*name)) reader.refuse("name", "must be 1 to 32 letters, digits, `.`, `_` or `-`");
    signer.name = std::move(*name);
  }
  read_kind(reader);
  signer.path = read_path(context, reader, "path");
  signer.passphrase_file = read_path(context, reader, "passphrase_file");
  signer.chains = reader.texts("chains", Presence::Required).value_or(std::vector<std::string>{});
  // A chain whose own name could not be read may be the one that is meant.
  const bool all_named =
      std::ranges::find(chains, "", &chains::ChainSettings::name) == chains.end();
  for (const std::string& name : signer.chains) {
    if (all_named &&
        std::ranges::find(chains, name, &chains::ChainSettings::name) == chains.end()) {
      reader.refuse("chains", "names \"" + name + "\", which no [[chain]] is called");
    }
  }
  const auto roles = reader.texts("roles", Presence::Required);
  for (const std::string& text : roles.value_or(std::vector<std::string>{})) {
    if (const auto role = parse_role(text)) {
      signer.roles.push_back(*role);
    } else {
      reader.refuse("roles", "names \"" + text + "\"; there are \"payouts\", \"sweeps\", \"gas\"");
    }
  }
  return signer;
}

std::string read_xpub(const Context& context, TableReader& reader) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::optional<std::string> path = reader.text("deposit_xpub_file", Presence::Required);
  if (!path) return {};
  const Result<std::string> content = read_small_file(context.resolve(*path));
  if (!content) {
    reader.refuse("deposit_xpub_file", content.error().detail);
    return {};
  }
  const std::size_t begin = content->find_first_not_of(kBlank);
  if (begin == std::string::npos) {
    reader.refuse("deposit_xpub_file", "names an empty file: " + *path);
    return {};
  }
  std::string xpub = content->substr(begin, content->find_last_not_of(kBlank) + 1 - begin);
  if (xpub.starts_with("xprv") || xpub.starts_with("tprv")) {
    reader.refuse("deposit_xpub_file",
                  "names a file that holds a private key; the daemon needs the public one (xpub)");
    return {};
  }
  if (xpub.size() > kMaxXpub || xpub.find_first_of(kBlank) != std::string::npos) {
    reader.refuse("deposit_xpub_file",
                  "names a file that is not one extended public key: " + *path);
    return {};
  }
  return xpub;
}

}  // namespace

wallet::WalletSettings read_wallet(const Context& context, const Value& table,
                                   const std::vector<chains::ChainSettings>& chains) {
  TableReader reader(context.problems, table, "[wallet]");
  wallet::WalletSettings out;
  out.deposit_xpub = read_xpub(context, reader);
  for (const Value* signer_table : reader.tables("signer")) {
    wallet::SignerSettings signer = read_signer(context, *signer_table, chains);
    if (!signer.name.empty() &&
        std::ranges::find(out.signers, signer.name, &wallet::SignerSettings::name) !=
            out.signers.end()) {
      context.problems.add(signer_table->line,
                           "name \"" + signer.name + "\" is used twice in [[wallet.signer]]");
    }
    out.signers.push_back(std::move(signer));
  }
  return out;
}

}  // namespace settled::config
