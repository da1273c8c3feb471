#include "ledger/proof/note.hpp"

#include <algorithm>
#include <memory>
#include <optional>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "ledger/types/hex.hpp"

namespace settled::proof {
namespace {

constexpr std::uint8_t kEd25519 = 1;
constexpr std::string_view kSignature = "\n\u2014 ";  // after the line feed that ends the text
constexpr std::string_view kPrivate = "PRIVATE+KEY+";

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using OpenSslKey = std::unique_ptr<EVP_PKEY, FreeKey>;
using OpenSslDigest = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

std::string with_algorithm(BytesView key) {
  Bytes bytes{kEd25519};
  bytes.insert(bytes.end(), key.begin(), key.end());
  std::string out = to_base64(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return out;
}

/// `<name>+<id in hex>+<base64(0x01 || 32 bytes)>`, the form of both kinds of key.
struct KeyText {
  std::string name;
  std::string id;
  std::array<std::uint8_t, 32> key{};
};

std::optional<KeyText> split_key(std::string_view text) {
  const std::size_t first = text.find('+');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = text.find('+', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  KeyText out{.name = std::string(text.substr(0, first)),
              .id = std::string(text.substr(first + 1, second - first - 1))};
  auto bytes = from_base64(text.substr(second + 1));
  if (!is_key_name(out.name) || !bytes || bytes->size() != out.key.size() + 1 ||
      bytes->front() != kEd25519) {
    return std::nullopt;
  }
  std::copy(bytes->begin() + 1, bytes->end(), out.key.begin());
  OPENSSL_cleanse(bytes->data(), bytes->size());
  return out;
}

PublicKey public_key(std::span<const std::uint8_t> seed) {
  const OpenSslKey key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  PublicKey out;
  std::size_t size = PublicKey::kSize;
  INVARIANT(key && EVP_PKEY_get_raw_public_key(key.get(), out.bytes.data(), &size) == 1 &&
            size == PublicKey::kSize);
  return out;
}

}  // namespace

bool is_key_name(std::string_view name) {
  constexpr std::size_t kLongest = 128;
  return !name.empty() && name.size() <= kLongest &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7F' && c != '+'; });
}

bool verify_ed25519(const PublicKey& key, BytesView message, const Signature& signature) {
  const OpenSslKey opened(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.bytes.data(), PublicKey::kSize));
  const OpenSslDigest context(EVP_MD_CTX_new());
  INVARIANT(context);
  if (!opened ||
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, opened.get()) != 1) {
    return false;
  }
  return EVP_DigestVerify(context.get(), signature.bytes.data(), Signature::kSize, message.data(),
                          message.size()) == 1;
}

KeyId VerifierKey::id() const {
  constexpr std::array<std::uint8_t, 2> kBetween{'\n', kEd25519};
  return fixed_from<KeyId>(sha256({as_bytes(name), kBetween, key.view()}).view().first(4));
}

std::string VerifierKey::text() const {
  return name + "+" + to_hex(id().view()) + "+" + with_algorithm(key.view());
}

Result<VerifierKey> VerifierKey::parse(std::string_view text) {
  if (const auto split = split_key(text)) {
    VerifierKey key{split->name, fixed_from<PublicKey>(split->key)};
    if (key.text() == text) return key;
  }
  return fail(Errc::Invalid, "invalid_verifier_key",
              "a verifier key is NAME+8 HEX DIGITS+BASE64 of an Ed25519 key, its digits made from "
              "the name and the key");
}

SigningKey::SigningKey(std::string name, const Seed& seed)
    : seed_(seed), verifier_{std::move(name), public_key(seed)} {}

SigningKey::SigningKey(SigningKey&& other) noexcept
    : seed_(other.seed_), verifier_(std::move(other.verifier_)) {
  OPENSSL_cleanse(other.seed_.data(), other.seed_.size());
}

SigningKey::~SigningKey() {
  OPENSSL_cleanse(seed_.data(), seed_.size());
}

SigningKey SigningKey::generate(std::string name, Random& random) {
  INVARIANT(is_key_name(name));
  Seed seed;
  random.fill(seed);
  SigningKey key(std::move(name), seed);
  OPENSSL_cleanse(seed.data(), seed.size());
  return key;
}

Result<SigningKey> SigningKey::parse(std::string_view text) {
  auto split = text.starts_with(kPrivate) ? split_key(text.substr(kPrivate.size())) : std::nullopt;
  if (split) {
    SigningKey key(split->name, split->key);
    OPENSSL_cleanse(split->key.data(), split->key.size());
    std::string again = key.secret_text();
    const bool same = equal_constant_time(again, text);
    OPENSSL_cleanse(again.data(), again.size());
    if (same) return key;
  }
  return fail(Errc::Invalid, "invalid_signing_key",
              "a signing key is PRIVATE+KEY+NAME+8 HEX DIGITS+BASE64, its digits made from the "
              "name and the key");
}

Signature SigningKey::sign(BytesView message) const {
  const OpenSslKey key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed_.data(), seed_.size()));
  const OpenSslDigest context(EVP_MD_CTX_new());
  Signature out;
  std::size_t size = Signature::kSize;
  INVARIANT(
      key && context &&
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestSign(context.get(), out.bytes.data(), &size, message.data(), message.size()) == 1 &&
      size == Signature::kSize);
  return out;
}

std::string SigningKey::secret_text() const {
  return std::string(kPrivate) + verifier_.name + "+" + to_hex(verifier_.id().view()) + "+" +
         with_algorithm(seed_);
}

Result<Note> Note::parse(std::string_view bytes) {
  const auto invalid = [] {
    return fail(Errc::Invalid, "invalid_note",
                "a signed note is a text, an empty line and one line with its Ed25519 signature");
  };
  const std::size_t at = bytes.rfind(kSignature);
  if (at == std::string_view::npos || at == 0) return invalid();
  const std::string_view line = bytes.substr(at + kSignature.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !line.ends_with('\n')) return invalid();
  const auto blob = from_base64(line.substr(space + 1, line.size() - space - 2));
  if (!blob || blob->size() != KeyId::kSize + Signature::kSize) return invalid();
  Note note{.text = std::string(bytes.substr(0, at)),
            .name = std::string(line.substr(0, space)),
            .key_id = fixed_from<KeyId>(BytesView(*blob).first(KeyId::kSize)),
            .signature = fixed_from<Signature>(BytesView(*blob).subspan(KeyId::kSize))};
  if (!is_key_name(note.name) || !note.text.ends_with('\n') || note.text.ends_with("\n\n") ||
      note.bytes() != bytes) {
    return invalid();
  }
  return note;
}

std::string Note::bytes() const {
  const std::string blob = key_id.raw() + signature.raw();
  return text + std::string(kSignature) + name + " " + to_base64(as_bytes(blob)) + "\n";
}

Status Note::verify(const VerifierKey& key) const {
  if (name != key.name || key_id != key.id()) {
    return fail(Errc::Rejected, "unknown_key",
                "it is signed by " + name + "+" + to_hex(key_id.view()) + ", not by " + key.name +
                    "+" + to_hex(key.id().view()));
  }
  if (!verify_ed25519(key.key, as_bytes(text), signature)) {
    return fail(Errc::Rejected, "bad_signature",
                "the signature of " + key.name + " does not fit the text");
  }
  return {};
}

std::string sign_note(std::string text, const SigningKey& key) {
  INVARIANT(text.size() > 1 && text.ends_with('\n') && !text.ends_with("\n\n"));
  const Signature signature = key.sign(as_bytes(text));
  return Note{std::move(text), key.verifier().name, key.verifier().id(), signature}.bytes();
}

}  // namespace settled::proof
