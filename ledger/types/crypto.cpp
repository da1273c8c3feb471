#include "ledger/types/crypto.hpp"

#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace settled {
namespace {

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

Hash256 sha256(BytesView bytes) {
  return sha256({bytes});
}

Hash256 sha256(std::initializer_list<BytesView> pieces) {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  // Fetched once: with EVP_sha256() every digest would look for its implementation again.
  static const EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  Hash256 out;
  INVARIANT(EVP_DigestInit_ex(context.get(), kAlgorithm, nullptr) == 1);
  for (const BytesView piece : pieces) {
    INVARIANT(EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1);
  }
  INVARIANT(EVP_DigestFinal_ex(context.get(), out.bytes.data(), nullptr) == 1);
  return out;
}

Hash256 hmac_sha256(BytesView key, BytesView message) {
  Hash256 out;
  unsigned length = 0;
  INVARIANT(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(),
                 message.size(), out.bytes.data(), &length) != nullptr);
  INVARIANT(length == Hash256::kSize);
  return out;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string to_base64(BytesView bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes.data(),
                                     static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::string to_base64url(BytesView bytes) {
  std::string out = to_base64(bytes);
  while (out.ends_with('=')) out.pop_back();
  for (char& c : out) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return out;
}

Result<Bytes> from_base64(std::string_view text) {
  Bytes out(text.size() / 4 * 3);
  const int length =
      text.size() % 4 != 0
          ? -1
          : EVP_DecodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()),
                            static_cast<int>(text.size()));
  if (length < 0) return fail(Errc::Invalid, "invalid_base64", "not base 64");
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<std::size_t>(length) - padding);
  return out;
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
  INVARIANT(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
}

}  // namespace settled
