#include "wallet/signer.hpp"

#include <utility>

#include "wallet/keystore.hpp"
#include "wallet/secret_file.hpp"

namespace settled::wallet {

Result<chains::evm::Signature> checked_signature(const chains::evm::Signature& signature,
                                                 const chains::evm::Hash& digest,
                                                 const chains::evm::Address& address) {
  const auto recovered = chains::evm::recover(digest, signature);
  if (!recovered || *recovered != address) {
    return fail(Errc::Internal, "signature_mismatch",
                "the signature does not recover to the signer's address");
  }
  return signature;
}

KeystoreSigner::KeystoreSigner(std::string name, PrivateKey key)
    : name_(std::move(name)), key_(std::move(key)), address_(PublicKey::of(key_).address()) {}

Result<std::unique_ptr<Signer>> KeystoreSigner::open(std::string name,
                                                     const std::filesystem::path& path,
                                                     const std::filesystem::path& passphrase_path) {
  TRY(const SecretFile file, read_secret_file(path));
  TRY(const SecretFile passphrase, read_secret_file(passphrase_path));
  TRY(PrivateKey key, open_keystore(file.content.text(), passphrase.content));
  return std::make_unique<KeystoreSigner>(std::move(name), std::move(key));
}

Result<chains::evm::Signature> KeystoreSigner::sign(const chains::evm::Hash& digest) {
  return checked_signature(sign_digest(key_, digest), digest, address_);
}

}  // namespace settled::wallet
