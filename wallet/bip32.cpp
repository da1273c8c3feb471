#include "wallet/bip32.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <openssl/evp.h>

#include "ledger/types/crypto.hpp"
#include "wallet/base58.hpp"
#include "wallet/kdf.hpp"

namespace settled::wallet {
namespace {

using Word32 = std::array<std::uint8_t, 4>;

constexpr Word32 kPublicVersion = {0x04, 0x88, 0xB2, 0x1E};
constexpr Word32 kPrivateVersion = {0x04, 0x88, 0xAD, 0xE4};
constexpr std::size_t kSerialisedSize = 78;
constexpr std::size_t kMaxDepth = 255;

std::unexpected<Error> invalid_key(std::string detail) {
  return fail(Errc::Invalid, "invalid_extended_key", std::move(detail));
}

std::unexpected<Error> invalid_derivation(std::string detail) {
  return fail(Errc::Invalid, "invalid_derivation", std::move(detail));
}

Word32 big_endian(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value >> 24U), static_cast<std::uint8_t>(value >> 16U),
          static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)};
}

std::uint32_t from_big_endian(BytesView bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8U | byte;
  return value;
}

/// RIPEMD-160 of SHA-256, its first four bytes.
Fingerprint fingerprint_of(const PublicKey& key) {
  const Hash256 inner = sha256(key.compressed());
  std::array<std::uint8_t, 20> hash;
  unsigned length = 0;
  INVARIANT(EVP_Digest(inner.bytes.data(), inner.bytes.size(), hash.data(), &length,
                       EVP_ripemd160(), nullptr) == 1);
  INVARIANT(length == hash.size());
  return fixed_from<Fingerprint>(BytesView(hash).first(4));
}

/// The common layout: version, depth, parent, child number, chain code, 33 bytes of key.
Secret serialised(const Word32& version, const KeyPosition& position, BytesView chain_code,
                  std::initializer_list<BytesView> key) {
  Secret payload(kSerialisedSize);
  auto at = std::ranges::copy(version, payload.writable().begin()).out;
  *at++ = position.depth;
  at = std::ranges::copy(position.parent.bytes, at).out;
  at = std::ranges::copy(big_endian(position.child_number), at).out;
  at = std::ranges::copy(chain_code, at).out;
  for (const BytesView piece : key) at = std::ranges::copy(piece, at).out;
  INVARIANT(at == payload.writable().end());
  return base58check_encode(payload.view());
}

struct Fields {
  Secret payload;
  KeyPosition position;

  BytesView chain_code() const { return payload.view().subspan(13, 32); }
  BytesView key() const { return payload.view().subspan(45, 33); }
};

Result<Fields> parse_fields(std::string_view text, const Word32& version, std::string_view name) {
  auto decoded = base58check_decode(text);
  if (!decoded) return invalid_key(decoded.error().detail);
  Secret payload = *std::move(decoded);
  if (payload.size() != kSerialisedSize) return invalid_key("not 78 bytes");
  const BytesView bytes = payload.view();
  if (!std::ranges::equal(bytes.first(4), version)) {
    return invalid_key("the version is not that of an " + std::string(name));
  }
  const KeyPosition position{.depth = bytes[4],
                             .parent = fixed_from<Fingerprint>(bytes.subspan(5, 4)),
                             .child_number = from_big_endian(bytes.subspan(9, 4))};
  if (position.depth == 0 && (!position.parent.is_zero() || position.child_number != 0)) {
    return invalid_key("a master key with a parent or a child number");
  }
  return Fields{std::move(payload), position};
}

}  // namespace

Result<ExtendedPublicKey> ExtendedPublicKey::parse(std::string_view xpub) {
  TRY(const Fields fields, parse_fields(xpub, kPublicVersion, "xpub"));
  const auto key = PublicKey::parse(fields.key());
  if (!key) return invalid_key(key.error().detail);
  return ExtendedPublicKey(*key, fixed_from<ChainCode>(fields.chain_code()), fields.position);
}

Result<Secret> ExtendedPublicKey::child_digest(std::uint32_t index) const {
  if (index >= kHardened) return invalid_derivation("a hardened child needs the private key");
  return hmac_sha512(chain_code_.view(), {key_.compressed(), big_endian(index)});
}

Result<PublicKey> ExtendedPublicKey::derive_key(std::uint32_t index) const {
  TRY(const Secret digest, child_digest(index));
  auto child = key_.plus(digest.view().first(32));
  if (!child) return invalid_derivation(child.error().detail);
  return child;
}

Result<ExtendedPublicKey> ExtendedPublicKey::derive(std::uint32_t index) const {
  if (position_.depth == kMaxDepth) return invalid_derivation("deeper than 255");
  TRY(const Secret digest, child_digest(index));
  const auto child = key_.plus(digest.view().first(32));
  if (!child) return invalid_derivation(child.error().detail);
  return ExtendedPublicKey(*child, fixed_from<ChainCode>(digest.view().last(32)),
                           {.depth = static_cast<std::uint8_t>(position_.depth + 1),
                            .parent = fingerprint(),
                            .child_number = index});
}

std::string ExtendedPublicKey::xpub() const {
  return std::string(
      serialised(kPublicVersion, position_, chain_code_.view(), {key_.compressed()}).text());
}

Fingerprint ExtendedPublicKey::fingerprint() const {
  return fingerprint_of(key_);
}

Result<ExtendedPrivateKey> ExtendedPrivateKey::from_seed(BytesView seed) {
  if (seed.size() < 16 || seed.size() > 64) {
    return fail(Errc::Invalid, "invalid_seed", "a seed has 16 to 64 bytes");
  }
  const Secret digest = hmac_sha512(as_bytes("Bitcoin seed"), {seed});
  auto key = PrivateKey::from_bytes(digest.view().first(32));
  if (!key) return fail(Errc::Invalid, "invalid_seed", "this seed has no master key");
  return ExtendedPrivateKey(*std::move(key), Secret::copy_of(digest.view().last(32)), {});
}

Result<ExtendedPrivateKey> ExtendedPrivateKey::parse(std::string_view xprv) {
  TRY(const Fields fields, parse_fields(xprv, kPrivateVersion, "xprv"));
  if (fields.key()[0] != 0) return invalid_key("a private key that does not begin with zero");
  auto key = PrivateKey::from_bytes(fields.key().subspan(1));
  if (!key) return invalid_key(key.error().detail);
  return ExtendedPrivateKey(*std::move(key), Secret::copy_of(fields.chain_code()), fields.position);
}

Result<ExtendedPrivateKey> ExtendedPrivateKey::derive(std::uint32_t index) const {
  if (position_.depth == kMaxDepth) return invalid_derivation("deeper than 255");
  const PublicKey own = PublicKey::of(key_);
  static constexpr std::array<std::uint8_t, 1> kZero{};
  const Word32 number = big_endian(index);
  const Secret digest = index >= kHardened
                            ? hmac_sha512(chain_code_.view(), {kZero, key_.view(), number})
                            : hmac_sha512(chain_code_.view(), {own.compressed(), number});
  auto child = key_.plus(digest.view().first(32));
  if (!child) return invalid_derivation(child.error().detail);
  return ExtendedPrivateKey(*std::move(child), Secret::copy_of(digest.view().last(32)),
                            {.depth = static_cast<std::uint8_t>(position_.depth + 1),
                             .parent = fingerprint_of(own),
                             .child_number = index});
}

Result<ExtendedPrivateKey> ExtendedPrivateKey::derive_path(std::string_view path) const {
  TRY(const std::vector<std::uint32_t> steps, parse_path(path));
  TRY(PrivateKey key, PrivateKey::from_bytes(key_.view()));
  ExtendedPrivateKey node(std::move(key), Secret::copy_of(chain_code_.view()), position_);
  for (const std::uint32_t step : steps) {
    TRY(node, node.derive(step));
  }
  return node;
}

ExtendedPublicKey ExtendedPrivateKey::neuter() const {
  return {PublicKey::of(key_), fixed_from<ChainCode>(chain_code_.view()), position_};
}

Secret ExtendedPrivateKey::xprv() const {
  static constexpr std::array<std::uint8_t, 1> kZero{};
  return serialised(kPrivateVersion, position_, chain_code_.view(), {kZero, key_.view()});
}

Result<std::vector<std::uint32_t>> parse_path(std::string_view path) {
  std::vector<std::uint32_t> steps;
  if (path == "m") return steps;
  if (path.starts_with("m/")) path.remove_prefix(2);
  for (bool more = true; more;) {
    const std::size_t slash = path.find('/');
    more = slash != std::string_view::npos;
    std::string_view step = path.substr(0, slash);
    if (more) path.remove_prefix(slash + 1);
    const bool hardened = step.ends_with('\'');
    if (hardened) step.remove_suffix(1);
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), number);
    if (error != std::errc() || end != step.data() + step.size() || number >= kHardened ||
        steps.size() == kMaxDepth) {
      return invalid_derivation("a path is like m/44'/60'/0'/0/1, numbers below 2^31");
    }
    steps.push_back(hardened ? number | kHardened : number);
  }
  return steps;
}

}  // namespace settled::wallet
