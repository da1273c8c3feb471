#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "chains/settings.hpp"
#include "config/document.hpp"
#include "config/reader.hpp"
#include "ledger/types/result.hpp"
#include "wallet/settings.hpp"

namespace settled::config {

/// What reading a section needs beside its table.
struct Context {
  Problems& problems;
  std::filesystem::path base;  ///< absolute; relative paths are relative to it

  std::filesystem::path resolve(const std::string& path) const;
};

/// Small files that the settings name. Larger than 64 KiB, or not readable: Invalid, with a detail
/// that names the path and the reason.
Result<std::string> read_small_file(const std::filesystem::path& path);

/// Letters, digits, `.`, `_` and `-`, 1 to 32 of them: chains, tokens, currencies, signers.
bool is_name(const std::string& text);

/// The name under a key; `fallback` where it is missing or was refused.
std::string read_name(TableReader& reader, std::string_view key, Presence presence,
                      std::string fallback = {});

/// `confirmations` and the `[[chain.confirmation_tier]]` below it.
void read_confirmations(const Context& context, TableReader& reader, Presence presence,
                        chains::ChainSettings& chain);

/// The `[[chain.token]]` of a chain whose name and id are known, into `chain.tokens`.
void read_tokens(const Context& context, TableReader& reader, chains::ChainSettings& chain);

/// One `[[chain]]`. What could be read is returned even where problems were found, so that what
/// refers to it is checked too.
chains::ChainSettings read_chain(const Context& context, const Value& table);
/// Names, chain ids and currencies across chains. `tables[i]` is where `chains[i]` came from.
void check_chains(const Context& context, const std::vector<chains::ChainSettings>& chains,
                  const std::vector<const Value*>& tables);

/// `[wallet]`; signers may only name chains of `chains`.
wallet::WalletSettings read_wallet(const Context& context, const Value& table,
                                   const std::vector<chains::ChainSettings>& chains);

}  // namespace settled::config
