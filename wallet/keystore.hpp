#pragma once

#include <string>
#include <string_view>

#include "ledger/types/crypto.hpp"
#include "ledger/types/result.hpp"
#include "wallet/kdf.hpp"
#include "wallet/keys.hpp"
#include "wallet/secret.hpp"

namespace settled::wallet {

/// Web3 Secret Storage, version 3: a secret encrypted by a key that is stretched from a passphrase,
/// as geth and most wallets write it. Thread-safe; slow on purpose (about a second).
///
/// The passphrase is taken as its bytes, as geth does; programs that normalise Unicode first agree
/// for ASCII. Read: scrypt and pbkdf2 (hmac-sha256, also where `prf` is absent), aes-128-ctr, a
/// missing or empty salt, `crypto` or `Crypto`.
///
/// Errors of reading: Invalid `invalid_keystore` for whatever is not such a file, with a detail;
/// Invalid `keystore_too_expensive` where its parameters want more than 512 MiB, more than eight
/// times the standard work or more than 10,000,000 iterations; Rejected `wrong_passphrase`, which
/// is also what a damaged ciphertext looks like.

/// Whatever the file holds: a private key, or a mnemonic with some wallets. Not over 64 KiB of
/// JSON.
Result<Secret> decrypt_keystore(std::string_view json, const Secret& passphrase);

/// The private key that the file holds, and the file's `address` compared with the key's where it
/// states one. Keys that lost leading zero bytes are padded.
Result<PrivateKey> open_keystore(std::string_view json, const Secret& passphrase);

/// The JSON of a new file: scrypt, aes-128-ctr. Errors: as `scrypt`.
Result<std::string> make_keystore(const PrivateKey& key, const Secret& passphrase, Random& random,
                                  const ScryptCost& cost = kStandardScrypt);

}  // namespace settled::wallet
