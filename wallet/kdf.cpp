#include "wallet/kdf.hpp"

#include <algorithm>
#include <bit>
#include <new>

#include <cryptopp/scrypt.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace settled::wallet {
namespace {

constexpr std::uint64_t kMaxIterations = 10'000'000;
constexpr std::uint64_t kMaxMemory = 512ULL << 20U;
constexpr std::uint64_t kMaxWork = 1ULL << 24U;
constexpr std::size_t kMaxInput = 1U << 20U;

std::unexpected<Error> too_expensive(std::string detail) {
  return fail(Errc::Invalid, "keystore_too_expensive", std::move(detail));
}

const char* characters(BytesView bytes) {
  // OpenSSL takes a null passphrase for "none given" and then ignores its length.
  return bytes.empty() ? "" : reinterpret_cast<const char*>(bytes.data());
}

}  // namespace

Secret hmac_sha512(BytesView key, std::initializer_list<BytesView> pieces) {
  std::size_t size = 0;
  for (const BytesView piece : pieces) size += piece.size();
  Secret message(size);
  auto at = message.writable().begin();
  for (const BytesView piece : pieces) at = std::ranges::copy(piece, at).out;

  Secret out(64);
  unsigned length = 0;
  INVARIANT(key.size() <= kMaxInput);
  INVARIANT(HMAC(EVP_sha512(), characters(key), static_cast<int>(key.size()), message.view().data(),
                 message.size(), out.writable().data(), &length) != nullptr);
  INVARIANT(length == out.size());
  return out;
}

Result<Secret> pbkdf2(Pbkdf2Hash hash, BytesView passphrase, BytesView salt,
                      std::uint64_t iterations, std::size_t length) {
  INVARIANT(passphrase.size() <= kMaxInput && salt.size() <= kMaxInput && length <= kMaxInput);
  if (iterations == 0) return fail(Errc::Invalid, "invalid_kdf", "pbkdf2 without iterations");
  if (iterations > kMaxIterations) return too_expensive("more than 10,000,000 iterations");
  Secret out(length);
  INVARIANT(PKCS5_PBKDF2_HMAC(characters(passphrase), static_cast<int>(passphrase.size()),
                              salt.data(), static_cast<int>(salt.size()),
                              static_cast<int>(iterations),
                              hash == Pbkdf2Hash::Sha256 ? EVP_sha256() : EVP_sha512(),
                              static_cast<int>(length), out.writable().data()) == 1);
  return out;
}

Result<Secret> scrypt(BytesView passphrase, BytesView salt, const ScryptCost& cost,
                      std::size_t length) {
  if (cost.n < 2 || !std::has_single_bit(cost.n) || cost.r == 0 || cost.p == 0) {
    return fail(Errc::Invalid, "invalid_kdf", "scrypt needs n = 2^k above 1, and r and p above 0");
  }
  // Each factor is bounded first, so that the products cannot wrap.
  if (cost.n > kMaxWork || cost.r > kMaxWork || cost.p > kMaxWork ||
      cost.n * cost.r > kMaxMemory / 128 || cost.n * cost.r * cost.p > kMaxWork) {
    return too_expensive("scrypt beyond 512 MiB or eight times the standard work");
  }
  Secret out(length);
  // Not OpenSSL's: it keeps RFC 7914's n < 2^(16 r), which keystores with r = 1 have never kept.
  try {
    CryptoPP::Scrypt().DeriveKey(out.writable().data(), length, passphrase.data(),
                                 passphrase.size(), salt.data(), salt.size(), cost.n, cost.r,
                                 cost.p);
  } catch (const std::bad_alloc&) {
    return fail(Errc::Unavailable, "out_of_memory", "scrypt could not allocate its memory");
  }
  return out;
}

}  // namespace settled::wallet
