#pragma once

#include <filesystem>
#include <string>

#include "chains/evm/address.hpp"
#include "ledger/types/crypto.hpp"
#include "ledger/types/result.hpp"
#include "wallet/kdf.hpp"

namespace settled::wallet {

/// Where a new wallet's files go.
struct WalletPaths {
  std::filesystem::path deposit_mnemonic;  ///< 24 words; to be moved off the machine
  std::filesystem::path deposit_xpub;      ///< all that the daemon needs for deposit addresses
  std::filesystem::path hot_keystore;
  std::filesystem::path hot_passphrase;

  /// deposit.mnemonic, deposit.xpub, hot.json and hot.pass in `folder`.
  static WalletPaths in(const std::filesystem::path& folder);
};

struct NewWallet {
  std::string deposit_xpub;          ///< m/44'/60'/0' of the mnemonic
  chains::evm::Address hot_address;  ///< of a key that the mnemonic does not lead to
};

/// A fresh wallet for `settled init`: deposit addresses under a new mnemonic, and one hot key of
/// its own, so that who steals the running machine's key can pay out its float but open no deposit
/// address. The keystore's passphrase is random. Four files with mode 0600 are created, or none:
/// an existing one is Conflict `file_exists`, and those written before it are removed again.
Result<NewWallet> create_wallet(const WalletPaths& paths, Random& random,
                                const ScryptCost& cost = kStandardScrypt);

}  // namespace settled::wallet
