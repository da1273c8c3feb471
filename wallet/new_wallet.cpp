#include "wallet/new_wallet.hpp"

#include <array>
#include <system_error>
#include <utility>
#include <vector>

#include "wallet/bip32.hpp"
#include "wallet/bip39.hpp"
#include "wallet/keys.hpp"
#include "wallet/keystore.hpp"
#include "wallet/secret_file.hpp"

namespace settled::wallet {
namespace {

constexpr std::string_view kAccountPath = "m/44'/60'/0'";
constexpr std::size_t kEntropySize = 32;
constexpr std::size_t kPassphraseEntropy = 24;

struct FileToWrite {
  const std::filesystem::path& path;
  BytesView content;
};

Status write_all_or_none(const std::vector<FileToWrite>& files) {
  std::vector<std::filesystem::path> written;
  for (const FileToWrite& file : files) {
    Status status = write_secret_file(file.path, file.content);
    if (!status) {
      std::error_code ignored;
      for (const auto& path : written) std::filesystem::remove(path, ignored);
      return status;
    }
    written.push_back(file.path);
  }
  return {};
}

Secret with_newline(BytesView bytes) {
  Secret line(bytes.size() + 1);
  *std::ranges::copy(bytes, line.writable().begin()).out = '\n';
  return line;
}

}  // namespace

WalletPaths WalletPaths::in(const std::filesystem::path& folder) {
  return {.deposit_mnemonic = folder / "deposit.mnemonic",
          .deposit_xpub = folder / "deposit.xpub",
          .hot_keystore = folder / "hot.json",
          .hot_passphrase = folder / "hot.pass"};
}

Result<NewWallet> create_wallet(const WalletPaths& paths, Random& random, const ScryptCost& cost) {
  Secret entropy(kEntropySize);
  random.fill(entropy.writable());
  TRY(const Secret mnemonic, mnemonic_from_entropy(entropy.view()));
  TRY(const Secret seed, seed_from_mnemonic(mnemonic.text()));
  TRY(const ExtendedPrivateKey master, ExtendedPrivateKey::from_seed(seed.view()));
  TRY(const ExtendedPrivateKey account, master.derive_path(kAccountPath));
  std::string xpub = account.neuter().xpub();

  Secret passphrase_entropy(kPassphraseEntropy);
  random.fill(passphrase_entropy.writable());
  std::string passphrase_text = to_base64url(passphrase_entropy.view());
  const Secret passphrase = Secret::taken_from(passphrase_text);
  const PrivateKey hot = PrivateKey::generate(random);
  TRY(const std::string keystore, make_keystore(hot, passphrase, random, cost));

  const Secret mnemonic_line = with_newline(mnemonic.view());
  const Secret passphrase_line = with_newline(passphrase.view());
  const Secret xpub_line = with_newline(as_bytes(xpub));
  const Secret keystore_line = with_newline(as_bytes(keystore));
  TRY_OK(write_all_or_none({{paths.deposit_mnemonic, mnemonic_line.view()},
                            {paths.deposit_xpub, xpub_line.view()},
                            {paths.hot_passphrase, passphrase_line.view()},
                            {paths.hot_keystore, keystore_line.view()}}));
  return NewWallet{.deposit_xpub = std::move(xpub), .hot_address = PublicKey::of(hot).address()};
}

}  // namespace settled::wallet
