#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"
#include "wallet/secret.hpp"

namespace settled::wallet {

/// HMAC-SHA512 (RFC 2104) of the joined pieces. 64 bytes. Thread-safe, as all here.
Secret hmac_sha512(BytesView key, std::initializer_list<BytesView> pieces);

enum class Pbkdf2Hash { Sha256, Sha512 };

/// PBKDF2 (RFC 8018) with HMAC. Errors: Invalid `keystore_too_expensive` above 10,000,000
/// iterations, `invalid_kdf` for none.
Result<Secret> pbkdf2(Pbkdf2Hash hash, BytesView passphrase, BytesView salt,
                      std::uint64_t iterations, std::size_t length);

/// The cost of scrypt (RFC 7914, without its bound on n for a small r, which many keystores pass):
/// memory is 128 * n * r bytes, time grows with n * r * p.
struct ScryptCost {
  std::uint64_t n = 262144;
  std::uint64_t r = 8;
  std::uint64_t p = 1;
};
/// What geth writes: about a second and 256 MiB.
inline constexpr ScryptCost kStandardScrypt{};
/// For tests alone: a stolen file would fall to a guessing machine.
inline constexpr ScryptCost kLightScrypt{.n = 4096, .r = 8, .p = 6};

/// Errors: Invalid `keystore_too_expensive` above 512 MiB or n * r * p = 2^24 (eight times the
/// standard cost), `invalid_kdf` unless n is a power of two above 1 and r and p are not zero,
/// Unavailable `out_of_memory`.
Result<Secret> scrypt(BytesView passphrase, BytesView salt, const ScryptCost& cost,
                      std::size_t length);

}  // namespace settled::wallet
