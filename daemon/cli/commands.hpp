#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

/// The subcommands of `settled`. Each returns the process's exit code.
namespace settled::daemon::cli {

inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kBadSettings = 78;  ///< EX_CONFIG of sysexits.h

struct InitOptions {
  std::filesystem::path dir;
  std::string chain_name = "local";
  std::optional<std::uint64_t> chain_id;
  std::vector<std::string> rpc_urls;
  std::vector<std::string> tokens;  ///< SYMBOL:ADDRESS:DECIMALS
  std::string public_url;
};

struct KeyOptions {
  std::string name;
  std::string merchant;
  std::vector<std::string> scopes;
  std::string id;
};

struct ExportOptions {
  std::string format;
  std::filesystem::path to;
  std::string merchant;
  std::string currency;
  std::string from;  ///< RFC 3339
  std::string until;
};

struct ReceiptOptions {
  std::filesystem::path file;
  std::string key;         ///< verifier key; empty: the receipt's own claim
  std::string block_hash;  ///< of a transfer's block, as 0x and 64 hexadecimal digits; or empty
};

struct RestoreOptions {
  std::filesystem::path from;
  std::optional<std::uint64_t> accept_loss;
  /// The checkpoint key is lost: no note can be proven, and a new record of them begins.
  bool new_checkpoints = false;
};

int run_daemon(const std::filesystem::path& config);
int check_config(const std::filesystem::path& config);
int init(const InitOptions& options);
int create_key(const std::filesystem::path& config, const KeyOptions& options);
int list_keys(const std::filesystem::path& config);
int revoke_key(const std::filesystem::path& config, const KeyOptions& options);
int verify(const std::filesystem::path& config);
int export_books(const std::filesystem::path& config, const ExportOptions& options);
int backup(const std::filesystem::path& config, const std::filesystem::path& to);
int restore(const std::filesystem::path& config, const RestoreOptions& options);
/// After a restore, once the open payouts were compared with the chain.
int release_payouts(const std::filesystem::path& config);
int repair(const std::filesystem::path& config, const std::filesystem::path& to);
/// 0: proven, 1: not proven, 2: the file or the key cannot be read.
int verify_receipt(const ReceiptOptions& options);
int new_wallet(const std::filesystem::path& dir);
/// The deposit address of `index`, or of every signer where there is none.
int show_address(const std::filesystem::path& config, std::optional<std::uint32_t> index);
int version();

}  // namespace settled::daemon::cli
