#include "wallet/signer.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "ledger/types/hex.hpp"
#include "tests/support/temp_directory.hpp"
#include "wallet/bip32.hpp"
#include "wallet/bip39.hpp"
#include "wallet/deposit_addresses.hpp"
#include "wallet/keystore.hpp"
#include "wallet/new_wallet.hpp"
#include "wallet/secret_file.hpp"

namespace settled::wallet {
namespace {

using settled::tests::TempDirectory;

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put(const std::filesystem::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

mode_t mode_of(const std::filesystem::path& path) {
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777U;
}

TEST_CASE("a secret file is created for its owner alone and never overwritten") {
  const TempDirectory folder;
  const auto path = folder.path() / "secret";
  REQUIRE(write_secret_file(path, as_bytes("first")));
  REQUIRE(mode_of(path) == 0600);
  REQUIRE(write_secret_file(path, as_bytes("second")).error().reason == "file_exists");
  REQUIRE(content_of(path) == "first");
  const auto link = folder.path() / "link";
  std::filesystem::create_symlink(folder.path() / "elsewhere", link);
  REQUIRE_FALSE(write_secret_file(link, as_bytes("through")));
  REQUIRE_FALSE(std::filesystem::exists(folder.path() / "elsewhere"));
  REQUIRE(write_secret_file(folder.path() / "none" / "x", {}).error().reason == "file_not_written");
}

TEST_CASE("one newline at the end of a secret file is not part of the secret") {
  const TempDirectory folder;
  const auto path = folder.path() / "secret";
  const auto read_as = [&](std::string_view text) {
    put(path, text);
    return std::string(read_secret_file(path)->content.text());
  };
  REQUIRE(read_as("pass\n") == "pass");
  REQUIRE(read_as("pass\r\n") == "pass");
  REQUIRE(read_as("pass\n\n") == "pass\n");
  REQUIRE(read_as(" pass ") == " pass ");
  REQUIRE(read_as("\n").empty());
  REQUIRE(read_as("").empty());
  REQUIRE(read_as(std::string(64U << 10U, 'x')).size() == 64U << 10U);
}

TEST_CASE("a secret file that others may read is told, others than files are refused") {
  const TempDirectory folder;
  const auto path = folder.path() / "secret";
  put(path, "pass");
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  REQUIRE_FALSE(read_secret_file(path)->readable_by_others);
  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  REQUIRE(read_secret_file(path)->readable_by_others);
  put(path, std::string((64U << 10U) + 1, 'x'));
  REQUIRE(read_secret_file(path).error().reason == "secret_file_too_large");
  REQUIRE(read_secret_file(folder.path()).error().reason == "secret_file_unreadable");
  REQUIRE(read_secret_file(folder.path() / "none").error().reason == "secret_file_missing");
  const auto pipe = folder.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  REQUIRE(read_secret_file(pipe).error().reason == "secret_file_unreadable");
}

TEST_CASE("a new wallet is four files that lead to its addresses") {
  const TempDirectory folder;
  const WalletPaths paths = WalletPaths::in(folder.path());
  SystemRandom random;
  const auto made = create_wallet(paths, random, kLightScrypt);
  REQUIRE(made);
  for (const auto& path :
       {paths.deposit_mnemonic, paths.deposit_xpub, paths.hot_keystore, paths.hot_passphrase}) {
    REQUIRE(mode_of(path) == 0600);
  }
  const SecretFile mnemonic = read_secret_file(paths.deposit_mnemonic).value();
  REQUIRE(entropy_from_mnemonic(mnemonic.content.text())->size() == 32);
  const auto master =
      ExtendedPrivateKey::from_seed(seed_from_mnemonic(mnemonic.content.text())->view());
  const auto addresses = DepositAddresses::from_xpub(content_of(paths.deposit_xpub));
  REQUIRE(addresses);
  REQUIRE(content_of(paths.deposit_xpub) == made->deposit_xpub + "\n");
  REQUIRE(addresses->address(5).value() ==
          master->derive_path("m/44'/60'/0'/0/5")->neuter().key().address());

  auto signer = KeystoreSigner::open("hot", paths.hot_keystore, paths.hot_passphrase);
  REQUIRE(signer);
  REQUIRE((*signer)->name() == "hot");
  REQUIRE((*signer)->address() == made->hot_address);
  REQUIRE((*signer)->address() != addresses->address(0).value());
  const auto digest = chains::evm::keccak256(as_bytes("to be signed"));
  const auto signature = (*signer)->sign(digest);
  REQUIRE(chains::evm::recover(digest, *signature).value() == made->hot_address);
  REQUIRE((*signer)->sign(digest).value() == *signature);

  const std::string before = content_of(paths.hot_keystore);
  REQUIRE(create_wallet(paths, random, kLightScrypt).error().reason == "file_exists");
  REQUIRE(content_of(paths.hot_keystore) == before);
}

TEST_CASE("a wallet that cannot be written whole leaves nothing and keeps what was there") {
  const TempDirectory folder;
  const WalletPaths paths = WalletPaths::in(folder.path());
  put(paths.hot_keystore, "precious");
  SystemRandom random;
  REQUIRE(create_wallet(paths, random, kLightScrypt).error().reason == "file_exists");
  REQUIRE(content_of(paths.hot_keystore) == "precious");
  REQUIRE_FALSE(std::filesystem::exists(paths.deposit_mnemonic));
  REQUIRE_FALSE(std::filesystem::exists(paths.deposit_xpub));
  REQUIRE_FALSE(std::filesystem::exists(paths.hot_passphrase));
}

TEST_CASE("two new wallets have nothing in common") {
  const TempDirectory first;
  const TempDirectory second;
  SystemRandom random;
  const auto one = create_wallet(WalletPaths::in(first.path()), random, kLightScrypt);
  const auto other = create_wallet(WalletPaths::in(second.path()), random, kLightScrypt);
  REQUIRE(one->deposit_xpub != other->deposit_xpub);
  REQUIRE(one->hot_address != other->hot_address);
}

TEST_CASE("a signer opens only with its files and its passphrase") {
  const TempDirectory folder;
  const auto path = folder.path() / "hot.json";
  const auto passphrase = folder.path() / "hot.pass";
  const auto reason = [&] {
    const auto signer = KeystoreSigner::open("hot", path, passphrase);
    return signer ? "opened" : signer.error().reason;
  };
  REQUIRE(reason() == "secret_file_missing");
  SystemRandom random;
  const PrivateKey key = PrivateKey::generate(random);
  put(path, *make_keystore(key, Secret::copy_of("pass"), random, kLightScrypt));
  REQUIRE(reason() == "secret_file_missing");
  put(passphrase, "pass\n");
  REQUIRE(reason() == "opened");
  put(passphrase, "other\n");
  REQUIRE(reason() == "wrong_passphrase");
  put(path, "{}");
  REQUIRE(reason() == "invalid_keystore");
}

TEST_CASE("a signature of another key, digest or form does not pass") {
  SystemRandom random;
  const PrivateKey key = PrivateKey::generate(random);
  const auto address = PublicKey::of(key).address();
  const auto digest = chains::evm::keccak256(as_bytes("one"));
  const auto signature = sign_digest(key, digest);
  REQUIRE(checked_signature(signature, digest, address).value() == signature);
  const auto refused = [&](const chains::evm::Signature& bad, const chains::evm::Hash& of) {
    const auto checked = checked_signature(bad, of, address);
    return !checked && checked.error().code == Errc::Internal &&
           checked.error().reason == "signature_mismatch";
  };
  REQUIRE(refused(signature, chains::evm::keccak256(as_bytes("two"))));
  REQUIRE(refused(sign_digest(PrivateKey::generate(random), digest), digest));
  auto bad = signature;
  bad.recovery_id ^= 1;
  REQUIRE(refused(bad, digest));
  bad.recovery_id = 27;
  REQUIRE(refused(bad, digest));
  REQUIRE(refused({}, digest));
}

}  // namespace
}  // namespace settled::wallet
