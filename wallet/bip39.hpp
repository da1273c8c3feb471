#pragma once

#include <string_view>

#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"
#include "wallet/secret.hpp"

namespace settled::wallet {

/// BIP-39 with the English word list. Thread-safe.

/// 12, 15, 18, 21 or 24 words of 16, 20, 24, 28 or 32 bytes, with single blanks between.
/// Error: Invalid `invalid_entropy`.
Result<Secret> mnemonic_from_entropy(BytesView entropy);

/// The entropy behind a mnemonic, its checksum verified. Words may stand any white space apart.
/// Error: Invalid `invalid_mnemonic`, which names the place of an unknown word, never the word.
Result<Secret> entropy_from_mnemonic(std::string_view mnemonic);

/// The 64-byte seed of a mnemonic whose checksum is right. BIP-39 wants the passphrase in Unicode
/// form NFKD, which ASCII already is; anything else is Invalid `passphrase_not_ascii`, because
/// taking it as it stands would open another wallet than other programs do.
Result<Secret> seed_from_mnemonic(std::string_view mnemonic, std::string_view passphrase = "");

}  // namespace settled::wallet
