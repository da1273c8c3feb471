#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace settled::wallet {

/// Where a signer's key is. Remote signers come as further kinds.
enum class SignerKind : std::uint8_t { Keystore };

/// What a signer may be used for.
enum class SignerRole : std::uint8_t { Payouts, Sweeps, Gas };

constexpr std::string_view to_string(SignerRole role) {
  switch (role) {
    case SignerRole::Payouts:
      return "payouts";
    case SignerRole::Sweeps:
      return "sweeps";
    case SignerRole::Gas:
      return "gas";
  }
  return "";
}

struct SignerSettings {
  std::string name;  ///< unique
  SignerKind kind = SignerKind::Keystore;
  std::filesystem::path path = {};             ///< absolute; keystore V3 file
  std::filesystem::path passphrase_file = {};  ///< absolute; a trailing newline is ignored
  std::vector<std::string> chains = {};        ///< names of configured chains, never empty
  std::vector<SignerRole> roles = {};          ///< never empty, no duplicates
};

struct WalletSettings {
  /// Account-level extended public key (m/44'/60'/0'), the text of the file without surrounding
  /// blanks; not yet decoded.
  std::string deposit_xpub;
  std::vector<SignerSettings> signers = {};
};

}  // namespace settled::wallet
