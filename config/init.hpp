#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "chains/settings.hpp"

namespace settled::config {

/// What `settled init` knows when it writes a settings file. File names are relative to the file.
struct InitAnswers {
  std::string data_dir = "data";
  std::string listen = "127.0.0.1:8080";
  std::string public_url = "http://127.0.0.1:8080";
  std::string chain;  ///< of the registry, or any other name together with `chain_id`
  std::optional<std::uint64_t> chain_id = {};
  std::vector<std::string> node_urls = {};  ///< at least one
  std::vector<chains::TokenSettings> tokens = {};
  std::string deposit_xpub_file = "deposit.xpub";
  std::string keystore_file = "hot.json";
  std::string passphrase_file = "hot.pass";
  std::string checkpoint_key_file = "checkpoint.key";
  std::optional<chains::Finality> finality = {};
  std::optional<std::uint32_t> confirmations = {};
  std::optional<std::uint64_t> start_block = {};  ///< nullopt: "latest"
  bool allow_private_networks = false;            ///< true for a local chain
};

/// The text of a settings file that `load` accepts where the answers are sound; it checks nothing
/// itself. What the registry knows of chain and tokens is left to it. A chain outside the registry
/// gets 2 confirmations, a depth of 12 and a poll every 500 ms where the answers do not say
/// otherwise.
std::string render_settings(const InitAnswers& answers);

}  // namespace settled::config
