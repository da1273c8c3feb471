#pragma once

#include <string>
#include <string_view>

#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"
#include "wallet/secret.hpp"

namespace settled::wallet {

/// The longest text that is decoded, since the conversion takes time square to the length. An
/// extended key has 111 characters.
inline constexpr std::size_t kMaxBase58Text = 128;

/// Base58Check: the payload and the first four bytes of its double SHA-256 in Bitcoin's base 58.
/// A Secret, because the payload may be a private key; `text()` of a public one may be shown.
/// REQUIRES: at most 96 bytes.
Secret base58check_encode(BytesView payload);

/// The payload without its checksum. Errors: Invalid `invalid_base58` for a foreign character, a
/// text that is too long or too short, or a wrong checksum.
Result<Secret> base58check_decode(std::string_view text);

}  // namespace settled::wallet
