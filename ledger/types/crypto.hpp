#pragma once

#include <string>
#include <string_view>

#include "ledger/types/bytes.hpp"
#include "ledger/types/result.hpp"

namespace settled {

/// SHA-256 (FIPS 180-4) by OpenSSL. Thread-safe, as all here.
Hash256 sha256(BytesView bytes);
/// Of several pieces, as if they were joined.
Hash256 sha256(std::initializer_list<BytesView> pieces);
/// HMAC-SHA256 (RFC 2104).
Hash256 hmac_sha256(BytesView key, BytesView message);
/// True if equal, in a time that depends on the lengths alone.
bool equal_constant_time(std::string_view a, std::string_view b);

/// Standard base 64 with padding (RFC 4648 section 4).
std::string to_base64(BytesView bytes);
/// For URLs, without padding (RFC 4648 section 5).
std::string to_base64url(BytesView bytes);
Result<Bytes> from_base64(std::string_view text);

/// Randomness for ids, secrets and jitter. One of the five virtual seams.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;
};

/// The operating system's generator, by OpenSSL. Thread-safe. Aborts when it has no entropy.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

}  // namespace settled
