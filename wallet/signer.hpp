#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "chains/evm/address.hpp"
#include "chains/evm/keccak.hpp"
#include "chains/evm/signature.hpp"
#include "ledger/types/result.hpp"
#include "wallet/keys.hpp"

namespace settled::wallet {

/// Signs digests with one key, wherever that key lives. One of the virtual seams: signers that need
/// a network implement it outside this folder. `sign` may be called from any thread and may block.
class Signer {
 public:
  Signer() = default;
  virtual ~Signer() = default;
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;

  /// The name in the settings, e.g. "hot".
  virtual const std::string& name() const = 0;
  virtual chains::evm::Address address() const = 0;
  /// A signature of `digest` that recovers to `address()` and has the lower s. Errors: Internal
  /// `signature_mismatch` where what was made does not, Unavailable where the key is out of reach.
  virtual Result<chains::evm::Signature> sign(const chains::evm::Hash& digest) = 0;
};

/// What every Signer returns goes through here: Internal `signature_mismatch` unless `signature` of
/// `digest` recovers to `address`. A faulty computation can otherwise give the key away.
Result<chains::evm::Signature> checked_signature(const chains::evm::Signature& signature,
                                                 const chains::evm::Hash& digest,
                                                 const chains::evm::Address& address);

/// Holds a key that was read from an encrypted keystore file. Deterministic (RFC 6979).
class KeystoreSigner final : public Signer {
 public:
  KeystoreSigner(std::string name, PrivateKey key);

  /// Reads and decrypts, which takes about a second. Errors: those of `read_secret_file` and
  /// `open_keystore`.
  static Result<std::unique_ptr<Signer>> open(std::string name, const std::filesystem::path& path,
                                              const std::filesystem::path& passphrase_path);

  const std::string& name() const override { return name_; }
  chains::evm::Address address() const override { return address_; }
  Result<chains::evm::Signature> sign(const chains::evm::Hash& digest) override;

 private:
  std::string name_;
  PrivateKey key_;
  chains::evm::Address address_;
};

}  // namespace settled::wallet
