#pragma once

#include <string>
#include <string_view>

#include "ledger/types/crypto.hpp"

namespace settled::daemon::api {

/// A new API key: `sk_` and the 43 base64url characters of 32 random bytes. Shown once, never
/// stored.
std::string new_api_secret(Random& random);
/// What the book knows of an API key: SHA-256 of the whole text, `sk_` included, as 32 raw bytes.
/// One round of a fast hash is enough: the key has 256 bits that nobody chose.
std::string api_secret_sha256(std::string_view secret);

/// A new webhook secret (Standard Webhooks 1.0.0): `whsec_` and the base 64 of 32 random bytes.
std::string new_webhook_secret(Random& random);

}  // namespace settled::daemon::api
